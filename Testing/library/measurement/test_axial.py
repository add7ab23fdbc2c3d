"""What is said of the planes of a measure."""

import pytest

from Testing.support.phantoms import box, labeled, oblique, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.measurement.axial import describe_planes


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
