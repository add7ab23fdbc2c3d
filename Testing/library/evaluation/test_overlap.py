import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from VSSegmentationLib.errors import EmptyMaskError, GeometryError
from VSSegmentationLib.evaluation import Confusion, confusion, dice, relative_volume_error

NOTHING = np.zeros((4, 5, 6), bool)


def slab(start: int, stop: int) -> np.ndarray:
    mask = np.zeros((20, 5, 6), bool)
    mask[start:stop] = True
    return mask


@pytest.mark.parametrize(("shift", "expected"), [(0, 1.0), (1, 0.9), (5, 0.5), (10, 0.0)])
def test_dice_of_a_shifted_slab_is_the_share_that_still_overlaps(shift, expected):
    assert dice(slab(0, 10), slab(shift, 10 + shift)) == pytest.approx(expected)


def test_dice_of_a_mask_inside_another_follows_its_formula():
    assert dice(slab(0, 4), slab(0, 10)) == pytest.approx(2 * 4 / 14)


def test_two_empty_masks_agree_and_a_missed_or_invented_tumor_scores_0():
    full = ~NOTHING
    assert dice(NOTHING, NOTHING) == 1.0
    assert dice(NOTHING, full) == dice(full, NOTHING) == 0.0


@settings(max_examples=40, deadline=None)
@given(arrays(bool, (3, 4, 5)), arrays(bool, (3, 4, 5)))
def test_dice_is_symmetric_and_between_0_and_1(a, b):
    assert 0 <= dice(a, b) == dice(b, a) <= 1


@pytest.mark.parametrize(("size", "expected"), [(10, 0.0), (12, 0.2), (8, 0.2), (0, 1.0), (20, 1.0)])
def test_relative_volume_error_is_a_share_of_the_reference(size, expected):
    assert relative_volume_error(slab(0, size), slab(0, 10)) == pytest.approx(expected)


def test_volume_error_without_a_reference_is_infinite_and_0_when_nothing_was_found_either():
    assert relative_volume_error(~NOTHING, NOTHING) == math.inf
    assert relative_volume_error(NOTHING, NOTHING) == 0.0


@pytest.mark.parametrize("measure", [dice, relative_volume_error])
def test_masks_of_different_shapes_are_refused(measure):
    with pytest.raises(GeometryError, match=r"got \(4, 5, 6\) and \(20, 5, 6\)"):
        measure(NOTHING, slab(0, 3))


# 10 slices of the reference, 12 of the prediction, 8 shared, 20 in all; a slice has 30 voxels.
partly = confusion(slab(2, 14), slab(0, 10))


def test_the_four_counts_add_up_to_the_scan():
    assert partly == Confusion(true_positive=240, false_positive=120, false_negative=60, true_negative=180)


def test_sensitivity_precision_and_specificity_are_shares_of_reference_prediction_and_background():
    assert partly.sensitivity == pytest.approx(8 / 10)
    assert partly.precision == pytest.approx(8 / 12)
    assert partly.specificity == pytest.approx(6 / 10)


def test_a_larger_field_of_view_raises_specificity_and_nothing_else():
    wider = confusion(slab(2, 14), slab(0, 10), voxels_outside=3000)
    assert wider.specificity == pytest.approx((180 + 3000) / (300 + 3000))
    assert (wider.dice, wider.sensitivity, wider.precision) == (partly.dice, partly.sensitivity, partly.precision)


@pytest.mark.parametrize(
    ("prediction", "reference", "measure"),
    [(~NOTHING, NOTHING, "sensitivity"), (NOTHING, ~NOTHING, "precision"), (NOTHING, ~NOTHING, "specificity")],
)
def test_a_share_of_nothing_is_refused_with_the_name_of_what_is_empty(prediction, reference, measure):
    with pytest.raises(EmptyMaskError, match=f"{measure} is a share of"):
        getattr(confusion(prediction, reference), measure)


def test_a_missed_tumor_has_a_sensitivity_of_0_and_an_invented_one_a_precision_of_0():
    assert confusion(NOTHING, ~NOTHING).sensitivity == 0
    assert confusion(~NOTHING, NOTHING).precision == 0


@settings(max_examples=40, deadline=None)
@given(arrays(bool, (3, 4, 5)).filter(np.any), arrays(bool, (3, 4, 5)).filter(np.any))
def test_dice_is_the_harmonic_mean_of_sensitivity_and_precision(a, b):
    counts = confusion(a, b)
    if counts.true_positive:
        assert counts.dice == pytest.approx(2 / (1 / counts.sensitivity + 1 / counts.precision))
    else:
        assert counts.dice == 0


def test_counts_and_dice_agree_with_monai():
    metrics = pytest.importorskip("monai.metrics", reason="MONAI comes with the extra 'training'")
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(3)
    for share in (0.1, 0.5, 0.9):
        prediction, reference = generator.random((2, 9, 8, 7)) < share
        tensors = [torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (prediction, reference)]
        ours = confusion(prediction, reference)
        theirs = metrics.get_confusion_matrix(*tensors)[0, 0].tolist()  # TP, FP, TN, FN
        assert [ours.true_positive, ours.false_positive, ours.true_negative, ours.false_negative] == theirs
        assert ours.dice == pytest.approx(float(metrics.compute_dice(*tensors)))
