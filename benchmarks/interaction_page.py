"""The page of the interaction benchmark: ceilings first, then every method beside it."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median
from typing import Any

from benchmarks.interaction_curves import GROUPS, after_clicks
from benchmarks.interaction_rows import USERS
from Training.synthesis.strata import stress_scans
from VSSegmentationLib.inference import ModelBundle
from VSSegmentationLib.models import embedded_models

Row = Mapping[str, Any]
PICTURE = "interaction.png"
SIZES = (("below 0.5 cm³", 0.0, 500.0), ("0.5 to 2 cm³", 500.0, 2000.0), ("above 2 cm³", 2000.0, float("inf")))
_WORST = 5
FELL, _SHARE, _SELDOM, _NOTHING_MM3 = 0.005, 0.8, 0.97, 20.0
_ABOUT = (
    "A robot user corrects a mask by up to six clicks. The ideal robot clicks the middle of the largest error; the "
    "sloppy one misses as readers do: a quarter of its clicks lies outside of the error, the others are off by 1.5 mm "
    "(standard deviation) in a slice and by a slice in a quarter of them, and half are not aimed at the middle. "
    "Every method is a proposal to which the same merge is applied (sign, piece, reach of 14 mm); the oracle proposes "
    "the truth and is the ceiling of that merge. The window of 24 x 64 x 64 voxels that the network sees reaches "
    "16 to 18 mm from a click, farther than that. Scored is what lies within 26 mm of the true tumor."
)
_SCANS = (
    "A method that was tried on fewer scans is compared with the oracle on those alone. Boundary is the median of the "
    "average symmetric surface distance, volume the median of the absolute error. Time is that of one thread's "
    "processor, without the robot. `vs_gk_98` has a reference that may itself come from a model: what is told of it is "
    "reported, not aimed at."
)
_HOW = (
    "Made by `python -m benchmarks.interaction --stress STRESS --data DATA --refiner FILE --rows ROWS --out "
    "docs/experiments`; `--scans` says how many of the stress set's 400."
)
_SCORES = (
    "user", "method", "scans", "Dice after 0", "1", "2", "3", "6 clicks", "boundary after 0", "3", "6 clicks, mm",
    "volume off after 0", "3", "6 clicks, %",
)  # fmt: skip
_BEHAVIOR = (
    "user", "method", "gain after 3, of the oracle's", "clicks to 0.90, median (reached)",
    f"clicks after which Dice falls by {FELL} at most", "clicks for nothing: median, largest mm³",
    "CPU s a click, median",
)  # fmt: skip


def page(rows: Sequence[Row], model: ModelBundle | None, times: str = "") -> str:
    """Return the document, with the section that `benchmarks.interaction_times` wrote, if it did."""
    parts = ["# Correcting a mask by clicks", _ABOUT, _told_of(model), f"![Curves]({PICTURE})"]
    for (kind, start), title in GROUPS.items():
        group = [row for row in rows if row["name"].startswith(kind) and row["start"] == start]
        if not group:
            continue
        parts += [f"## {title}: {len(group)} scans", _goals(group), _table(group, _SCORES, _scores)]
        parts += [_table(group, _BEHAVIOR, _behavior), _sizes(group), _fails(group)]
        if kind == "real":
            parts.append(_each(group))
    return "\n\n".join(filter(None, [*parts, _SCANS, times.strip(), _HOW])) + "\n"


def _told_of(model: ModelBundle | None) -> str:
    if model is None:
        return "No network was measured."
    steps = model.provenance.get("steps", "an unknown number of")
    ships = any(each.card.sha256 == model.sha256 for each in embedded_models())
    told = "It ships." if ships else "It does not ship."
    return f"The network: `{model.name}` {model.version}; its last training had {steps} steps. {told}"


def sessions_of(rows: Sequence[Row], user: str, name: str) -> list[Row]:
    """Return the sessions of a robot and a method, of the scans that there are any of."""
    return [row["sessions"][user][name] for row in rows if name in row["sessions"].get(user, {})]


def _methods(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for each in row["sessions"].values() for name in each))


def _goals(rows: Sequence[Row]) -> str:
    """Return for the network which of the three goals it reaches; empty where it was not tried."""
    lines = []
    for user in USERS:
        own = sessions_of(rows, user, "network")
        share = share_of_gain(rows, user, "network")
        if not own or share is None:
            continue
        steps, nothing = steps_of(own), [mm3 for each in own for mm3 in each["no_op_mm3"]]
        seldom = fmean(step >= -FELL for step in steps) if steps else 1.0
        small = fmean(mm3 <= _NOTHING_MM3 for mm3 in nothing) if nothing else 1.0
        lines.append(
            f"- {user} robot: {100 * share:.0f} % of the oracle's gain after three clicks (goal: "
            f"{100 * _SHARE:.0f} %, {_met(share >= _SHARE)}); Dice falls by {FELL} at most in {100 * seldom:.1f} % of "
            f"clicks (goal: {100 * _SELDOM:.0f} %, {_met(seldom >= _SELDOM)}); {100 * small:.0f} % of clicks for "
            f"nothing change {_NOTHING_MM3:.0f} mm³ at most (goal: all, {_met(small == 1)})"
        )
    return "\n".join(["The network against its goals:", "", *lines]) if lines else ""


def _met(reached: bool) -> str:
    return "reached" if reached else "not reached"


def _table(rows: Sequence[Row], head: Sequence[str], cells: Callable[[Sequence[Row], str, str], Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for user in USERS:
        for name in _methods(rows):
            tried = [row for row in rows if name in row["sessions"].get(user, {})]
            if tried:
                lines.append(f"| {' | '.join([user, name, *cells(tried, user, name)])} |")
    return "\n".join(lines)


def _scores(rows: Sequence[Row], user: str, name: str) -> list[str]:
    own = sessions_of(rows, user, name)
    scores = [f"{fmean(after_clicks(each, 'dice', count) for each in own):.3f}" for count in (0, 1, 2, 3, 6)]
    told = [[after_clicks(each, "assd_mm", count) for each in own] for count in (0, 3, 6)]
    middle = [median(float("inf") if each is None else each for each in values) for values in told]
    boundary = ["none" if mm == float("inf") else f"{mm:.2f}" for mm in middle]
    true = [row["true_mm3"] for row in rows]
    off = [
        median(abs(after_clicks(each, "volume_mm3", count) / mm3 - 1) for each, mm3 in zip(own, true, strict=True))
        for count in (0, 3, 6)
    ]
    return [str(len(own)), *scores, *boundary, *(f"{100 * each:.1f}" for each in off)]


def share_of_gain(rows: Sequence[Row], user: str, name: str) -> float | None:
    """Return the gain of Dice by three clicks as a share of the oracle's on the same scans."""
    both = [row for row in rows if {name, "oracle"} <= set(row["sessions"].get(user, {}))]
    if not both:
        return None
    gains = [
        fmean(after_clicks(each, "dice", 3) - after_clicks(each, "dice", 0) for each in sessions_of(both, user, which))
        for which in (name, "oracle")
    ]
    return gains[0] / gains[1] if gains[1] > 0 else None


def steps_of(own: Sequence[Row]) -> list[float]:
    """Return by how much Dice rose with every click."""
    return [b - a for each in own for a, b in zip(each["dice"], each["dice"][1:], strict=False)]


def _behavior(rows: Sequence[Row], user: str, name: str) -> list[str]:
    own, share = sessions_of(rows, user, name), share_of_gain(rows, user, name)
    to_goal = [next((n for n, score in enumerate(each["dice"]) if score >= 0.9), None) for each in own]
    reached, steps = [n for n in to_goal if n is not None], steps_of(own)
    nothing = [mm3 for each in own for mm3 in each["no_op_mm3"]]
    seconds = [s for each in own for s in each["cpu_s"]]
    return [
        "" if share is None else f"{100 * share:.0f} %",
        f"{median(reached):g} ({len(reached)} of {len(own)})" if reached else f"(0 of {len(own)})",
        f"{100 * fmean(step >= -FELL for step in steps):.0f} % of {len(steps)}" if steps else "",
        f"{median(nothing):.1f}, {max(nothing):.0f} ({len(nothing)} clicks)" if nothing else "",
        f"{median(seconds):.2f}" if seconds else "",
    ]


def _sizes(rows: Sequence[Row]) -> str:
    classes = [[row for row in rows if low <= row["true_mm3"] < high] for _name, low, high in SIZES]
    titles = [f"{name} ({len(own)})" for (name, _low, _high), own in zip(SIZES, classes, strict=True)]
    lines = [f"| {' | '.join(['sloppy user, Dice after 0, 1, 3, 6 clicks', *titles])} |", "|" + "---|" * 4]
    for name in _methods(rows):
        tried = [sessions_of(own, "sloppy", name) for own in classes]
        cells = [", ".join(f"{fmean(after_clicks(s, 'dice', n) for s in own):.3f}" for n in (0, 1, 3, 6)) if own else ""
                 for own in tried]  # fmt: skip
        lines.append(f"| {' | '.join([name, *cells])} |")
    return "\n".join(lines)


def _fails(rows: Sequence[Row]) -> str:
    """Return where the network is farthest behind the oracle after three clicks of the sloppy robot."""
    told = []
    for row in rows:
        both = [sessions_of([row], "sloppy", name) for name in ("network", "oracle")]
        if all(both):
            own, most = (after_clicks(each[0], "dice", 3) for each in both)
            told.append((most - own, f"{_name(row)} ({own:.2f} instead of {most:.2f})"))
    worst = [text for behind, text in sorted(told, reverse=True)[:_WORST] if behind > 0]
    return f"Farthest behind the oracle after three clicks of the sloppy robot: {', '.join(worst)}." if worst else ""


def _name(row: Row) -> str:
    """Return the name of a scan, of the stress set with its stratum and size."""
    name = str(row["name"]).removeprefix("real_")
    if not name.startswith("stress_"):
        return name
    stratum = stress_scans()[int(name.removeprefix("stress_"))].stratum
    return f"{name}, {stratum}, {row['true_mm3'] / 1000:.2f} cm³"


def _each(rows: Sequence[Row]) -> str:
    """Return the real scans one by one, as far as the network was tried on them."""
    lines = ["| scan | cm³ | oracle: Dice after 0, 1, 3, 6 clicks | network |", "|---|---|---|---|"]
    for row in rows:
        own = [sessions_of([row], "sloppy", name) for name in ("oracle", "network")]
        cells = [", ".join(f"{after_clicks(s, 'dice', n):.3f}" for s in each for n in (0, 1, 3, 6)) for each in own]
        lines.append(f"| {row['name'].removeprefix('real_')} | {row['true_mm3'] / 1000:.2f} | {' | '.join(cells)} |")
    return "\n".join(lines)
