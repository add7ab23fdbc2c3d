"""Pseudo-labels: thresholds and votes as the source gives them, the anatomy rules, and the correction by contrast."""

import numpy as np
import pytest

from Training.adaptation.correction import correct_by_contrast, otsu_threshold
from Training.adaptation.selection import Opinion, select_by_threshold, select_by_votes

SHAPE = (6, 20, 20)


def opinion(**shares):
    """What is not told is background; each a dict from slices to the share of extra, intra, cochlea."""
    found = np.zeros((4, *SHAPE), np.float32)
    for name, places in shares.items():
        number = {"extra": 1, "intra": 2, "cochlea": 3}[name]
        for where, share in places:
            found[(number, *where)] = share
    found[0] = 1 - found[1:].sum(0)
    return Opinion(found, found)


BLOCK = (slice(1, 4), slice(2, 8), slice(2, 8))
LARGE = (slice(1, 4), slice(2, 10), slice(2, 8))  # 144 voxels, more than any saw of the canal: 108
BESIDE = (slice(1, 4), slice(2, 8), slice(8, 12))
FAR = (slice(4, 6), slice(15, 19), slice(15, 19))


@pytest.mark.parametrize(("share", "kept"), [(5 / 8, False), (6 / 8, True), (8 / 8, True)])
def test_a_tumor_needs_six_votes_of_eight(share, kept):
    sure = (slice(1, 2), slice(2, 8), slice(2, 8))
    labels = select_by_votes(opinion(extra=[(BLOCK, share), (sure, 1.0)], intra=[(BESIDE, 1.0)]))
    assert (labels[sure] == 1).all()
    assert (labels[2:4, 2:8, 2:8] == (1 if kept else 0)).all()


@pytest.mark.parametrize(("share", "kept"), [(4 / 8, False), (5 / 8, True)])
def test_a_cochlea_needs_five(share, kept):
    other = (slice(0, 1), slice(15, 19), slice(2, 6))
    labels = select_by_votes(opinion(extra=[(BLOCK, 1.0)], cochlea=[(FAR, share), (other, 1.0)]))
    assert (labels[other] == 3).all()
    assert (labels[FAR] == (3 if kept else 0)).all()


def test_a_cochlea_that_no_five_agree_on_is_what_any_saw_without_specks():
    speck = (slice(0, 1), slice(0, 2), slice(18, 20))
    large = (slice(2, 6), slice(14, 19), slice(14, 19))
    labels = select_by_votes(opinion(extra=[(BLOCK, 1.0)], cochlea=[(large, 3 / 8), (speck, 3 / 8)]))
    assert (labels[large] == 3).all()
    assert not labels[speck].any()


@pytest.mark.parametrize(("extra_block", "part"), [(LARGE, 2), (BLOCK, 1)])
def test_what_is_tumor_but_of_no_part_goes_to_the_part_that_the_rule_names(extra_block, part):
    between = (slice(1, 4), slice(2, 8), slice(12, 14))
    intra = [(BESIDE, 1.0), (between, 4 / 8)]
    labels = select_by_votes(opinion(extra=[(extra_block, 1.0), (between, 4 / 8)], intra=intra))
    assert (labels[between] == part).all()


def test_where_mirror_images_hardly_agree_all_that_any_saw_is_taken_but_far_cochleae():
    found = np.zeros((4, 80, 8, 8), np.float32)
    found[2, 10:14, 2:6, 2:6] = 2 / 8
    found[3, 15:17, 2:4, 2:4] = 2 / 8
    found[3, 70:72, 2:4, 2:4] = 2 / 8
    found[0] = 1 - found[1:].sum(0)
    labels = select_by_votes(Opinion(found, found))
    assert (labels[10:14, 2:6, 2:6] == 2).all()
    assert (labels[15:17, 2:4, 2:4] == 3).all()
    assert not labels[70:72].any()  # more than 30 slices from the canal


@pytest.mark.parametrize(("probability", "kept"), [(0.79, False), (0.81, True)])
def test_a_threshold_keeps_what_is_as_probable(probability, kept):
    labels = select_by_threshold(opinion(extra=[(BLOCK, probability)]), 0.8)
    assert (labels[BLOCK] == (1 if kept else 0)).all()


def test_of_several_tumors_the_largest_with_both_parts_stays_though_another_is_larger():
    larger = (slice(0, 6), slice(10, 20), slice(14, 20))
    labels = select_by_threshold(opinion(extra=[(BLOCK, 1.0), (larger, 1.0)], intra=[(BESIDE, 1.0)]), 0.8)
    assert (labels[BLOCK] == 1).all()
    assert (labels[BESIDE] == 2).all()
    assert not labels[larger].any()
    alone = select_by_threshold(opinion(extra=[(BLOCK, 1.0), (larger, 1.0)]), 0.8)
    assert (alone[larger] == 1).all()
    assert not alone[BLOCK].any()


def test_two_cochleae_at_most():
    places = [((slice(k, k + 1), slice(0, 4), slice(0, 2 + k)), 1.0) for k in (0, 2, 4)]
    labels = select_by_threshold(opinion(cochlea=places), 0.8)
    assert not labels[0].any()
    assert labels[2].any()
    assert labels[4].any()


def test_nothing_found_is_no_label():
    assert not select_by_votes(opinion()).any()
    assert not select_by_threshold(opinion(), 0.5).any()


def test_otsu_parts_two_peaks_in_the_middle_of_the_gap():
    values = np.concatenate([np.full(100, 2.0), np.full(300, 10.0)]).astype(np.float32)
    assert otsu_threshold(values) == pytest.approx(6.0, abs=0.1)


def t2(labels):
    rng = np.random.default_rng(0)
    image = rng.normal(100, 3, labels.shape)
    return image.astype(np.float32)


def test_a_cochlea_is_fitted_to_what_is_bright():
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:4, 6:10, 6:10] = 3
    image = t2(labels)
    image[2:4, 7:11, 6:10] = 300  # one row on
    fitted = correct_by_contrast(image, labels)
    assert np.array_equal(fitted == 3, image > 200)


def test_a_correction_that_would_double_a_cochlea_is_not_made():
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:4, 8:10, 8:10] = 3
    image = t2(labels)
    image[1:5, 6:12, 6:12] = 300  # 144 voxels for 8
    assert np.array_equal(correct_by_contrast(image, labels), labels)


def test_bright_fluid_is_taken_from_the_canal_and_dark_bone_not_added():
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:4, 6:10, 4:14] = 2
    labels[2:4, 6:10, 0:4] = 1
    image = t2(labels)
    image[2:4, 6:10, 11:14] = 400  # fluid at the end of the canal
    fitted = correct_by_contrast(image, labels)
    assert not fitted[2:4, 6:10, 11:14].any()
    assert (fitted[2:4, 6:10, 4:11] == 2).all()
    assert np.array_equal(fitted == 1, labels == 1)
    assert (fitted > 0).sum() < (labels > 0).sum()
    image[2:4, 6:10, 6:14] = 400  # most of it: the guard
    assert np.array_equal(correct_by_contrast(image, labels), labels)
