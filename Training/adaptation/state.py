"""What a step of a translation changes: three networks and two optimizers, into a checkpoint and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

from Training.adaptation.config import TranslationRecipe
from Training.adaptation.discriminator import Discriminator
from Training.adaptation.generator import Generator, xavier_initialized
from Training.adaptation.patch_contrast import PatchHeads
from Training.recipes import refuse_other_recipe
from Training.tables import to_table


@dataclass(kw_only=True)
class TranslationState:
    """Everything that a step changes; random generators are seeded by each step anew."""

    generator: Generator
    heads: PatchHeads
    discriminator: Discriminator
    optimizers: dict[str, torch.optim.Optimizer]
    """generator (of the heads, too), discriminator."""
    step: int = 0
    seconds: float = 0.0
    best: dict[str, float] | None = None

    @property
    def networks(self) -> dict[str, nn.Module]:
        """All networks by their names."""
        return {"generator": self.generator, "heads": self.heads, "discriminator": self.discriminator}


def initial_translation(recipe: TranslationRecipe, device: torch.device) -> TranslationState:
    """Return the state before the first step, with random weights from the recipe's seed."""
    torch.manual_seed(recipe.seed)
    generator, options = Generator(recipe.translator), recipe.optimizer
    heads = PatchHeads(generator.tapped_channels, recipe.translator.embedding)
    discriminator = Discriminator(recipe.translator)
    for network in (generator, heads, discriminator):
        xavier_initialized(network)
        network.to(device)
    of_optimizers = {
        "generator": [*generator.parameters(), *heads.parameters()],
        "discriminator": list(discriminator.parameters()),
    }
    optimizers: dict[str, torch.optim.Optimizer] = {
        name: torch.optim.Adam(parameters, lr=options.learning_rate, betas=options.betas)
        for name, parameters in of_optimizers.items()
    }
    return TranslationState(generator=generator, heads=heads, discriminator=discriminator, optimizers=optimizers)


def translation_content(state: TranslationState, recipe: TranslationRecipe, fabric: Fabric) -> dict[str, Any]:
    """Return the state and its recipe as tensors, numbers, text, lists and dicts."""
    return {
        "step": state.step,
        "seconds": state.seconds,
        "best": state.best,
        "recipe": to_table(recipe),
        "networks": {name: network.state_dict() for name, network in state.networks.items()},
        "optimizers": {name: optimizer.state_dict() for name, optimizer in state.optimizers.items()},
        "precision": fabric.strategy.precision.state_dict(),
    }


def restore_translation(
    state: TranslationState, content: Mapping[str, Any], recipe: TranslationRecipe, fabric: Fabric
) -> None:
    """Bring a state back to what a checkpoint holds.

    Raises:
        ConfigError: If the checkpoint was trained with another recipe.
    """
    refuse_other_recipe(recipe, content["recipe"])
    for name, network in state.networks.items():
        network.load_state_dict(content["networks"][name])
    for name, optimizer in state.optimizers.items():
        optimizer.load_state_dict(content["optimizers"][name])
    fabric.strategy.precision.load_state_dict(content["precision"])
    state.step, state.seconds, state.best = content["step"], content["seconds"], content["best"]
