"""A known motion is found again at the tumor, whatever grid and contrast; what cannot be aligned is refused."""

from pathlib import Path

import numpy as np
import pytest

from Testing.support.phantoms import left_handed, rotation_about, sagittal
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import transform_points
from VSSegmentationLib.imageio import read_labelmap, read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.preprocessing.registration import RigidTransform, register_rigid
from VSSegmentationLib.volume import Volume, crop


@pytest.fixture(scope="module")
def scans() -> tuple[Volume, Volume]:
    first, second = (read_volume(Path(SAMPLE_FOLDER) / f"exam{number}_t2.nii.gz") for number in (1, 2))
    return first, second


@pytest.fixture(scope="module")
def tumor_points_ras_mm() -> np.ndarray:
    labelmap = read_labelmap(Path(SAMPLE_FOLDER) / "exam1_truth.nii.gz")
    return transform_points(labelmap.dhw_to_ras, np.argwhere(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labelmap.array)))


def motion(axis_ras, degrees: float, shift_mm) -> np.ndarray:
    matrix = rotation_about(axis_ras, degrees)
    matrix[:3, 3] = shift_mm
    return matrix


def moved(volume: Volume, matrix: np.ndarray) -> Volume:
    return Volume(volume.array, matrix @ volume.dhw_to_ras)


def true_motion(scans: tuple[Volume, Volume], extra: np.ndarray) -> np.ndarray:
    """Both examinations of the sample are drawn in one head's voxels, and lie in the scanner by their affines."""
    return extra @ scans[1].dhw_to_ras @ np.linalg.inv(scans[0].dhw_to_ras)


def error_mm(found: RigidTransform, truth: np.ndarray, points: np.ndarray) -> float:
    apart = transform_points(found.fixed_to_moving_ras, points) - transform_points(truth, points)
    return float(np.linalg.norm(apart, axis=1).max())


def error_deg(found: RigidTransform, truth: np.ndarray) -> float:
    between = found.fixed_to_moving_ras @ np.linalg.inv(truth)
    return float(np.degrees(np.arccos(np.clip((np.trace(between[:3, :3]) - 1) / 2, -1, 1))))


@pytest.mark.parametrize(
    ("axis_ras", "degrees", "shift_mm"),
    [((1.0, 0.6, 0.4), 12.0, (7.0, -5.0, 4.0)), ((0.2, 1.0, -0.5), -15.0, (-10.0, 8.0, -6.0))],
)
def test_an_oblique_motion_between_two_examinations_is_found_at_the_tumor(
    scans, tumor_points_ras_mm, axis_ras, degrees, shift_mm
):
    extra = motion(axis_ras, degrees, shift_mm)
    truth = true_motion(scans, extra)
    found = register_rigid(scans[0], moved(scans[1], extra))
    assert error_mm(found, truth, tumor_points_ras_mm) < 0.5
    assert error_deg(found, truth) < 0.5


def test_the_storage_of_the_voxels_changes_nothing(scans, tumor_points_ras_mm):
    extra = motion((1.0, 0.6, 0.4), 9.0, (3.0, -5.0, 4.0))
    found = register_rigid(left_handed(scans[0]), sagittal(moved(scans[1], extra)))
    assert error_mm(found, true_motion(scans, extra), tumor_points_ras_mm) < 0.5


def test_another_contrast_is_aligned_too(scans, tumor_points_ras_mm):
    inverted = scans[1].with_array((300 - np.minimum(scans[1].array, 300)) ** 1.3)
    found = register_rigid(scans[0], inverted)
    assert error_mm(found, true_motion(scans, np.eye(4)), tumor_points_ras_mm) < 0.5


def test_one_side_of_the_head_is_aligned_with_both_and_the_other_way_round(scans, tumor_points_ras_mm):
    extra = motion((1.0, -0.3, 0.2), 8.0, (6.0, 2.0, -3.0))
    d, h, w = scans[1].shape
    part = moved(crop(scans[1], (0, 20, w // 2 - 10), (d, h - 10, w)), extra)
    onto_part, from_part = register_rigid(scans[0], part), register_rigid(part, scans[0])
    truth = true_motion(scans, extra)
    assert error_mm(onto_part, truth, tumor_points_ras_mm) < 0.5
    back = RigidTransform(from_part.moving_to_fixed_ras)
    assert error_mm(back, truth, tumor_points_ras_mm) < 0.5


def test_the_same_scans_give_the_same_transform_to_the_last_bit(scans):
    first, second = (register_rigid(*scans).fixed_to_moving_ras for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        (lambda v: moved(v, rotation_about((1, 0, 0), 120.0)), "next to nothing in common"),
        (lambda v: v.with_array(np.full(v.shape, 7.0, np.float32)), "the same value in every voxel"),
        (lambda v: crop(v, (10, 40, 60), (30, 100, 125)), "less than 40 mm wide"),
    ],
)
def test_what_cannot_be_aligned_is_refused_with_the_reason(scans, spoiled, reason: str):
    with pytest.raises(GeometryError, match=reason):
        register_rigid(scans[0], spoiled(scans[1]))


def test_noise_is_refused(scans):
    noise = np.random.default_rng(0).random(scans[0].shape).astype(np.float32)
    with pytest.raises(GeometryError, match="could not be aligned"):
        register_rigid(scans[0], scans[0].with_array(noise))


@pytest.mark.parametrize("wrong", [np.diag([1.0, 1.0, 1.1, 1.0]), np.diag([-1.0, 1.0, 1.0, 1.0])])
def test_a_matrix_that_scales_or_mirrors_is_no_rigid_transform(wrong: np.ndarray):
    with pytest.raises(GeometryError, match="rotation and a translation"):
        RigidTransform(wrong)


def test_the_way_back_undoes_the_way_there_and_the_angle_is_that_of_the_rotation():
    there = RigidTransform(motion((1.0, 0.6, 0.4), 17.0, (3.0, 2.0, 1.0)))
    assert there.moving_to_fixed_ras @ there.fixed_to_moving_ras == pytest.approx(np.eye(4))
    assert there.angle_deg == pytest.approx(17.0)
