import numpy as np
import pytest

from Training.synthesis.slices import fade_ends, profile_weights, to_slices, wrap


@pytest.mark.parametrize("profile", ["box", "sinc", "gauss"])
@pytest.mark.parametrize(("thickness", "step"), [(3, 3), (6, 3), (10, 10), (4, 3)])
def test_profiles_are_even_and_add_up_to_one(profile, thickness, step):
    weights = profile_weights(profile, thickness, step)
    assert weights.sum() == pytest.approx(1)
    assert weights == pytest.approx(weights[::-1])


def test_a_gaussian_profile_has_the_thickness_at_half_maximum():
    weights = profile_weights("gauss", 20, 3)
    assert (weights >= weights.max() / 2).sum() == pytest.approx(20, abs=1)


def test_a_sinc_profile_dips_below_zero_beside_the_slice():
    weights = profile_weights("sinc", 9, 3)
    middle = len(weights) // 2
    assert weights[middle + 13] < -0.02 * weights[middle]
    assert abs(weights[middle + 9]) < 0.01 * weights[middle]  # its zero


@pytest.mark.parametrize("profile", ["sinc", "gauss"])
@pytest.mark.parametrize(("thickness", "step"), [(3, 3), (6, 6), (10, 10), (2, 3)])
def test_a_sheet_is_seen_where_it_is(profile, thickness, step):
    image = np.zeros((20 * step, 2, 2), np.float32)
    image[10 * step : 11 * step] = 1  # slice 10
    profile_seen = to_slices(image, thickness, step, profile)[:, 0, 0]
    assert profile_seen.argmax() == 10
    assert profile_seen[9] == pytest.approx(profile_seen[11], abs=0.12)


@pytest.mark.parametrize("phase", [0, 2, 5, 8, 9])
def test_late_slices_show_the_same_edge(phase):
    image = np.zeros((150, 2, 2), np.float32)
    image[75:] = 1
    edge = to_slices(image, 10, 3, "box", phase)[:, 0, 0]
    assert (1 - edge).sum() * 3 == pytest.approx(75, abs=5)  # half a thick slice
    assert edge[0] == pytest.approx(0, abs=1e-6)
    assert edge[-1] == pytest.approx(1, abs=1e-6)


def test_the_ends_fade_and_the_middle_stays():
    seen = fade_ends(np.ones((10, 2, 2), np.float32), 2, 3, 0.6)[:, 0, 0]
    assert seen == pytest.approx([0.4, 0.7, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4])


def test_the_far_end_wraps_into_the_first_slices():
    image = np.zeros((6, 2, 2), np.float32)
    image[-2:] = [[[1.0]], [[0.5]]]
    seen = wrap(image, 2, 0.1)[:, 0, 0]
    assert seen == pytest.approx([0.1, 0.025, 0, 0, 1, 0.5])
