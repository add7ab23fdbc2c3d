"""Scans as slices: where the crop lies, what becomes of intensities, and samples by number."""

import numpy as np
import pytest
import torch

from Training.adaptation.config import TranslatorConfig
from Training.adaptation.generator import Generator
from Training.adaptation.slices import (
    UnpairedSlices,
    central_crop,
    slices_to_unit_range,
    squared,
    translated_volume,
)
from VSSegmentationLib.errors import InputRefusedError


def test_the_central_ten_sixteenths_of_rows_and_columns_are_kept_and_all_slices():
    volume = np.arange(2 * 64 * 32, dtype=np.float32).reshape(2, 64, 32)
    cropped = central_crop(volume)
    assert cropped.shape == (2, 40, 20)
    assert cropped[0, 0, 0] == volume[0, 12, 6]
    assert cropped[-1, -1, -1] == volume[-1, 51, 25]


def test_every_slice_goes_from_minus_one_to_one_between_its_own_percentiles():
    ramp = np.linspace(0, 100, 101, dtype=np.float32).reshape(1, 1, 101)
    volume = np.concatenate([ramp, 1000 + 7 * ramp])
    scaled = slices_to_unit_range(volume)
    np.testing.assert_allclose(scaled[0], scaled[1], atol=1e-5)
    np.testing.assert_allclose(scaled[0, 0, [0, 5, 50, 95, 100]], [-1, -1, 0, 1, 1], atol=1e-6)


def test_a_slice_that_shows_nothing_is_gray_and_not_noise_scaled_up():
    rng = np.random.default_rng(0)
    volume = np.stack([rng.normal(size=(20, 20)) * 500, rng.normal(size=(20, 20))]).astype(np.float32)
    scaled = slices_to_unit_range(volume)
    assert not scaled[1].any()
    assert scaled[0].std() > 0.3
    assert not slices_to_unit_range(np.zeros((2, 4, 4), np.float32)).any()


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(InputRefusedError, match="not finite"):
        slices_to_unit_range(np.full((1, 4, 4), np.nan, np.float32))


def test_the_shorter_side_is_filled_with_the_darkest_and_stays_centered():
    made = squared(np.ones((1, 8, 4), np.float32), 8)
    assert made[0, :, :2].max() == made[0, :, 6:].max() == -1
    assert (made[0, :, 2:6] == 1).all()
    assert squared(np.ones((3, 10, 12), np.float32), 8).shape == (3, 8, 8)


def source(seed=0):
    originals = [np.full((3, 8, 8), value, np.float32) for value in (-0.5, -0.25)]
    labels = [np.full((3, 8, 8), value, np.uint8) for value in (1, 2)]
    return UnpairedSlices(originals, [np.full((5, 8, 8), 0.75, np.float32)], labels, seed=seed)


def test_a_sample_holds_a_slice_of_each_kind_with_the_labels_of_the_first_and_is_the_same_every_time():
    for index in range(20):
        image, labels = source().sample(index)
        again, _ = source().sample(index)
        assert image.shape == (2, 1, 8, 8)
        assert labels.shape == (1, 8, 8)
        assert (image[1] == 0.75).all()
        assert labels[0, 0, 0] == {-0.5: 1, -0.25: 2}[float(image[0, 0, 0, 0])]
        assert np.array_equal(image, again)
    drawn = {float(source().sample(index)[0][0, 0, 0, 0]) for index in range(20)}
    assert drawn == {-0.5, -0.25}


@pytest.mark.parametrize(
    ("originals", "targets", "said"),
    [([], [(1, 8, 8)], "both kinds"), ([(1, 8, 8)], [(1, 8, 12)], "one size")],
)
def test_sets_that_do_not_fit_are_refused(originals, targets, said):
    with pytest.raises(InputRefusedError, match=said):
        UnpairedSlices(*([np.zeros(shape, np.float32) for shape in each] for each in (originals, targets)), seed=0)


def test_a_volume_is_translated_slice_by_slice_whatever_its_size_and_the_batch():
    torch.manual_seed(0)
    network = Generator(TranslatorConfig(width=2, blocks=5)).eval()
    volume = np.random.default_rng(0).uniform(-1, 1, (5, 22, 30)).astype(np.float32)
    whole = translated_volume(network, volume)
    assert whole.shape == volume.shape
    np.testing.assert_allclose(translated_volume(network, volume, batch=2), whole, atol=1e-5)
    np.testing.assert_allclose(translated_volume(network, volume[3:4], batch=2)[0], whole[3], atol=1e-5)
