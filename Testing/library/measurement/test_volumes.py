import pytest

from VSSegmentationLib.measurement.volumes import ellipsoid_cm3


def test_ellipsoid_formula_gives_the_golden_value():
    assert ellipsoid_cm3(12.0, 8.0, 15.0) * 1000 == pytest.approx(753.982, abs=1e-3)
