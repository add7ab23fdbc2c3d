"""What is said of the planes of a measure."""

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from Testing.support.phantoms import axial_affine, box, labeled, oblique, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.measurement import axial
from VSSegmentationLib.measurement.axial import axial_grid, describe_planes, reslice_mask, sample
from VSSegmentationLib.volume import Volume


@pytest.mark.parametrize(
    ("degrees", "said"),
    [
        (0.0, "acquisition slices, axial"),
        (0.4, "acquisition slices, axial"),
        (0.6, "acquisition slices, tilted by 1 degree from axial"),
        (12.0, "acquisition slices, tilted by 12 degrees from axial"),
        (40.0, "mask resliced to axial planes because the scan is tilted by 40 degrees"),
    ],
)
def test_a_tilt_is_told_in_whole_degrees_and_never_as_none(degrees: float, said: str):
    turned = oblique(labeled(box((4, 8, 8)), (3.0, 0.5, 0.5), 1), degrees, (1.0, 0.0, 0.0))
    assert describe_planes(turned.dhw_to_ras) == said


def test_half_a_degree_is_not_told_as_a_tilt_of_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(geometry, "tilt_from_axial_deg", lambda _affine: 0.5)
    assert describe_planes(labeled(box((4, 8, 8)), (3.0, 0.5, 0.5), 1).dhw_to_ras) == "acquisition slices, axial"


def test_slices_that_are_not_axial_are_told():
    taken = sagittal(labeled(box((4, 8, 8)), (0.5, 0.5, 2.0), 1))  # 2 mm from left to right
    assert "slices are not axial" in describe_planes(taken.dhw_to_ras)


@pytest.mark.parametrize(("tilt_deg", "is_too_tilted"), [(30.0, False), (np.nextafter(30.0, 31.0), True)])
def test_slices_are_measured_as_they_are_up_to_a_tilt_of_thirty_degrees(monkeypatch, tilt_deg, is_too_tilted):
    monkeypatch.setattr(geometry, "tilt_from_axial_deg", lambda _affine: tilt_deg)
    assert axial.is_too_tilted(np.eye(4)) == is_too_tilted


@pytest.mark.parametrize(("thickness_mm", "are_axial"), [(0.99, True), (0.98, False)])
def test_slices_thinner_by_more_than_a_hundredth_than_their_pixels_are_of_another_direction(thickness_mm, are_axial):
    planes = describe_planes(labeled(box((4, 8, 8)), (thickness_mm, 1.0, 1.0), 1).dhw_to_ras)
    assert ("slices are not axial" not in planes) == are_axial


def test_a_resliced_mask_reaches_to_where_half_of_it_is_inside():
    """Two slices of 2 mm, at 2 and 4 mm: planes from 1 to 5 mm; along rows and columns the pixels stay."""
    mask = np.zeros((4, 5, 6), bool)
    mask[1:3, 1:4, 2:4] = True
    scan = axial_affine((2.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    resliced = reslice_mask(Volume(mask, scan), scan)
    inside = geometry.transform_points(resliced.dhw_to_ras, np.argwhere(resliced.array))
    expected = geometry.transform_points(scan, np.argwhere(mask))
    assert expected.min(axis=0) - inside.min(axis=0) == pytest.approx((0, 0, 1))
    assert inside.max(axis=0) - expected.max(axis=0) == pytest.approx((0, 0, 1))
    assert len(inside) == 5 * 3 * 2


def test_a_sampled_volume_has_at_each_point_what_lies_between_the_voxels_there_and_0_outside():
    """Values that grow evenly in space are the same on any grid, here one of an oblique, left-handed scan."""
    scan = turned_affine((20, -15, 35), (1.2, 0.7, 0.9)) @ np.diag([1.0, 1.0, -1.0, 1.0])
    points = geometry.transform_points(scan, np.argwhere(np.ones((9, 9, 9)))).reshape(9, 9, 9, 3)
    volume = Volume(10 + points @ (1.0, -2.0, 0.5), scan)
    middle = points[4, 4, 4]
    found = sample(volume, axial_grid(scan, middle - 1.0, middle + 1.0))
    where = geometry.transform_points(found.dhw_to_ras, np.argwhere(np.ones(found.shape)))
    np.testing.assert_allclose(found.array.ravel(), 10 + where @ (1.0, -2.0, 0.5), rtol=1e-5)
    far = sample(volume, axial_grid(scan, middle + 100.0, middle + 102.0))
    assert not far.array.any()
