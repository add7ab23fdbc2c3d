"""A figure is a number or a reason; a limit limits."""

import pytest

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.measurement.growth.values import Figure, GrowthLimits


@pytest.mark.parametrize(
    "wrong", [{"mm": 0.0}, {"percent": 0.0}, {"percent": -1.0}, {"mm": float("nan")}, {"percent": float("inf")}]
)
def test_a_limit_that_limits_nothing_is_refused(wrong: dict[str, float]):
    with pytest.raises(ConfigError, match="limits must be"):
        GrowthLimits(**wrong)


def test_the_usual_limits_are_2_mm_and_20_percent():
    """Lees et al. 2018."""
    assert (GrowthLimits().mm, GrowthLimits().percent) == (2.0, 20.0)


@pytest.mark.parametrize(("value", "reason"), [(None, None), (1.0, "why")])
def test_a_figure_is_a_number_or_a_reason(value: float | None, reason: str | None):
    with pytest.raises(ValueError, match="either a value or a reason"):
        Figure(value, "mm", reason)
