from dataclasses import replace

import numpy as np
import pytest

import Training.builders as builders
from Testing.support.toy_training import toy_table
from Training.builders import build_source, refuse_misfit
from Training.recipes import DataConfig, recipe_from_table
from Training.recipes.masks import MaskConfig
from VSSegmentationLib.errors import ConfigError


class AllLabels:
    def sample(self, index):
        return np.zeros((1, 1, 1, 5), np.float32), np.arange(5, dtype=np.uint8).reshape(1, 1, 5)


@pytest.fixture
def options_seen(monkeypatch):
    seen = {}

    def build(options):
        seen.update(options)
        return AllLabels()

    monkeypatch.setitem(builders._BUILDERS, "synthetic", build)
    return seen


def test_source_takes_the_seed_of_the_recipe_unless_it_has_one(options_seen):
    build_source(DataConfig(options={"pool": "p"}), seed=5)
    assert options_seen == {"seed": 5, "pool": "p"}
    build_source(DataConfig(options={"seed": 7}), seed=5)
    assert options_seen["seed"] == 7


def test_undivided_tumor_is_one_class_and_the_cochlea_none(options_seen):
    labels = {divided: build_source(DataConfig(divided=divided), 0).sample(0)[1] for divided in (True, False)}
    assert labels[True].ravel().tolist() == [0, 1, 2, 3, 4]
    assert labels[False].ravel().tolist() == [0, 1, 1, 0, 1]
    assert labels[False].dtype == np.uint8


BRATS = {"inputs": ["FLAIR", "T1", "ceT1", "T2"], "label_set": "BraTS"}
OF_GLIOMAS = {"kind": "manifest", "options": BRATS}


@pytest.mark.parametrize(
    ("data", "network", "loss", "said"),
    [
        ({}, {"in_channels": 2}, {}, "channels the image, so network.in_channels must be 1, got 2"),
        ({"mask": {}}, {}, {}, "channels the image, the mask, so network.in_channels must be 2, got 1"),
        (OF_GLIOMAS, {}, {}, "FLAIR, T1, ceT1, T2, so network.in_channels must be 4"),
        (OF_GLIOMAS, {"in_channels": 4, "out_channels": 3}, {}, "must be 4 for the labels"),
        (OF_GLIOMAS, {"in_channels": 4, "out_channels": 4}, {"boundary_weight": 1.0}, "boundary_weight is for the two"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_before_any_sample_is_made(data, network, loss, said):
    table = toy_table() | {"data": data, "loss": loss}
    table["network"] |= network
    with pytest.raises(ConfigError, match=said):
        refuse_misfit(recipe_from_table(table))


@pytest.mark.parametrize(
    "change", [{"divided": False}, {"mask": MaskConfig()}, {"options": {**BRATS, "keep_cochlea": True}}]
)
def test_what_is_of_schwannomas_is_refused_of_gliomas(change):
    data = replace(DataConfig(kind="manifest", options=BRATS), **change)
    with pytest.raises(ConfigError, match="are of schwannomas, and the labels are of BraTS"):
        build_source(data, 0)


def test_options_are_checked_by_the_source_itself():
    with pytest.raises(ConfigError, match=r"recipe\.data\.options: unknown key 'pol'; did you mean 'pool'"):
        build_source(DataConfig(options={"pol": "x"}), seed=0)


def test_a_cochlea_beside_a_tumor_that_is_not_divided_is_refused(options_seen):
    with pytest.raises(ConfigError, match="keep_cochlea needs divided = true"):
        build_source(DataConfig(divided=False, options={"keep_cochlea": True}), 0)
    assert options_seen == {}
