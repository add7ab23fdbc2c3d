"""The page of the interaction benchmark: ceilings first, then every method beside it."""

from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

from VSSegmentationLib.inference import ModelBundle

Row = Mapping[str, Any]
SIZES = (("below 0.5 cm³", 0.0, 500.0), ("0.5 to 2 cm³", 500.0, 2000.0), ("above 2 cm³", 2000.0, float("inf")))
_FELL = 0.005
_ABOUT = (
    "A robot user corrects a mask by up to six clicks. The ideal robot clicks the middle of the largest error; the "
    "sloppy one misses as readers do: a quarter of its clicks lies outside of the error, the others are off by 1.5 mm "
    "(standard deviation) in a slice and by a slice in a quarter of them, and half are not aimed at the middle. "
    "Every method is a proposal to which the same merge is applied (sign, piece, reach of 14 mm); the oracle proposes "
    "the truth and is the ceiling of that merge."
)
_SHIPS_NONE = (
    "The goal is 80 % of the oracle's gain after three clicks; until a network reaches it, none ships, and what is "
    "below says how far this one is."
)
_SCANS = "A method that was tried on fewer scans is compared with the oracle on those alone."
_HOW = (
    "Made by `python -m benchmarks.interaction --stress STRESS --data DATA --refiner FILE --rows ROWS --out "
    "docs/experiments`, with `--start errors` and `--start model` in one folder of rows. Time is that of one thread's "
    "processor."
)
_HEAD = (
    "user", "method", "scans", "Dice after 0", "1", "2", "3", "6 clicks", "gain after 3, of the oracle's",
    "clicks to 0.90, median (reached)", f"clicks after which Dice falls by {_FELL} at most",
    "clicks for nothing: median, largest mm³", "CPU s a click, median",
)  # fmt: skip


def page(rows: Sequence[Row], model: ModelBundle | None) -> str:
    """Return the document."""
    groups = [
        ("Synthetic scans of the stress set, masks with simulated errors", _of(rows, "stress", "errors")),
        ("Synthetic scans of the stress set, masks of the shipped models", _of(rows, "stress", "model")),
        ("Real development scans, masks of the shipped models", _of(rows, "real", "model")),
        ("Real development scans, masks with simulated errors", _of(rows, "real", "errors")),
    ]
    told = "No network was measured."
    if model is not None:
        told = f"The network: {model.name} {model.version}, {_steps(model)}. {_SHIPS_NONE}"
    parts = ["# Correcting a mask by clicks", _ABOUT, told]
    for title, group in groups:
        if group:
            parts += [f"## {title}: {len(group)} scans", _table(group), _sizes(group)]
    parts += [_SCANS, _HOW]
    return "\n\n".join(parts) + "\n"


def _steps(model: ModelBundle) -> str:
    return f"{model.provenance.get('steps', 'an unknown number of')} steps of training"


def _of(rows: Sequence[Row], kind: str, start: str) -> list[Row]:
    return [row for row in rows if row["name"].startswith(kind) and row["start"] == start]


def _methods(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row["ideal"]))


def _at(session: Row, clicks: int) -> float:
    """Return the Dice after so many clicks: the last one, where the robot saw nothing more to mend."""
    scores: Sequence[float] = session["dice"]
    return scores[min(clicks, len(scores) - 1)]


def _table(rows: Sequence[Row]) -> str:
    lines = [f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
    for user in ("ideal", "sloppy"):
        for name in _methods(rows):
            tried = [row for row in rows if name in row[user]]
            own, ceiling = [row[user][name] for row in tried], _gain(tried, user, "oracle")
            share = f"{100 * _gain(tried, user, name) / ceiling:.0f} %" if ceiling > 0 else ""
            scores = (f"{fmean(_at(each, count) for each in own):.3f}" for count in (0, 1, 2, 3, 6))
            lines.append(f"| {' | '.join([user, name, str(len(own)), *scores, share, *_behavior(own)])} |")
    return "\n".join(lines)


def _gain(rows: Sequence[Row], user: str, name: str) -> float:
    """Return how much Dice grows by three clicks, in the mean; 0 where nobody tried."""
    own = [row[user][name] for row in rows if name in row[user]]
    return fmean(_at(each, 3) - _at(each, 0) for each in own) if own else 0.0


def _behavior(own: Sequence[Row]) -> list[str]:
    to_goal = [next((n for n, score in enumerate(each["dice"]) if score >= 0.9), None) for each in own]
    reached = [n for n in to_goal if n is not None]
    steps = [b - a for each in own for a, b in zip(each["dice"], each["dice"][1:], strict=False)]
    nothing = [mm3 for each in own for mm3 in each["no_op_mm3"]]
    seconds = [s for each in own for s in each["cpu_s"]]
    return [
        f"{median(reached):g} ({len(reached)} of {len(own)})" if reached else f"(0 of {len(own)})",
        f"{100 * fmean(step >= -_FELL for step in steps):.0f} % of {len(steps)}" if steps else "",
        f"{median(nothing):.1f}, {max(nothing):.0f} ({len(nothing)} clicks)" if nothing else "",
        f"{median(seconds):.2f}" if seconds else "",
    ]


def _sizes(rows: Sequence[Row]) -> str:
    classes = [f"{name} ({len(_within(rows, low, high))})" for name, low, high in SIZES]
    lines = [f"| {' | '.join(['sloppy user, Dice after 0, 1, 3, 6 clicks', *classes])} |", "|" + "---|" * 4]
    for name in _methods(rows):
        cells = [name]
        for _title, low, high in SIZES:
            own = [row["sloppy"][name] for row in _within(rows, low, high) if name in row["sloppy"]]
            scores = [f"{fmean(_at(each, count) for each in own):.3f}" for count in (0, 1, 3, 6)] if own else []
            cells.append(", ".join(scores))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _within(rows: Sequence[Row], low: float, high: float) -> list[Row]:
    return [row for row in rows if low <= row["true_mm3"] < high]
