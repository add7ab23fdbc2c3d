"""One batch of contrastive unpaired translation: what generator and discriminator are told."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from Training.adaptation.config import TranslationLossConfig
from Training.adaptation.discriminator import Discriminator, squares_to
from Training.adaptation.generator import Generator
from Training.adaptation.patch_contrast import PatchHeads, patch_contrast, patch_positions


class Translated(NamedTuple):
    """What the generator made of a batch."""

    original: Tensor
    """(B, 1, H, W)."""
    fake: Tensor
    """(B, 1, H, W), mirrored if `mirrored`."""
    target: Tensor
    """(B, 1, H, W) real ones."""
    same: Tensor | None
    """What it made of those; None without identity."""
    mirrored: bool


class GeneratorTerms(NamedTuple):
    """The generator's loss and its parts."""

    total: Tensor
    adversarial: Tensor
    contrast: Tensor
    identity: Tensor
    """The contrast of the target's own images; 0 without identity."""


def translate(generator: Generator, original: Tensor, target: Tensor, config: TranslationLossConfig) -> Translated:
    """Run the generator on a batch of originals (B, 1, H, W), and on the targets where identity is asked for."""
    mirrored = config.flips and bool(torch.rand(()) < 0.5)
    given = torch.cat([original, target]) if config.identity else original
    made = generator(given.flip(3) if mirrored else given)
    fake, *same = made.split(len(original))
    return Translated(original, fake, target, same[0] if same else None, mirrored)


def discriminator_loss(discriminator: Discriminator, made: Translated) -> Tensor:
    """Return the mean of what it says of made and of real images; the generator takes no gradient from it."""
    fake, real = discriminator(made.fake.detach()), discriminator(made.target)
    return 0.5 * (squares_to(fake, 0.0) + squares_to(real, 1.0))


def generator_loss(
    generator: Generator,
    discriminator: Discriminator,
    heads: PatchHeads,
    made: Translated,
    config: TranslationLossConfig,
) -> GeneratorTerms:
    """Return what the generator and the heads are trained by.

    The contrast is a mean over the layers, and with identity a mean over originals and targets.
    """
    adversarial = squares_to(discriminator(made.fake), 1.0)
    contrast = _contrast(generator, heads, made.original, made.fake, config, mirrored=made.mirrored)
    identity = contrast.new_zeros(())
    both = contrast
    if made.same is not None:
        identity = _contrast(generator, heads, made.target, made.same, config, mirrored=made.mirrored)
        both = 0.5 * (contrast + identity)
    total = config.adversarial_weight * adversarial + config.contrast_weight * both
    return GeneratorTerms(total, adversarial, contrast, identity)


def _contrast(
    generator: Generator,
    heads: PatchHeads,
    original: Tensor,
    made: Tensor,
    config: TranslationLossConfig,
    *,
    mirrored: bool,
) -> Tensor:
    of_made = generator.features(made)
    if mirrored:
        of_made = [each.flip(3) for each in of_made]
    return layers_contrast(heads, generator.features(original), of_made, config)


def layers_contrast(
    heads: PatchHeads, of_original: Sequence[Tensor], of_made: Sequence[Tensor], config: TranslationLossConfig
) -> Tensor:
    """Return the mean over the layers of the contrast between features (B, C, H, W) at the same random places."""
    positions = patch_positions(of_original, config.patches)
    keys, queries = heads(of_original, positions), heads(of_made, positions)
    parts = [patch_contrast(*pair, config.temperature) for pair in zip(queries, keys, strict=True)]
    return torch.stack(parts).mean()
