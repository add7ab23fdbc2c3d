"""The recipe of the first paper, against its text."""

from pathlib import Path

import pytest

from Training.builders import spacing_of
from Training.recipes import read_recipe

RECIPES = Path(__file__).parents[3] / "Training" / "recipes"


def test_crop_optimizer_and_loss_are_those_of_the_text():
    recipe = read_recipe(RECIPES / "spvpa_t2_paper.toml")
    size_mm = [n * mm for n, mm in zip(recipe.data.options["patch_dhw"], spacing_of(recipe.data), strict=True)]
    assert size_mm == pytest.approx([50, 50, 100], abs=0.75)  # half a slice
    assert recipe.data.options["tumor_share"] == 1.0
    optimizer, schedule = recipe.optimizer, recipe.optimizer.schedule
    assert (optimizer.kind, optimizer.learning_rate, optimizer.weight_decay) == ("Adam", 1e-4, 1e-7)
    assert (schedule.kind, schedule.halve_every, recipe.run.batch_size) == ("halved", 10_000, 2)
    assert (recipe.loss.hardness, recipe.loss.attention_target) == (0.6, "average")
