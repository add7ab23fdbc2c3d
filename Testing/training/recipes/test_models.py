"""Recipes of models: whole, and blind to the heads that the models are judged by."""

from pathlib import Path

import pytest

from Training.recipes import read_model_recipe
from Training.recipes.model import ModelRecipe
from Training.recipes.stress_heads import STRESS_HEADS
from Training.synthesis import WholeHeadConfig

MODELS = sorted((Path(__file__).parents[3] / "Training" / "recipes").glob("*_synthetic.toml"))


@pytest.fixture(params=MODELS, ids=lambda path: path.stem)
def model(request: pytest.FixtureRequest) -> ModelRecipe:
    return read_model_recipe(request.param)


def test_there_is_one():
    assert MODELS


def test_no_head_of_the_stress_set_is_trained_or_validated_on(model: ModelRecipe):
    assert not {*model.heads.training, *model.heads.validation} & set(STRESS_HEADS)
    assert not set(model.heads.training) & set(model.heads.validation)


def test_limits_are_measured_on_heads_that_no_model_was_trained_on(model: ModelRecipe):
    assert model.heads.unseen
    others = [read_model_recipe(path) for path in MODELS]
    assert not set(model.heads.unseen) & {head for other in others for head in other.heads.training}
    assert set(model.heads.unseen) <= set(STRESS_HEADS)


def test_it_begins_with_nothing_or_with_another_that_does(model: ModelRecipe):
    first = model.stage[0].start_from
    if first is not None:
        other, stage = first.split(":")
        before = read_model_recipe(MODELS[0].parent / f"{other}.toml")
        assert before.stage[0].start_from is None
        assert stage in {each.name for each in before.stage}
    for stage in model.stage:
        if stage.steps:
            model.recipe_of(stage)


def test_windows_fit_the_strides_so_that_nothing_is_computed_for_padding(model: ModelRecipe):
    for stage in model.stage:
        if stage.steps:
            recipe = model.recipe_of(stage)
            multiples = recipe.network.multiple_dhw
            asked = recipe.data.options
            window = (
                asked.get("size_dhw", WholeHeadConfig.size_dhw)
                if recipe.data.kind == "whole_heads"
                else asked["patch_dhw"]
            )
            assert [n % m for n, m in zip(window, multiples, strict=True)] == [0, 0, 0]
