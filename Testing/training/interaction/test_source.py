"""What a correcting network is shown: errors of the kinds that models make, maps at the clicks, and always the same."""

import pickle

import numpy as np
import pytest
from scipy import ndimage

from Testing.training.masks.test_masks import SPACING, Fixed, two_parts
from Training.builders import build_source, refuse_misfit
from Training.interaction import InteractionSource, with_errors
from Training.interaction.errors import leak, with_other_slices, without_cap, without_lobe
from Training.recipes import IDEAL_USER, DataConfig, ErrorRanges, InteractionConfig, MaskConfig, recipe_from_table
from VSSegmentationLib.errors import ConfigError

TUMOR = two_parts() > 0
GRAY = Fixed().sample(0)[0][0]
NO_ERRORS = ErrorRanges(
    lobe_share=0, leak_share=0, island_share=0, cap_share=0, slices_share=0, missed_share=0
)  # fmt: skip


def source(**changes):
    config = InteractionConfig(window_dhw=(16, 32, 32), **changes)
    return InteractionSource(Fixed(), config, SPACING, seed=3)


def test_a_sample_has_five_channels_and_what_is_to_change_and_is_the_same_in_another_process():
    made = source()
    other = pickle.loads(pickle.dumps(source()))
    for index in range(12):
        channels, labels = made.sample(index)
        assert channels.shape == (5, 16, 32, 32)
        assert labels.shape == (16, 32, 32)
        assert set(np.unique(labels)) <= {0, 1}
        assert set(np.unique(channels[[1, 4]])) <= {0.0, 1.0}
        assert not (labels.astype(bool) & (channels[4] == 0)).any()  # nothing is asked for where nothing may change
        assert channels[2:].min() >= 0
        assert channels[2:].max() <= 1
        again = other.sample(index)
        np.testing.assert_array_equal(channels, again[0])
        np.testing.assert_array_equal(labels, again[1])
    np.testing.assert_array_equal(made.sample(2)[0], channels * 0 + source().sample(2)[0])  # asked for out of order


def test_the_last_interaction_lies_in_the_middle_of_the_window_and_the_image_is_normalized():
    for index in range(20):
        channels, _ = source(scribble_share=0.0).sample(index)
        at_middle = channels[2:4, 7:10, 15:18, 15:18].max()
        assert at_middle == pytest.approx(1, abs=0.05)
        seen = channels[0] != 0
        assert channels[0][seen].mean() == pytest.approx(0, abs=1e-3)
        assert channels[0][seen].std() == pytest.approx(1, abs=1e-3)


def test_what_is_asked_for_is_tumor_that_lacks_or_mask_that_is_too_much():
    """The tumor is the bright part, so image and labels lie on each other; clicks hit, and no earlier one holds."""
    exact = {"scribble_share": 0.0, "no_op_share": 0.0, "contradictory_share": 0.0, "dropped_share": 0.0}
    made, asked = source(first_share=1.0, user=IDEAL_USER, **exact), 0
    for index in range(24):
        channels, labels = made.sample(index)
        image, mask, added, removed, free = channels
        change, adds = labels.astype(bool), bool(added.max() > removed.max())
        asked += bool(change.any())
        assert not (change & (mask == adds)).any()
        assert not ((free > 0) & (mask == adds)).any()
        if change.any():
            tumor = image > (image.max() + image.min()) / 2
            assert (tumor[change] == adds).all()
            assert change[8, 16, 16] or change[7:10, 15:18, 15:18].any()  # what was clicked is among it
    assert asked >= 20


def test_the_mask_is_dropped_as_often_as_asked():
    assert all(not source(dropped_share=1.0).sample(index)[0][1].any() for index in range(6))


def test_first_clicks_have_one_map_only():
    for index in range(10):
        channels, _ = source(first_share=1.0).sample(index)
        assert (channels[2].max() > 0.9) != (channels[3].max() > 0.9)


def test_each_error_is_what_its_name_says():
    rng, spacing, ranges = np.random.default_rng(0), np.array(SPACING), ErrorRanges()
    for _ in range(10):
        bitten = without_lobe(TUMOR, spacing, rng, ranges)
        assert not (bitten & ~TUMOR).any()
        assert bitten.sum() < TUMOR.sum()
        cut = without_cap(TUMOR, spacing, rng, ranges)
        assert not (cut & ~TUMOR).any()
        assert 0 < cut.sum() < TUMOR.sum()
        slices = with_other_slices(TUMOR, spacing, rng, ranges)
        changed = np.flatnonzero((slices != TUMOR).any(axis=(1, 2)))
        assert 1 <= len(changed) <= 3
        leaked = leak(TUMOR, GRAY * 0, spacing, rng, ranges, beside=True)  # all looks alike
        assert not (leaked & TUMOR).any()
        if leaked.any():
            away = ndimage.distance_transform_edt(~TUMOR, spacing)[leaked]
            assert away.min() <= 1.6
        island = leak(TUMOR, GRAY * 0, spacing, rng, ranges, beside=False)
        assert ndimage.label(island | TUMOR)[1] >= 1


def test_a_leak_stops_where_it_looks_otherwise():
    d, h, w = np.indices(TUMOR.shape)
    image = np.where(h > 30, 5.0, 0.0).astype(np.float32) + 0 * (d + w)
    rng = np.random.default_rng(5)
    for _ in range(10):
        leaked = leak(TUMOR, image, np.array(SPACING), rng, ErrorRanges(), beside=True)
        sides = np.unique(h[leaked] > 31)
        assert len(sides) <= 1 or not leaked.any()


def test_nothing_is_wrong_where_no_error_may_be_and_a_missed_tumor_is_all_missing():
    same = with_errors(TUMOR, GRAY, SPACING, np.random.default_rng(0), NO_ERRORS)
    np.testing.assert_array_equal(same, TUMOR)
    missed = ErrorRanges(missed_share=1.0)
    assert not with_errors(TUMOR, GRAY, SPACING, np.random.default_rng(0), missed).any()


def test_a_recipe_names_the_channels_that_its_network_lacks():
    table = {
        "name": "x", "network": {"base": "divider"}, "loss": {}, "run": {"steps": 1},
        "data": {"options": {"pool": "a"}, "interaction": {}},
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"what may change, so network\.in_channels must be 5, got 2"):
        refuse_misfit(recipe_from_table(table))
    with pytest.raises(ConfigError, match="leave one of them out"):
        DataConfig(mask=MaskConfig(), interaction=InteractionConfig())
    with pytest.raises(ConfigError, match="are of schwannomas"):
        build_source(DataConfig(kind="gliomas", interaction=InteractionConfig()), 0)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"predicted_share": 0.5}, "needs a model"),
        ({"views": 0}, ">= 1"),
        ({"no_op_share": 0.9}, "add up to at most 1"),
    ],
)
def test_what_can_not_be_is_refused(values, said):
    with pytest.raises(ConfigError, match=said):
        InteractionConfig(**values)
