"""Which images of a series lie at one place."""

from types import SimpleNamespace

import pytest

from VSSegmentationLib.imageio.dicom.series import _repeats

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


@pytest.mark.parametrize(
    ("heights_mm", "repeated"),
    [((5.0,), False), ((5.0, 5.0), True), ((5.0, 8.0), False), ((5.0, 8.0, 5.0), True), ((5.0, 5.2, 8.0), False)],
)
def test_two_images_at_one_place_are_a_repeat_from_two_images_on(heights_mm, repeated):
    headers = [SimpleNamespace(position_lps_mm=(1.0, 2.0, z), orientation_lps=AXIAL) for z in heights_mm]
    assert _repeats(headers) is repeated


def test_images_without_a_place_are_no_repeat():
    headers = [SimpleNamespace(position_lps_mm=None, orientation_lps=AXIAL) for _ in range(2)]
    assert not _repeats(headers)
