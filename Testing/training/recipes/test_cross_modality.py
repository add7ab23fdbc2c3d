"""The recipes of adaptations: they read, say what the paper's code says, and one step of the full size runs."""

from pathlib import Path

import pytest
import torch

from Training.adaptation.discriminator import Discriminator
from Training.adaptation.generator import Generator
from Training.adaptation.recipe import AdaptationRecipe, read_adaptation_recipe
from Training.tables import from_table, to_table
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.losses import SegmentationLoss
from VSSegmentationLib.networks import build_network

RECIPES = sorted((Path(__file__).parents[3] / "Training" / "recipes" / "cross_modality").glob("*.toml"))
FULL = next(path for path in RECIPES if path.stem == "chen_2023")


def parameters(network):
    return sum(each.numel() for each in network.parameters())


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_reads_back_as_it_was(path):
    recipe = read_adaptation_recipe(path)
    assert recipe.name == path.stem
    assert from_table(AdaptationRecipe, to_table(recipe), "recipe") == recipe
    for number in range(len(recipe.rounds) + 1):
        made = recipe.segmenter_recipe(Path("m.csv"), number)
        assert made.network.out_channels == 4
        assert made.data.options["manifest"] == "m.csv"
        assert made.data.options["modality"] == "T2"


def test_the_full_size_has_the_parameters_weights_and_rates_of_the_source():
    recipe = read_adaptation_recipe(FULL)
    assert parameters(Generator(recipe.translation.translator)) == 11_365_633
    assert parameters(Discriminator(recipe.translation.translator)) == 2_762_689
    assert recipe.translation.optimizer.learning_rate == 2e-4
    assert recipe.translation.optimizer.discriminator_share == 0.1
    segmenter = recipe.segmenter_recipe(Path("m.csv"), 0)
    assert parameters(build_network(segmenter.network)) == 14_397_296
    assert segmenter.loss.class_weights == (1, 5, 15, 5)
    assert (segmenter.loss.cross_entropy_weight, segmenter.loss.ring_weight) == (20, 15)
    assert segmenter.optimizer.gradient_clip == 0.1
    assert segmenter.optimizer.learning_rate * segmenter.optimizer.schedule.final_fraction == pytest.approx(2.3e-5)


def test_a_step_of_the_full_network_with_its_loss_descends_on_a_small_patch():
    segmenter = read_adaptation_recipe(FULL).segmenter_recipe(Path("m.csv"), 0)
    torch.manual_seed(0)
    network, loss = build_network(segmenter.network).train(), SegmentationLoss(segmenter.loss)
    image = torch.randn(1, 1, 2, 32, 32)
    labels = torch.zeros(1, 2, 32, 32, dtype=torch.int64)
    labels[0, :, 8:20, 8:20], labels[0, :, 8:20, 20:26], labels[0, :, 2:5, 2:5] = 1, 2, 3
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    losses = []
    for _ in range(2):
        torch.manual_seed(1)  # the same ring
        total = loss(network(image), labels).total
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        losses.append(float(total.detach()))
    assert losses[1] < losses[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (("segmentation.data.kind=synthetic",), "kind"),
        (("segmentation.data.options.keep_cochlea=false",), "keep_cochlea"),
        (("translation.data.size=30",), "size must be a multiple of 4"),
        (("translation.data.sise=32",), "size"),
    ],
)
def test_what_does_not_fit_is_refused_when_the_recipe_is_read(changes, said):
    with pytest.raises(ConfigError, match=said):
        read_adaptation_recipe(FULL, changes)
