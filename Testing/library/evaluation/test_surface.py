import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from Testing.support.phantoms import ball
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.evaluation import (
    average_symmetric_surface_distance_mm,
    hausdorff95_mm,
    pooled_surface_distance_mm,
    surface_distances,
)
from VSSegmentationLib.evaluation.surface import _surface

SPACING = (1.5, 0.4, 0.7)
MEASURES = [average_symmetric_surface_distance_mm, pooled_surface_distance_mm, hausdorff95_mm]


def of(*points, shape=(30, 30, 30)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[tuple(np.array(points).T)] = True
    return mask


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_plates_apart_by_some_voxels_are_apart_by_these_times_the_spacing(measure, axis):
    a, b = np.zeros((2, 12, 12, 12), bool)
    a[(slice(None),) * axis + (2,)] = True
    b[(slice(None),) * axis + (7,)] = True
    assert measure(a, b, SPACING) == pytest.approx(5 * SPACING[axis])


def test_distance_of_two_voxels_follows_pythagoras_on_an_anisotropic_grid():
    expected = math.hypot(2 * 1.5, 3 * 0.4, 4 * 0.7)
    for measure in MEASURES:
        assert measure(of((5, 5, 5)), of((7, 8, 9)), SPACING) == pytest.approx(expected)


def test_line_against_its_end_voxel_tells_the_two_averages_apart():
    n, step = 11, SPACING[1]
    line, end = of(*[(3, i, 3) for i in range(n)]), of((3, 0, 3))
    # From the line 0, 1, ... n-1 steps, mean (n-1)/2; from the end voxel 0.
    assert average_symmetric_surface_distance_mm(line, end, SPACING) == pytest.approx(step * (n - 1) / 4)
    assert pooled_surface_distance_mm(line, end, SPACING) == pytest.approx(step * n * (n - 1) / 2 / (n + 1))
    assert hausdorff95_mm(line, end, SPACING) == pytest.approx(0.95 * (n - 1) * step)
    assert surface_distances(line, end, SPACING).hausdorff_mm() == pytest.approx((n - 1) * step)


def test_shifted_box_is_as_far_as_its_faces_that_moved():
    # Shifted along D by its height less one: the near face of the one lies on the far face of the other.
    h = 4
    a, b = np.zeros((2, 20, 16, 16), bool)
    a[2 : 2 + h, 3:13, 3:13] = True
    b[2 + h - 1 : 2 + 2 * h - 1, 3:13, 3:13] = True
    assert surface_distances(a, b, SPACING).hausdorff_mm() == pytest.approx((h - 1) * SPACING[0])


def test_concentric_balls_are_apart_by_the_difference_of_their_radii():
    spacing = (0.5, 0.5, 0.5)
    large = ball(20.0, spacing)
    small = ball(14.0, spacing, margin=2 + 6)
    assert large.shape == small.shape
    assert average_symmetric_surface_distance_mm(small, large, spacing) == pytest.approx(3.0, abs=0.25)  # half a voxel
    assert hausdorff95_mm(small, large, spacing) == pytest.approx(3.0, abs=0.5)


def test_interior_of_a_mask_and_the_border_of_the_array_are_told_apart():
    full = np.ones((5, 5, 5), bool)
    hollow = full.copy()
    hollow[2, 2, 2] = False
    # The outer shells coincide; only the six voxels round the hole are surface that the full mask lacks.
    found = surface_distances(hollow, full, (1.0, 1.0, 1.0))
    assert sorted(found.from_prediction_mm.tolist())[-6:] == [1.0] * 6
    assert found.from_reference_mm.max() == 0


@pytest.mark.parametrize("measure", MEASURES)
def test_missing_parts_are_0_when_both_are_missing_and_infinite_when_one_is(measure):
    nothing, something = np.zeros((30, 30, 30), bool), of((4, 5, 6))
    assert measure(nothing, nothing, SPACING) == 0
    assert measure(nothing, something, SPACING) == measure(something, nothing, SPACING) == math.inf


@settings(max_examples=40, deadline=None)
@given(arrays(bool, (4, 5, 6)).filter(np.any), arrays(bool, (4, 5, 6)).filter(np.any))
def test_distances_equal_brute_force_over_all_pairs_of_surface_voxels(a, b):
    def surface(mask):
        padded = np.pad(mask, 1)
        inner = np.all([np.roll(padded, s, axis) for axis in range(3) for s in (-1, 1)], axis=0)[1:-1, 1:-1, 1:-1]
        return np.argwhere(mask & ~inner) * SPACING

    pairs = cdist(surface(a), surface(b))
    found = surface_distances(a, b, SPACING)
    assert found.from_prediction_mm == pytest.approx(pairs.min(axis=1))
    assert found.from_reference_mm == pytest.approx(pairs.min(axis=0))


@settings(max_examples=50, deadline=None)
@given(arrays(bool, (4, 5, 6)), arrays(bool, (4, 5, 6)), st.sampled_from(MEASURES))
def test_measures_are_symmetric_and_0_for_a_mask_and_itself(a, b, measure):
    assert measure(a, b, SPACING) == pytest.approx(measure(b, a, SPACING))
    assert measure(a, a, SPACING) == 0


@pytest.mark.parametrize("spacing", [(0.0, 1, 1), (1, -1, 1), (1, 1, math.nan)])
def test_impossible_spacing_is_refused(spacing):
    with pytest.raises(GeometryError, match="spacing_dhw_mm must be > 0"):
        surface_distances(of((1, 1, 1)), of((1, 1, 2)), spacing)


def test_masks_of_other_shapes_are_refused():
    with pytest.raises(GeometryError, match="one shape"):
        surface_distances(of((1, 1, 1)), of((1, 1, 1), shape=(4, 4, 4)), SPACING)
    with pytest.raises(GeometryError, match=r"\(D, H, W\)"):
        surface_distances(np.ones((3, 3), bool), np.ones((3, 3), bool), SPACING)


def test_pooled_average_and_hausdorff_95_agree_with_monai():
    metrics = pytest.importorskip("monai.metrics", reason="MONAI comes with the extra 'training'")
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(11)
    for _ in range(3):
        a = np.pad(ball(9.0, SPACING), 3)
        shifted = np.roll(a, tuple(rng.integers(-2, 3, 3)), axis=(0, 1, 2))
        b = shifted & (rng.random(a.shape) < 0.9)  # holes and a rough rim
        tensors = [torch.from_numpy(np.stack((~m, m))[None].astype(np.float32)) for m in (a, b)]
        pooled = metrics.compute_average_surface_distance(*tensors, symmetric=True, spacing=SPACING)
        hd95 = metrics.compute_hausdorff_distance(*tensors, percentile=95, spacing=SPACING)
        assert pooled_surface_distance_mm(a, b, SPACING) == pytest.approx(float(pooled), abs=1e-4)
        assert hausdorff95_mm(a, b, SPACING) == pytest.approx(float(hd95), abs=1e-4)
        farthest = metrics.compute_hausdorff_distance(*tensors, spacing=SPACING)
        assert surface_distances(a, b, SPACING).hausdorff_mm() == pytest.approx(float(farthest), abs=1e-4)


def ellipsoid_of_indices(center, semi_axes, shape=(40, 80, 80)) -> np.ndarray:
    grid = np.ogrid[tuple(slice(n) for n in shape)]
    return sum(((x - c) / a) ** 2 for x, c, a in zip(grid, center, semi_axes, strict=True)) <= 1


def cube(size: int, first: int) -> np.ndarray:
    mask = np.zeros((30, 30, 30), bool)
    mask[(slice(first, first + size),) * 3] = True
    return mask


LARGE, SMALL = ellipsoid_of_indices((20, 40, 40), (10, 20, 20)), ellipsoid_of_indices((20, 44, 46), (3, 5, 6))


@pytest.mark.parametrize(
    ("pair", "spacing", "mean_of_means", "pooled"),
    [
        ((LARGE, SMALL), (1.5, 0.5, 0.5), 7.1979, 8.5868),
        ((cube(20, 5), cube(2, 14)), (1, 1, 1), 10.2081, 11.4073),
        ((cube(10, 5), np.roll(cube(10, 5), 1, axis=2)), (1, 1, 1), 164 / 488, 164 / 488),
        ((of((5, 5, 5)), of((5, 5, 8))), (1, 1, 1), 3.0, 3.0),
    ],
    ids=["ellipsoids", "concentric cubes", "shifted cube", "two voxels"],
)
def test_both_averages_have_their_check_values(pair, spacing, mean_of_means, pooled):
    assert average_symmetric_surface_distance_mm(*pair, spacing) == pytest.approx(mean_of_means, abs=5e-5)
    assert pooled_surface_distance_mm(*pair, spacing) == pytest.approx(pooled, abs=5e-5)


def test_the_directed_means_of_the_ellipsoids_have_their_check_values():
    found = surface_distances(LARGE, SMALL, (1.5, 0.5, 0.5))
    assert found.from_prediction_mm.mean() == pytest.approx(8.7891, abs=5e-5)
    assert found.from_reference_mm.mean() == pytest.approx(5.6067, abs=5e-5)


def test_masks_far_apart_are_measured_by_the_search_tree_as_by_all_pairs():
    # A ball near each corner of a wide scan: over 100 voxels of the window for each voxel of the surfaces.
    near, far = np.zeros((2, 60, 90, 90), bool)
    small = ball(4.0, SPACING, margin=0)
    near[tuple(slice(2, 2 + n) for n in small.shape)] = True
    far[tuple(slice(-2 - n, -2) for n in small.shape)] = small
    pairs = cdist(np.argwhere(_surface(near)) * SPACING, np.argwhere(_surface(far)) * SPACING)
    assert near.size > 100 * sum(pairs.shape)
    found = surface_distances(near, far, SPACING)
    assert found.from_prediction_mm == pytest.approx(pairs.min(axis=1))
    assert found.from_reference_mm == pytest.approx(pairs.min(axis=0))
