"""Scans of one examination have to lie together: told apart by the pictures, moved if asked, refused otherwise."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from Testing.support.lying_scans import empty_scan
from Testing.support.phantoms import rotation_about
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import Scan, read_scan
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.pipeline.together import brought_together
from VSSegmentationLib.preprocessing.lying_together import misfit_of
from VSSegmentationLib.volume import Volume, reorder


@pytest.fixture(scope="module")
def scan() -> Scan:
    return read_scan(Path(SAMPLE_FOLDER) / "exam1_t2.nii.gz")


def other_contrast(scan: Scan, moved_by: np.ndarray | None = None) -> Scan:
    """The same head with dark and bright exchanged, its axes stored the sagittal way, displaced if asked for."""
    volume = scan.volume
    matrix = np.eye(4) if moved_by is None else moved_by
    inverted = Volume(volume.array.max() - volume.array, matrix @ volume.dhw_to_ras)
    order = geometry.AxisOrder((2, 0, 1), (True, False, True))
    return replace(scan, volume=reorder(inverted, order))


def motion(degrees: float, shift_mm) -> np.ndarray:
    matrix = rotation_about((0.3, 1.0, 0.5), degrees)
    matrix[:3, 3] = shift_mm
    return matrix


def test_scans_of_two_contrasts_and_grids_that_lie_together_are_left_as_they_are(scan):
    other = other_contrast(scan)
    found = brought_together({"first": scan, "second": other}, align=True)
    assert found.scans["second"] is other
    facts = found.facts["second"]
    assert facts["lies_together"] is True
    assert facts["moved"] is False
    assert facts["shift_mm"] < 1.0
    assert found.warnings == ("The scan 'second' has another grid than 'first' and was resampled onto it.",)


def test_a_scan_that_lies_apart_is_refused_with_the_shift(scan):
    other = other_contrast(scan, motion(0.0, (6.0, 0.0, -8.0)))
    with pytest.raises(InputRefusedError, match=r"'second' does not lie on 'first': .* off by (9\.[5-9]|10\.[0-5]) mm"):
        brought_together({"first": scan, "second": other}, align=False)


def test_a_scan_that_lies_apart_is_moved_back_where_that_was_asked_for(scan):
    away = motion(6.0, (5.0, -7.0, 4.0))
    other = other_contrast(scan, away)
    found = brought_together({"first": scan, "second": other}, align=True)
    facts = found.facts["second"]
    assert facts["moved"] is True
    assert facts["angle_deg"] == pytest.approx(6.0, abs=1.0)
    assert any("lay off 'first' by" in warning and "was moved onto it" in warning for warning in found.warnings)
    placed = found.scans["second"].volume
    np.testing.assert_array_equal(placed.array, other.volume.array)  # no voxel is changed, only where they lie
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in placed.shape])).reshape(3, -1).T
    there = geometry.transform_points(placed.dhw_to_ras, corners)
    true = geometry.transform_points(np.linalg.inv(away) @ other.volume.dhw_to_ras, corners)
    assert np.linalg.norm(there - true, axis=1).max() < 2.0
    assert misfit_of(scan.volume, placed).lies_together


def test_what_cannot_be_checked_is_told_and_refused_where_it_was_to_be_moved(scan):
    rng = np.random.default_rng(1)
    noise = empty_scan("oblique", (60.0, 60.0, 60.0))
    noise = noise.with_array(rng.normal(size=noise.shape).astype(np.float32))
    scans = {"first": replace(scan, volume=noise), "second": scan}
    found = brought_together(scans, align=False)
    assert found.facts["second"]["lies_together"] is None
    assert any("Whether the scan 'second' lies on 'first' could not be checked" in each for each in found.warnings)
    with pytest.raises(InputRefusedError, match="'second' could not be aligned with 'first'"):
        brought_together(scans, align=True)
