"""What is read off a grid and a labelmap, on grids that lie oddly."""

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from Testing.support.growth_cases import examination, facts
from Testing.support.phantoms import axial_affine, left_handed, oblique, rotation_about, sagittal
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.measurement.growth.examination import angle_between_deg, measured_plane_normal
from VSSegmentationLib.volume import Volume, reorder

SPACING = (1.5, 0.5, 0.7)


def block(right_mm: float) -> Volume:
    """A block of tumor this far to the right of the middle."""
    array = np.zeros((20, 30, 120), np.uint8)
    array[8:12, 10:14, 58:62] = 1
    origin = (right_mm - 59.5 * SPACING[2], -10.0, -14.0)
    return Volume(array, axial_affine(SPACING, origin))


def coronal(volume: Volume) -> Volume:
    """The same patient, stored as a stack along anterior-posterior whose last axis is superior."""
    return reorder(volume, AxisOrder((1, 2, 0), (False, True, False)))


@pytest.mark.parametrize("moved", [lambda v: v, sagittal, coronal, left_handed])
def test_the_planes_of_an_axial_stack_are_axial_however_it_is_stored(moved):
    assert measured_plane_normal(moved(block(20.0)).dhw_to_ras) == pytest.approx((0, 0, 1))


@pytest.mark.parametrize("moved", [lambda v: v, left_handed])
def test_the_normal_of_a_turned_stack_is_turned_with_it(moved):
    axis, degrees = (1.0, 0.6, 0.4), 17.0
    turned = oblique(moved(block(20.0)), degrees, axis)
    expected = rotation_about(axis, degrees)[:3, :3] @ (0, 0, 1)
    assert measured_plane_normal(turned.dhw_to_ras) == pytest.approx(tuple(expected))


def test_the_normal_of_planes_whose_axes_are_sheared_has_length_1_too():
    affine = turned_affine((10.0, 5.0, 20.0), SPACING)
    affine[:3, 2] += 0.4 * affine[:3, 1]
    normal = measured_plane_normal(affine)
    assert np.linalg.norm(normal) == pytest.approx(1.0)
    assert affine[:3, 1:3].T @ normal == pytest.approx((0.0, 0.0))


def test_where_the_mask_is_resliced_the_planes_are_axial():
    assert measured_plane_normal(turned_affine((40.0, 0.0, 0.0))) == (0, 0, 1)
    assert measured_plane_normal(turned_affine((25.0, 0.0, 0.0))) != (0, 0, 1)


def test_the_tilt_is_the_angle_to_axial():
    normal = measured_plane_normal(turned_affine((20.0, 0.0, 35.0)))
    assert facts(slice_normal_ras=normal).tilt_deg == pytest.approx(20.0)


@pytest.mark.parametrize("degrees", [0.0, 1e-5, 5.0, 89.0])
def test_small_and_large_angles_are_exact_and_signs_mean_nothing(degrees: float):
    turned = rotation_about((0.0, 1.0, 0.3), degrees)[:3, :3] @ np.array((0.3, 0.0, 0.0))  # across the axis
    first, second = (0.3, 0.0, 0.0), tuple(turned.tolist())
    assert angle_between_deg(first, second) == pytest.approx(degrees, abs=1e-9)
    assert angle_between_deg(first, tuple((-turned).tolist())) == pytest.approx(degrees, abs=1e-9)


def test_a_measurement_is_found_by_its_id():
    assert examination(0, mm=12.5).value_of("whole_max_axial").value == 12.5
    with pytest.raises(UsageError, match="no measurement 'em_ap'"):
        examination(0).value_of("em_ap")
