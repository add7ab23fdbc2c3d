import json
from dataclasses import replace

import pytest

from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.networks import NAMED_NETWORKS, SPVPA, network_config_from_plain


@pytest.mark.parametrize("name", NAMED_NETWORKS)
def test_configuration_survives_json(name):
    config = NAMED_NETWORKS[name]
    assert network_config_from_plain(json.loads(json.dumps(to_plain(config)))) == config


@pytest.mark.parametrize(
    ("name", "multiple"),
    [("spvpa", (4, 16, 16)), ("spvpa_kcl", (8, 32, 32)), ("spvpa_2d", (1, 16, 16)), ("spvpa_3d", (16, 16, 16))],
)
def test_multiple_is_the_product_of_the_strides(name, multiple):
    assert NAMED_NETWORKS[name].multiple_dhw == multiple


def test_left_out_keys_take_their_defaults():
    data = {"channels": [4, 8], "kernels_dhw": [[1, 3, 3], [3, 3, 3]], "strides_dhw": [[1, 2, 2]]}
    config = network_config_from_plain(data)
    assert config.channels == (4, 8)
    assert (config.block, config.attention, config.out_channels) == ("plain", True, 2)


def test_unknown_key_is_an_error_that_names_it():
    with pytest.raises(ConfigError, match="network: unknown key 'dropuot'; did you mean 'dropout'"):
        network_config_from_plain({**to_plain(SPVPA), "dropuot": 0.1})


def test_missing_key_is_an_error_that_names_it():
    data = to_plain(SPVPA)
    del data["channels"]
    with pytest.raises(ConfigError, match=r"network lacks the key 'channels' \(a list of integers\)"):
        network_config_from_plain(data)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"channels": (16, 32)}, "2 channels, 5 kernels_dhw, 4 strides_dhw"),
        ({"channels": (16,), "kernels_dhw": ((3, 3, 3),), "strides_dhw": ()}, "at least two levels"),
        ({"channels": (1, 32, 48, 64, 80)}, "channels must be whole and at least 2; got 1"),
        ({"channels": (16.0, 32, 48, 64, 80)}, "channels must be whole"),
        ({"kernels_dhw": ((1, 3, 3),) * 4 + ((2, 3, 3),)}, "odd"),
        ({"kernels_dhw": ((1, 3, 3),) * 4 + ((3, 3),)}, "triplets"),
        ({"strides_dhw": ((1, 2, 2),) * 3 + ((0, 2, 2),)}, "strides_dhw must be whole and at least 1; got 0"),
        ({"in_channels": 0}, "in_channels"),
        ({"out_channels": True}, "out_channels"),
        ({"decoder_convolutions": 0}, "decoder_convolutions"),
        ({"block": "dense"}, "block must be one of plain, residual; got 'dense'"),
        ({"deepest_attention": "middle"}, "deepest_attention"),
        ({"norm": "group"}, "norm must be one of batch, instance, channels"),
        ({"answer_within": 1}, "answer_within must be one of the 1 channels, counted from 0; got 1"),
        ({"answer_within": -1}, "answer_within must be whole and at least 0; got -1"),
        ({"attention": 1}, "attention must be true or false"),
        ({"dropout": 1.0}, "dropout"),
        ({"dropout": "0.1"}, "dropout"),
    ],
)
def test_value_that_is_not_allowed_is_refused_in_one_sentence(change, match):
    with pytest.raises(ConfigError, match=match):
        replace(SPVPA, **change)


def test_channels_that_are_no_list_are_refused():
    with pytest.raises(ConfigError, match=r"network\.channels must be a list of integers, got 16"):
        network_config_from_plain({**to_plain(SPVPA), "channels": 16})
