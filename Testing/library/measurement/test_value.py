import math

import pytest

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.value import shown_number


def named(**fields) -> Measurement:
    return Measurement(id="vol_em", region="extrameatal", name="Volume", unit="cm3", method="counted", **fields)


@pytest.mark.parametrize(("value", "reason"), [(None, None), (1.0, "but why")])
def test_measurement_has_either_a_value_or_a_reason(value, reason):
    with pytest.raises(ValueError, match="vol_em needs either a value or a reason"):
        named(value=value, reason=reason)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_measurement_is_never_nan_or_infinite(value):
    with pytest.raises(ValueError, match="vol_em must be finite"):
        named(value=value)


@pytest.mark.parametrize(
    ("unit", "told"),
    [("mm", "1.2"), ("mm2", "1"), ("cm3", "1.234"), ("%", "1"), ("degrees", "1.23")],
)
def test_a_number_has_the_decimals_of_its_unit_and_two_where_none_are_agreed_on(unit, told):
    assert shown_number(1.2342, unit) == told
    assert shown_number(1.2342, unit, signed=True) == f"+{told}"
