import tomllib
from pathlib import Path

import pytest

from Testing.support.toy_training import toy_recipe, toy_table
from Training.builders import build_source, held_out, refuse_misfit
from Training.recipes import read_recipe, recipe_from_table, refuse_other_recipe
from Training.recipes.reading import read_table
from Training.tables import to_table, to_toml
from VSSegmentationLib.errors import ConfigError, InputRefusedError, UsageError
from VSSegmentationLib.networks import RESUNET, SPVPA, AttentionResUNetConfig

RECIPES = sorted((Path(__file__).parents[3] / "Training" / "recipes").glob("*.toml"))


def with_value(path, value):
    table = toy_table()
    place = table
    *parents, key = path.split(".")
    for parent in parents:
        place = place.setdefault(parent, {})
    place[key] = value
    return table


@pytest.mark.parametrize(
    ("path", "where", "nearest"),
    [
        ("sead", "recipe", "seed"),
        ("network.chanels", "recipe.network", "channels"),
        ("loss.hardnes", "recipe.loss", "hardness"),
        ("optimizer.learning_rates", "recipe.optimizer", "learning_rate"),
        ("optimizer.schedule.warmup", "recipe.optimizer.schedule", "warmup_steps"),
        ("data.knd", "recipe.data", "kind"),
        ("validation.metrics", "recipe.validation", "metric"),
        ("run.batchsize", "recipe.run", "batch_size"),
    ],
)
def test_unknown_key_is_refused_at_every_level_and_the_nearest_named(path, where, nearest):
    key = path.rpartition(".")[2]
    with pytest.raises(ConfigError) as refusal:
        recipe_from_table(with_value(path, 1))
    assert str(refusal.value).startswith(f"{where}: unknown key {key!r}; did you mean {nearest!r}? Known are ")


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("name", 7, "text"),
        ("seed", 1.0, "an integer"),
        ("seed", True, "an integer"),
        ("network.channels", 16, "a list of integers"),
        ("network.channels", [16, "32"], "an integer"),
        ("network.attention", "yes", "true or false"),
        ("loss.hardness", "0.6", "a number"),
        ("optimizer.learning_rate", "1e-3", "a number"),
        ("optimizer.gradient_clip", True, "a number"),
        ("optimizer.schedule", "cosine", "a table of keys and values"),
        ("run.channels_last", 1, "true or false"),
    ],
)
def test_value_of_another_type_is_refused_by_its_place(path, value, wanted):
    with pytest.raises(ConfigError, match=rf"recipe\.{path}(\[1\])? must be {wanted}, got"):
        recipe_from_table(with_value(path, value))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("optimizer.kind", "Adan", "must be one of 'AdamW', 'Adam', got 'Adan'; did you mean 'Adam'"),
        ("run.precision", "bf16", "must be one of .*; did you mean 'bf16-mixed'"),
        ("network.kernels_dhw", [[1, 3], [3, 3, 3]], r"kernels_dhw\[0\] must be a list of 3 integers, got \[1, 3\]"),
        ("network.base", "unet", "network.base must be one of .*spvpa_kcl"),
        ("optimizer.learning_rate", 0.0, r"recipe\.optimizer: learning_rate must be > 0, got 0\.0"),
        ("optimizer.schedule.final_fraction", 2, "final_fraction must lie in 0..1, got 2.0"),
        ("run.steps", 0, "steps must be >= 1, got 0"),
        ("run.ema_decay", 1.0, "ema_decay must lie between 0 and 1"),
        ("loss.hardness", 1.5, r"recipe\.loss: hardness"),
    ],
)
def test_value_out_of_range_is_refused_by_its_place(path, value, message):
    with pytest.raises(ConfigError, match=message):
        recipe_from_table(with_value(path, value))


@pytest.mark.parametrize(("place", "key"), [("", "name"), ("", "network"), ("run", "steps")])
def test_missing_key_is_refused(place, key):
    table = toy_table()
    del (table[place] if place else table)[key]
    with pytest.raises(ConfigError, match=rf"lacks the key '{key}'"):
        recipe_from_table(table)


def test_resolved_recipe_reads_back_equal():
    recipe = toy_recipe()
    assert recipe_from_table(tomllib.loads(to_toml(to_table(recipe)))) == recipe


def test_network_may_start_from_a_named_one():
    table = toy_table() | {"network": {"base": "spvpa", "out_channels": 3}}
    network = recipe_from_table(table).network
    assert network.channels == SPVPA.channels == (16, 32, 48, 64, 80)
    assert (network.out_channels, SPVPA.out_channels) == (3, 2)


def test_kind_names_the_network_where_the_keys_would_fit_several():
    levels = {"channels": [4, 8], "kernels_dhw": [[3, 3, 3]] * 2, "strides_dhw": [[2, 2, 2]] * 2}
    network = recipe_from_table(toy_table() | {"network": {"kind": "attention_resunet", **levels}}).network
    assert isinstance(network, AttentionResUNetConfig)
    assert network.channels == (4, 8)


def test_single_keys_are_changed_as_toml(tmp_path):
    file = tmp_path / "toy.toml"
    file.write_text(to_toml(to_table(toy_recipe())))
    recipe = read_recipe(file, ["run.steps=500", "data.options.folder='maps'"])
    assert recipe.run.steps == 500
    assert recipe.run.batch_size == 2
    assert recipe.data.options == {"folder": "maps"}


def test_absent_and_broken_files_are_refused_without_their_folder(tmp_path):
    with pytest.raises(UsageError, match=r"no recipe file absent\.toml") as refusal:
        read_recipe(tmp_path / "absent.toml")
    assert str(tmp_path) not in str(refusal.value)
    (tmp_path / "broken.toml").write_text("name = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_recipe(tmp_path / "broken.toml")


def test_going_on_may_change_length_and_workers_and_nothing_that_is_learned():
    trained_with = to_table(toy_recipe())
    refuse_other_recipe(toy_recipe(steps=99, num_workers=3, log_every=5), trained_with)
    with pytest.raises(ConfigError, match=r"network\.dropout was 0\.1, is 0\.2.*run\.accumulate was 1, is 2"):
        refuse_other_recipe(toy_recipe({"dropout": 0.2}, accumulate=2), trained_with)


def stages_of(path):
    return [stage["name"] for stage in read_table(path).get("stage", ()) if "steps" in stage] or [None]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_that_come_with_the_code_are_valid_and_named_as_their_file(path):
    for stage in stages_of(path):
        recipe = read_recipe(path, stage=stage)
        assert recipe.name == path.stem
        for data in (recipe.data, held_out(recipe)):  # options are checked by the source's own configuration
            with pytest.raises(
                (ConfigError, InputRefusedError, UsageError), match=r"is empty|found none there|no manifest"
            ):
                build_source(data, 0)
        refuse_misfit(recipe)


@pytest.mark.parametrize("change", ["run.precision=32-true", "run.precision = '32-true'", 'run.precision="32-true"'])
def test_a_change_takes_a_plain_word_as_text(tmp_path, change):
    path = tmp_path / "recipe.toml"
    path.write_text(to_toml(toy_table()), encoding="utf-8")
    assert read_recipe(path, ["run.precision=bf16-mixed", change]).run.precision == "32-true"


@pytest.mark.parametrize("change", ["run.steps", "run.steps=", "run.steps=[1", "run steps=5", "=5"])
def test_a_change_that_is_none_is_named(tmp_path, change):
    path = tmp_path / "recipe.toml"
    path.write_text(to_toml(toy_table()), encoding="utf-8")
    with pytest.raises(ConfigError, match="is not KEY=VALUE"):
        read_recipe(path, [change])


@pytest.mark.parametrize("network", [{"kind": "resunet"}, {"base": "resunet", "channels": [32, 64, 128, 256]}])
def test_a_recipe_names_the_residual_network_by_its_kind_or_its_name(network):
    table = {"name": "x", "network": network, "loss": {}, "run": {"steps": 1}}
    assert recipe_from_table(table).network == RESUNET
