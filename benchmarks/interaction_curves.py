"""The curves of the interaction benchmark: Dice and boundary after each click, by method, for both robots."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.interaction_rows import CLICKS, USERS

Sessions = Sequence[Mapping[str, Any]]
GROUPS = {
    ("stress", "errors"): "Synthetic scans, simulated errors",
    ("stress", "model"): "Synthetic scans, the models' masks",
    ("real", "errors"): "Real scans, simulated errors", ("real", "model"): "Real scans, the models' masks",
}  # fmt: skip
_STYLES = {
    "none": ("0.5", ":"), "oracle": ("k", "--"), "network": ("#0072B2", "-"), "region growing": ("#E69F00", "-"),
    "random walker": ("#009E73", "-"), "graph cut": ("#D55E00", "-"), "grow cut": ("#CC79A7", "-"),
}  # fmt: skip


def after_clicks(session: Mapping[str, Any], name: str, clicks: int) -> Any:
    """Return a score after so many clicks: the last one, where the robot saw nothing more to mend."""
    scores = session[name]
    return scores[min(clicks, len(scores) - 1)]


def common_sessions(rows: Sequence[Mapping[str, Any]], user: str) -> dict[str, Sessions]:
    """Return by method the sessions of the scans that every method of a group was tried on."""
    own = [row["sessions"].get(user, {}) for row in rows]
    names = dict.fromkeys(name for each in own for name in each)
    whole = [each for each in own if set(each) == set(names)]
    return {name: [each[name] for each in whole] for name in names} if whole else {}


def draw_curves(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the picture: a row for each group of scans, mean Dice of both robots and the sloppy one's boundary."""
    import matplotlib as mpl  # noqa: PLC0415 - only figures need it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    groups = {
        title: [row for row in rows if row["name"].startswith(kind) and row["start"] == start]
        for (kind, start), title in GROUPS.items()
    }
    groups = {title: own for title, own in groups.items() if common_sessions(own, "sloppy")}
    if not groups:
        return
    figure, axes = plt.subplots(len(groups), 3, figsize=(11, 2.9 * len(groups)), squeeze=False, layout="constrained")
    clicks = range(CLICKS + 1)
    for line, (title, own) in zip(axes, groups.items(), strict=True):
        for axis, user in zip(line, USERS, strict=False):
            for name, sessions in common_sessions(own, user).items():
                means = [fmean(after_clicks(each, "dice", n) for each in sessions) for n in clicks]
                color, style = _STYLES[name]
                axis.plot(clicks, means, style, color=color, label=name)
            axis.set_title(f"{title}: {user} robot", fontsize=9)
            axis.set_ylabel("mean Dice")
        for name, sessions in common_sessions(own, "sloppy").items():
            told = [[after_clicks(each, "assd_mm", n) for each in sessions] for n in clicks]
            middle = [median(float("inf") if each is None else each for each in values) for values in told]
            color, style = _STYLES[name]
            line[2].plot(clicks, middle, style, color=color)
        line[2].set_title("Boundary, sloppy robot", fontsize=9)
        line[2].set_ylabel("median ASSD in mm")
        for axis in line:
            axis.set_xlabel("interactions")
            axis.grid(visible=True, color="0.92")
    axes[0][0].legend(fontsize=7)
    figure.savefig(path, dpi=90)
    plt.close(figure)
