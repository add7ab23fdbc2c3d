"""Both cochleae: volume of each side, and the gap to the tumor, against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from Testing.support.phantoms import axial_affine, left_handed, oblique, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.volume import Volume

COCHLEAE = {"right": (34.0, 8.0, 2.0), "left": (-33.0, 6.0, 0.0)}
RADIUS_MM = {"right": 2.9, "left": 2.6}
TUMOR, TUMOR_RADIUS_MM = (24.0, -2.0, 1.0), 6.0


def head(balls, spacing=(0.8, 0.4, 0.4)) -> Volume:
    """(…) of 88 x 40 x 30 mm round the middle of a head, axes to superior, anterior, right."""
    shape = tuple(round(side / step) for side, step in zip((30.0, 40.0, 88.0), spacing, strict=True))
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]) * spacing
    affine[:3, 3] = (-44.0, -18.0, -14.0)
    points = geometry.transform_points(affine, np.indices(shape).reshape(3, -1).T)
    labels = np.zeros(int(np.prod(shape)), np.uint8)
    for center, radius, label in balls:
        labels[np.linalg.norm(points - center, axis=1) <= radius] = label
    return Volume(labels.reshape(shape), affine)


def whole(*, cochleae=("right", "left"), tumor=True, **changes) -> Volume:
    balls = [(COCHLEAE[side], RADIUS_MM[side], Label.COCHLEA) for side in cochleae]
    if tumor:
        balls.append((TUMOR, TUMOR_RADIUS_MM, Label.UNDIVIDED_TUMOR))
    return head(balls, **changes)


def by_id(labelmap, **options):
    return {m.id: m for m in measure(labelmap, **options)}


def ball_cm3(radius_mm):
    return 4 / 3 * np.pi * radius_mm**3 / 1000


@pytest.mark.parametrize(
    "grid", [lambda v: v, sagittal, left_handed, oblique, lambda v: oblique(left_handed(sagittal(v)), 25.0)]
)
def test_each_side_has_its_volume_however_the_scan_lies(grid):
    found = by_id(grid(whole()))
    assert found["vol_cochlea_right"].value == pytest.approx(ball_cm3(2.9), rel=0.04)
    assert found["vol_cochlea_left"].value == pytest.approx(ball_cm3(2.6), rel=0.04)


def test_the_origin_of_the_scan_does_not_decide_the_side():
    here = whole()
    moved = here.dhw_to_ras.copy()
    moved[0, 3] += 200.0
    assert by_id(replace(here, dhw_to_ras=moved))["vol_cochlea_left"].value == by_id(here)["vol_cochlea_left"].value


@pytest.mark.parametrize("spacing", [(0.4, 0.4, 0.4), (0.8, 0.4, 0.4), (1.5, 0.5, 0.5)])
def test_gap_is_the_distance_of_the_two_surfaces(spacing):
    found = by_id(whole(spacing=spacing))["gap_cochlea"]
    between = np.linalg.norm(np.subtract(COCHLEAE["right"], TUMOR)) - TUMOR_RADIUS_MM - RADIUS_MM["right"]
    assert found.value == pytest.approx(between, abs=0.75 * max(spacing))
    ends = np.array(found.end_points_ras_mm)
    assert np.linalg.norm(ends[0] - ends[1]) == pytest.approx(found.value)
    for end, center, radius in ((ends[0], TUMOR, TUMOR_RADIUS_MM), (ends[1], COCHLEAE["right"], RADIUS_MM["right"])):
        assert np.linalg.norm(end - center) == pytest.approx(radius, abs=max(spacing))


def test_gap_is_unbiased_over_random_poses_and_half_a_pixel_wide_at_most():
    rng, errors = np.random.default_rng(3), []
    for _ in range(20):
        direction = Rotation.random(rng=rng).apply((1.0, 0.0, 0.0)) * (1, 1, 0.4)
        direction /= np.linalg.norm(direction)
        apart = 9.5 + rng.uniform(0, 4)
        center = np.array(TUMOR) + rng.uniform(-0.4, 0.4, 3)
        balls = ((center, 6.0, Label.UNDIVIDED_TUMOR), (center + apart * direction, 2.8, Label.COCHLEA))
        found = by_id(head(balls, spacing=(0.4, 0.4, 0.4)))["gap_cochlea"]
        errors.append(found.value - (apart - 8.8))
    assert np.mean(errors) == pytest.approx(0, abs=0.15)
    assert np.abs(errors).max() <= 0.4


def test_a_tumor_that_touches_its_cochlea_has_no_gap():
    balls = ((TUMOR, 6.0, Label.UNDIVIDED_TUMOR), (np.add(TUMOR, (0.0, 7.0, 0.0)), 2.9, Label.COCHLEA))
    assert by_id(head(balls))["gap_cochlea"].value == 0.0


def test_what_can_not_be_told_has_its_reason():
    none = by_id(whole(cochleae=()))
    assert {none[name].reason for name in ("vol_cochlea_right", "vol_cochlea_left", "gap_cochlea")} == {
        reasons.NO_COCHLEA
    }
    one = by_id(whole(cochleae=("right",)))
    assert one["vol_cochlea_right"].reason == reasons.ONE_COCHLEA
    assert one["gap_cochlea"].value is not None
    other = by_id(whole(cochleae=("left",)))["gap_cochlea"]
    assert "another ear" in other.reason
    assumed = by_id(replace(whole(), axes_assumed=True))
    assert assumed["vol_cochlea_left"].reason == reasons.NO_ORIENTATION
    healthy = by_id(whole(tumor=False))
    assert healthy["vol_cochlea_right"].value is not None
    assert healthy["gap_cochlea"].reason == "no tumor is segmented"


def test_no_measure_of_the_tumor_counts_a_voxel_of_the_cochlea():
    own = ("vol_cochlea_right", "vol_cochlea_left", "gap_cochlea")
    with_organs, without = by_id(whole()), by_id(whole(cochleae=()))
    for name in with_organs.keys() - own:
        here, there = with_organs[name], without[name]
        assert here.value == (None if there.value is None else pytest.approx(there.value, rel=1e-9)), name
        assert (here.reason, here.extra) == (there.reason, pytest.approx(there.extra)), name


def test_a_stray_voxel_is_no_cochlea():
    stray = whole(cochleae=("right",))
    array = stray.array.copy()
    array[3, 5, 4] = Label.COCHLEA
    assert by_id(stray.with_array(array))["vol_cochlea_left"].reason == reasons.ONE_COCHLEA


def blocks(right_voxels: int, apart_mm: int, tumor_mm: int | None = None) -> Volume:
    """Rows of voxels of 1 mm along H: 5 at R = 10 mm, so many farther right, and a tumor at a distance from those."""
    labels = np.zeros((5, 20, 90), np.uint8)
    labels[2, :5, 10] = Label.COCHLEA
    labels[2, :right_voxels, 10 + apart_mm] = Label.COCHLEA
    if tumor_mm is not None:
        labels[2, :12, 10 + apart_mm + tumor_mm] = Label.UNDIVIDED_TUMOR
    return Volume(labels, axial_affine((1.0, 1.0, 1.0)))


def test_five_cubic_millimeters_thirty_millimeters_apart_are_two_cochleae():
    found = by_id(blocks(6, 30))
    assert found["vol_cochlea_right"].value == pytest.approx(0.006)
    assert found["vol_cochlea_left"].value == pytest.approx(0.005)


@pytest.mark.parametrize(("voxels", "apart"), [(4, 30), (6, 29), (6, 6)])
def test_smaller_or_nearer_ones_are_one(voxels, apart):
    assert by_id(blocks(voxels, apart))["vol_cochlea_left"].reason == reasons.ONE_COCHLEA


@pytest.mark.parametrize(("tumor_mm", "gap_mm"), [(21, 20.0), (22, None), (5, 4.0)])
def test_a_cochlea_more_than_20_mm_from_the_tumor_is_of_another_ear(tumor_mm, gap_mm):
    """From face to face: one voxel less than from center to center."""
    gap = by_id(blocks(6, 40, tumor_mm))["gap_cochlea"]
    assert gap.value == gap_mm
    if gap_mm is None:
        assert gap.reason == "the cochlea label is 21 mm from the tumor: another ear"


@pytest.mark.parametrize(("across_mm", "counts"), [(0.7994, False), (0.8, True)])
def test_a_piece_of_five_cubic_millimeters_counts_and_one_of_a_thousandth_less_is_a_speck(across_mm, counts):
    array = np.zeros((6, 8, 120), np.uint8)
    array[2, 2, 5:11] = array[2, 2, 105:111] = Label.COCHLEA  # 6 voxels on each side
    array[2, 5, 5:10] = Label.COCHLEA  # and 5 beside one of them
    found = by_id(Volume(array, axial_affine((1.25, 1.0, across_mm), (0.0, 0.0, 0.0))))
    sizes = sorted(found[name].value for name in ("vol_cochlea_right", "vol_cochlea_left"))
    assert sizes == pytest.approx([n * 1.25 * across_mm / 1000 for n in (6, 11 if counts else 6)])


@pytest.mark.parametrize(("apart", "voxel_mm"), [((1.0, 0.0, 0.0), 0.4), ((0.0, 0.0, 1.0), 0.8)])
def test_the_gap_is_uncertain_by_the_voxel_along_it(apart, voxel_mm):
    """Across the head by a column, from below by a slice; where the scan lies does not matter."""
    center = np.array((20.0, 2.0, 1.0))
    labelmap = head([(center, 3.0, Label.UNDIVIDED_TUMOR), (center + 8.0 * np.array(apart), 2.0, Label.COCHLEA)])
    moved = labelmap.dhw_to_ras.copy()
    moved[:3, 3] += 300.0, -200.0, 150.0
    for each in (labelmap, Volume(labelmap.array, moved)):
        assert by_id(each)["gap_cochlea"].uncertainty.value == pytest.approx(voxel_mm, abs=0.05)
