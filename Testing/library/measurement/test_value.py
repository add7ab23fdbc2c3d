import math

import pytest

from VSSegmentationLib.measurement import Measurement


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
