"""Recipes of weights to come: whole, and blind to the heads that they will be judged by."""

from pathlib import Path

import pytest

from Training.recipes import read_model_recipe
from Training.recipes.model import ModelRecipe
from Training.recipes.stress_heads import STRESS_HEADS
from Training.synthesis import WholeHeadConfig

NEXT = sorted((Path(__file__).parents[3] / "Training" / "recipes" / "next").glob("*.toml"))


@pytest.fixture(params=NEXT, ids=lambda path: path.stem)
def coming(request: pytest.FixtureRequest) -> ModelRecipe:
    return read_model_recipe(request.param)


def test_there_is_one():
    assert NEXT


def test_no_head_of_the_stress_set_is_trained_or_validated_on(coming: ModelRecipe):
    assert not {*coming.heads.training, *coming.heads.validation} & set(STRESS_HEADS)
    assert not set(coming.heads.training) & set(coming.heads.validation)


def test_it_begins_with_nothing_or_with_another_that_does(coming: ModelRecipe):
    first = coming.stage[0].start_from
    if first is not None:
        other, stage = first.split(":")
        before = read_model_recipe(NEXT[0].parent / f"{other}.toml")
        assert before.stage[0].start_from is None
        assert stage in {each.name for each in before.stage}
    for stage in coming.stage:
        if stage.steps:
            coming.recipe_of(stage)


def test_windows_fit_the_strides_so_that_nothing_is_computed_for_padding(coming: ModelRecipe):
    for stage in coming.stage:
        if stage.steps:
            recipe = coming.recipe_of(stage)
            multiples = recipe.network.multiple_dhw
            asked = recipe.data.options
            window = (
                asked.get("size_dhw", WholeHeadConfig.size_dhw)
                if recipe.data.kind == "whole_heads"
                else asked["patch_dhw"]
            )
            assert [n % m for n, m in zip(window, multiples, strict=True)] == [0, 0, 0]
