"""Masks as a second channel: what each kind is, that intensity never touches it, and that predicted ones are used."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from Testing.support.toy_models import threshold_network, toy_locator, toy_segmenter
from Training.builders import build_source, held_out
from Training.masks import MaskedSource, largest_piece_filled, perturbed
from Training.masks.predict import TumorPredictor, piece_at
from Training.recipes import DataConfig, MaskConfig, PerturbationRanges, recipe_from_table
from Training.sources import Share, batch_of, batches
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.inference import save_model
from VSSegmentationLib.losses import boundary_distance_map

SPACING = (1.5, 0.5, 0.5)


def two_parts(shape=(16, 40, 60)):
    """A ball of 7 mm radius in the cistern and a canal of 4 x 4 mm, 10 mm long."""
    d, h, w = np.indices(shape)
    ball = ((d - 8) * 1.5) ** 2 + ((h - 20) * 0.5) ** 2 + ((w - 18) * 0.5) ** 2 <= 49
    labels = np.where(ball, np.uint8(1), np.uint8(0))
    labels[7:10, 16:24, 32:52] = 2
    return labels


class Fixed:
    """Always the same labels; the image is 3 in the tumor, with noise that tells one sample from the other."""

    def sample(self, index):
        labels = two_parts()
        noise = np.random.default_rng(index).normal(0, 0.1, labels.shape)
        return (3.0 * (labels > 0) + noise).astype(np.float32)[None], labels


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def test_a_true_mask_is_the_union_of_the_parts_and_the_image_stays():
    source = MaskedSource(Fixed(), MaskConfig(mirrored=False), SPACING, seed=1)
    image, labels = source.sample(5)
    assert image.shape == (2, *labels.shape)
    np.testing.assert_array_equal(image[0], Fixed().sample(5)[0][0])
    np.testing.assert_array_equal(image[1], labels > 0)


def test_mirroring_takes_image_mask_and_labels_along_and_the_same_number_is_the_same_sample():
    source = MaskedSource(Fixed(), MaskConfig(), SPACING, seed=1)
    seen = set()
    for index in range(30):
        image, labels = source.sample(index)
        np.testing.assert_array_equal(image[1], labels > 0)
        assert ((image[0] > 1.5) == (labels > 0)).all()
        flips = [axes for axes in [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
                 if np.array_equal(np.flip(labels, axes), two_parts())]  # fmt: skip
        seen.add(flips[0])
        again, _ = source.sample(index)
        np.testing.assert_array_equal(image, again)
    assert len(seen) >= 4  # the tumor is the same upside down, so not all eight can be told apart


def test_perturbed_masks_stray_about_as_far_as_asked_and_stay_one_piece():
    labels = two_parts()
    overlaps, moved = [], []
    for seed in range(40):
        mask = perturbed(labels, SPACING, np.random.default_rng(seed), PerturbationRanges())
        assert ndimage.label(mask, np.ones((3, 3, 3)))[1] == 1
        assert ndimage.binary_fill_holes(mask).sum() == mask.sum()
        overlaps.append(dice(mask, labels > 0))
        moved.append(mask.sum() / (labels > 0).sum())
    assert 0.8 < np.median(overlaps) < 0.97
    assert min(overlaps) > 0.5
    assert min(moved) < 0.95
    assert max(moved) > 1.05


def test_nothing_strays_where_nothing_may():
    still = PerturbationRanges(shift_sd_mm=0.0, wander_mm=(0, 0), short_canal_share=0.0, leak_share=0.0)
    mask = perturbed(two_parts(), SPACING, np.random.default_rng(0), still)
    np.testing.assert_array_equal(mask, two_parts() > 0)


def test_a_short_canal_lacks_its_deep_end_and_nothing_else():
    ranges = PerturbationRanges(
        shift_sd_mm=0.0, wander_mm=(0, 0), short_canal_share=1.0, short_canal_mm=(3.0, 3.0), leak_share=0.0
    )
    lost = (two_parts() > 0) & ~perturbed(two_parts(), SPACING, np.random.default_rng(0), ranges)
    assert lost.any()
    assert np.all(two_parts()[lost] == 2)
    assert np.argwhere(lost)[:, 2].min() >= 45  # 3 mm are 6 voxels of the 20
    assert lost.sum() == pytest.approx(3 * 8 * 6, rel=0.25)


def test_a_tiny_tumor_that_would_vanish_comes_with_its_true_mask():
    labels = np.zeros((8, 12, 12), np.uint8)
    labels[4, 6, 6] = 2
    gone = PerturbationRanges(shift_sd_mm=0.0, wander_mm=(2.0, 2.0))
    masks = [perturbed(labels, SPACING, np.random.default_rng(seed), gone) for seed in range(20)]
    assert all(mask.any() for mask in masks)


def test_predicted_masks_come_from_the_model_and_bad_ones_are_not_taken(tmp_path):
    save_model(tmp_path / "finder.pt", toy_segmenter(1.5))
    config = MaskConfig(predicted_share=1.0, model=str(tmp_path / "finder.pt"), mirrored=False)
    image, labels = MaskedSource(Fixed(), config, SPACING, seed=1).sample(0)
    np.testing.assert_array_equal(image[1], labels > 0)  # the threshold finds the tumor exactly
    save_model(tmp_path / "blind.pt", toy_segmenter(100.0))
    blind = replace(config, model=str(tmp_path / "blind.pt"))
    image, labels = MaskedSource(Fixed(), blind, SPACING, seed=1).sample(0)
    assert 0.5 < dice(image[1] > 0, labels > 0) < 1  # the true mask, perturbed
    save_model(tmp_path / "porus.pt", toy_locator())
    wrong = MaskedSource(Fixed(), replace(config, model=str(tmp_path / "porus.pt")), SPACING, seed=1)
    with pytest.raises(UsageError, match="is a locator"):
        wrong.sample(0)


def test_a_cochlea_that_a_model_finds_is_no_part_of_the_predicted_tumor(tmp_path):
    network, config = threshold_network([1.5, 2.5, 4.0])  # background, two parts, and what is brightest: a cochlea
    bundle = toy_segmenter(1.5, network=network, network_config=config, labels=(0, 1, 2, 3))
    save_model(tmp_path / "finder.pt", bundle)
    image = np.zeros((1, 8, 32, 32), np.float32)
    image[0, 2:4, 4:8], image[0, 2:4, 8:12], image[0, 2:4, 12:16] = 2.0, 3.0, 5.0
    found = TumorPredictor(str(tmp_path / "finder.pt")).mask(image)
    np.testing.assert_array_equal(found, (image[0] > 1.5) & (image[0] < 4.0))


def test_of_a_prediction_the_piece_at_the_tumor_counts():
    tumor = np.zeros((4, 8, 20), bool)
    tumor[1:3, 2:6, 2:8] = True
    found = tumor.copy()
    found[1:3, 2:6, 12:20] = True
    np.testing.assert_array_equal(piece_at(found, tumor), tumor)
    assert not piece_at(~ndimage.binary_dilation(tumor), tumor).any()
    np.testing.assert_array_equal(largest_piece_filled(found), found & ~tumor)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"predicted_share": 0.7, "perturbed_share": 0.5, "model": "x"}, "add up to at most 1"),
        ({"predicted_share": 0.5}, "needs a model"),
    ],
)
def test_shares_that_do_not_fit_are_refused(values, said):
    with pytest.raises(ConfigError, match=said):
        MaskConfig(**values)


def test_distance_maps_are_made_beside_the_samples_from_the_labels_as_they_are():
    source = MaskedSource(Fixed(), MaskConfig(), SPACING, seed=1)
    share = Share(batch_size=2, last_batch=2)
    for number, batch in enumerate(batches(source, share, num_workers=0, boundary_spacing_mm=SPACING)):
        assert batch.image.shape[1] == 2
        for each in range(2):
            labels = source.sample(2 * number + each)[1]
            expected = torch.from_numpy(boundary_distance_map(labels, SPACING))
            assert torch.equal(batch.distance_mm[each], expected)
    assert batch_of(source, [0]).distance_mm is None


def test_validation_may_have_masks_of_its_own():
    table = {
        "name": "x", "network": {"base": "divider"}, "loss": {}, "run": {"steps": 1},
        "data": {"options": {"pool": "a"}, "mask": {"perturbed_share": 1.0}},
        "validation": {"options": {"pool": "b"}, "mask": {"mirrored": False}},
    }  # fmt: skip
    data = held_out(recipe_from_table(table))
    assert data.options["pool"] == "b"
    assert data.mask == MaskConfig(mirrored=False)
    with pytest.raises(ConfigError, match="pool of skull bases is empty"):
        build_source(DataConfig(options={"pool": "nowhere"}, mask=MaskConfig()), 0)
