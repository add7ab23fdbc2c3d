"""Box plots over cases; the only file of the library that draws with matplotlib, imported when it is called."""

import math
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.cohort.cases import Cohort
from VSSegmentationLib.cohort.summary import failures_of, values_of
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.evaluation import METRICS, Metric
from VSSegmentationLib.label_set import Structure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANELS = ("dice", "assd", "hd95", "rve")


class _Look(NamedTuple):
    color: str
    marker: str


_LOOKS = (_Look("#0072B2", "o"), _Look("#E69F00", "D"))
"""Blue and orange of Okabe and Ito (2008), which color-blind readers tell apart; in gray, the markers differ."""
_TOP = {"dice": 1.02, "assd": math.inf, "hd95": math.inf, "rve": 200.0}
"""Where the axis ends at the latest: the RVE of a few voxels can be thousands, beside which no other is seen."""
_BOX_OPACITY = 0.35
_SPACE = 0.75
"""Share of the width of a structure that its boxes take."""
_GOLDEN = 0.618034


def check_can_draw() -> None:
    """See that box plots can be drawn, before any long computation.

    Raises:
        UsageError: If matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        msg = "box plots need matplotlib, which is not installed here: pip install matplotlib, or say --no-figures"
        raise UsageError(msg)


def draw_box_plots(paths: Sequence[Path], cohorts: Sequence[Cohort], structures: Sequence[Structure]) -> None:
    """Draw Dice, ASSD, HD95 and RVE of every structure, the methods side by side.

    A box reaches from quartile to quartile of the cases that were measured, its line is the median, its whiskers end at
    the last case within 1.5 times its height, and every case is a dot. What cannot be drawn is counted above the box,
    as +3: failures, whose distance is infinite, and an RVE above 200 %.

    Args:
        paths: Where to write the picture, in the format that each name ends with.
        cohorts: One or two methods.
        structures: From left to right.

    Raises:
        UsageError: If matplotlib is not installed.
    """
    check_can_draw()
    from matplotlib import rc_context  # noqa: PLC0415 -- only this needs matplotlib
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.patches import Patch  # noqa: PLC0415

    with rc_context({"font.size": 9, "svg.hashsalt": "vs-segmentation", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 7), layout="constrained")
        panels = figure.subplots(2, 2).flat
        metrics = [metric for metric in METRICS if metric.id in _PANELS]
        for axes, metric in zip(panels, metrics, strict=True):
            _draw_panel(axes, metric, cohorts, structures)
        if len(cohorts) > 1:
            keys = [Patch(facecolor=look.color, alpha=_BOX_OPACITY) for look in _LOOKS]
            figure.legend(keys, [cohort.method for cohort in cohorts], loc="outside lower center", ncols=2)
        for path in paths:
            # Without a date, the same cases give the same file.
            no_date = {"Date": None} if path.suffix == ".svg" else {}
            figure.savefig(path, dpi=150, metadata=no_date)


def _draw_panel(axes: "Axes", metric: Metric, cohorts: Sequence[Cohort], structures: Sequence[Structure]) -> None:
    shown = [s for s in structures if any(values_of(cohort.cases, s, metric, 0.0) for cohort in cohorts)]
    for place, structure in enumerate(shown):
        for side, cohort in enumerate(cohorts):
            x = place + (side - (len(cohorts) - 1) / 2) * _SPACE / len(cohorts)
            failed = failures_of(cohort.cases, structure, metric)
            values = values_of(cohort.cases, structure, metric, 0.0)
            measured = np.array([value for case, value in sorted(values.items()) if case not in failed])
            if metric.id == "rve":
                measured = 100 * measured
            if measured.size:
                _draw_box(axes, x, measured, _LOOKS[side], 0.8 * _SPACE / len(cohorts))
            not_drawn = len(failed) if metric.is_distance else np.count_nonzero(measured > _TOP[metric.id])
            if not_drawn:
                _write_above(axes, x, f"+{not_drawn}")
    axes.set_xticks(range(len(shown)), [s.name.replace(" ", "\n", 1) for s in shown])
    margin = 0.6 + max(0, 3 - len(shown)) / 2  # one box alone is no wider than one of three
    axes.set_xlim(-margin, max(len(shown), 1) - 1 + margin)
    axes.set_title(_title(metric), pad=14)
    axes.grid(axis="y", alpha=0.3)
    if metric.id == "dice":
        axes.set_ylim(-0.02, _TOP["dice"])
    else:
        axes.set_ylim(0, min(_TOP[metric.id], axes.get_ylim()[1]))


def _draw_box(axes: "Axes", x: float, values: NDArray[np.float64], look: "_Look", width: float) -> None:
    spread = (np.arange(values.size) * _GOLDEN % 1 - 0.5) * 0.6 * width  # even, and the same every time
    axes.scatter(x + spread, values, s=8, marker=look.marker, color=look.color, alpha=0.8, linewidths=0, zorder=1)
    axes.boxplot(
        [values],
        positions=[x],
        widths=width,
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": look.color, "alpha": _BOX_OPACITY},
        medianprops={"color": "black", "linewidth": 1.5},
        zorder=2,
    )


def _write_above(axes: "Axes", x: float, text: str) -> None:
    axes.annotate(
        text,
        (x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        fontsize=8,
    )


def _title(metric: Metric) -> str:
    unit = "%" if metric.id == "rve" else metric.unit
    return f"{metric.name} ({unit})" if unit else metric.name
