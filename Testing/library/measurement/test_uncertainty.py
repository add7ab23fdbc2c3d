import re

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ice_cream, oblique
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.uncertainty import digitization, volume_uncertainty
from VSSegmentationLib.measurement.value import Uncertainty


@pytest.mark.parametrize(
    ("volume_cm3", "value", "kind", "beyond"),
    [
        (0.001, 27.0, "LOAM", 38.18),
        (0.199, 27.0, "LOAM", 38.18),
        (0.2, 20.0, "SDD", 20.0),
        (3.1, 20.0, "SDD", 20.0),
        (3.101, 8.0, "LOAM", 11.31),
        (40.0, 8.0, "LOAM", 11.31),
    ],
)
def test_volumes_have_the_published_limit_of_their_size(volume_cm3, value, kind, beyond):
    found = volume_uncertainty(volume_cm3)
    assert (found.value, found.unit, found.kind) == (value, "%", kind)
    assert found.beyond == pytest.approx(beyond, abs=0.01)  # the square root of 2 for a LOAM only
    assert "human readers, ceT1" in found.source
    assert "not measured for this software" in found.source


def test_volume_of_zero_has_no_limit():
    assert volume_uncertainty(0.0) is None


@pytest.mark.parametrize(
    ("direction", "voxel_mm"),
    [
        ((1, 0, 0), 0.4),
        ((0, 1, 0), 0.6),
        ((0, 0, -1), 1.5),
        ((1, 1, 0), (0.4 + 0.6) / 2),  # as estimator F: pixel sizes weighted by the share of the line
        ((3, 1, 0), (3 * 0.4 + 0.6) / 4),
    ],
)
def test_length_is_uncertain_by_the_voxel_along_it(direction, voxel_mm):
    found = digitization(np.array(direction, dtype=float), axial_affine((1.5, 0.6, 0.4)))
    assert found.value == pytest.approx(voxel_mm)
    assert (found.unit, found.kind, found.beyond) == ("mm", "digitization", None)


@pytest.mark.parametrize(
    ("tilt", "words"),
    [
        (2.5, "2 degrees .* by 0.3 mm"),
        (5.0, "5 degrees .* by 0.5 mm"),
        (10.0, "10 degrees .* by 1.0 mm"),
        (15.0, "15 degrees .* by 1.5 mm"),
        (20.0, "20 degrees .* by 2.0 mm"),
        (25.0, "25 degrees .* by 2.4 mm"),
        (30.0, "30 degrees .* by 2.9 mm"),
    ],
)
def test_tilt_is_noted_with_the_change_it_can_make(tilt, words):
    assert re.search(words, digitization(np.array((1.0, 0, 0)), np.eye(4), tilt).source)


def test_straight_slices_have_no_note_of_tilt():
    assert "tilt" not in digitization(np.array((1.0, 0, 0)), np.eye(4), 0.2).source


def test_every_value_above_zero_has_an_uncertainty_and_no_3d_diameter_speaks_of_tilt():
    for measurement in measure(oblique(ice_cream((1.5, 0.4, 0.4)))):
        if measurement.value:
            assert measurement.uncertainty is not None, measurement.id
            assert measurement.uncertainty.unit == ("%" if measurement.unit == "cm3" else "mm")
            assert (measurement.uncertainty.value is None) == (measurement.id == "vol_ellipsoid")
        else:
            assert measurement.uncertainty is None
        if measurement.id in ("whole_max_3d", "em_max_3d", "im_length"):
            assert "tilt" not in measurement.uncertainty.source


def test_an_uncertainty_without_a_value_says_that_it_is_none():
    with pytest.raises(ValueError, match="kinds not reliable, no limit, got 'SDD'"):
        Uncertainty(value=None, unit="%", kind="SDD", source="", beyond=None)
    with pytest.raises(ValueError, match="an uncertainty without a value"):
        Uncertainty(value=None, unit="%", kind="no limit", source="", beyond=20.0)


def test_a_line_without_a_direction_is_uncertain_by_the_largest_voxel_side():
    assert digitization(np.zeros(3), axial_affine((1.5, 0.6, 0.4))).value == 1.5
