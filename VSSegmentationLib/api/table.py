"""Many results as one table of pandas."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from VSSegmentationLib.api.result import Result
from VSSegmentationLib.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("case", "measure", "region", "name", "value", "unit", "reason", "is_headline", "side", "status")


def to_frame(results: Result | Iterable[Result] | Mapping[str, Result]) -> "pd.DataFrame":
    """Return one row per case and measure.

    Args:
        results: One, several, or several by the name of their case. Without names a case is called what it was given
            as `case`, else by its number, from 1.

    Returns:
        Columns as in `COLUMNS`; `value` is missing where `reason` says why.

    Raises:
        UsageError: If pandas is not installed, or two cases have one name.

    Example:
        >>> import VSSegmentationLib as vs
        >>> results = {name: vs.measure(vs.SAMPLE_FOLDER / f"{name}_truth.nii.gz") for name in ("exam1", "exam2")}
        >>> frame = vs.to_frame(results)
        >>> volumes = frame[frame.measure == "vol_total"].set_index("case").value
        >>> bool(volumes["exam2"] > volumes["exam1"])
        True
    """
    try:
        import pandas as pd  # noqa: PLC0415 - no dependency of this library
    except ImportError as error:
        msg = "a table needs pandas, which is not installed; install it with: python -m pip install pandas"
        raise UsageError(msg) from error
    named = _named(results)
    rows = [row for case, result in named for row in _rows(case, result)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _named(results: Result | Iterable[Result] | Mapping[str, Result]) -> list[tuple[str, Result]]:
    if isinstance(results, Mapping):
        return list(results.items())
    several = [results] if isinstance(results, Result) else list(results)
    named = [(each.content.case or str(number), each) for number, each in enumerate(several, start=1)]
    if len({case for case, _ in named}) < len(named):
        msg = "two results have the same case, so their rows could not be told apart; give them by name: {name: result}"
        raise UsageError(msg)
    return named


def _rows(case: str, result: Result) -> list[tuple[object, ...]]:
    leading = result.headline.measurement_id
    return [
        (case, m.id, m.region, m.name, m.value, m.unit, m.reason, m.id == leading, result.side, result.content.status)
        for m in result.content.measurements
    ]
