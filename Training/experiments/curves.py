"""Dice of the validation against steps, of all arms: whether a verdict rests on trainings that have leveled off."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from Training.experiments.results import ArmResults
from Training.experiments.study import ArmT
from VSSegmentationLib.atomic import write_atomically

_COLORS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_STYLES = ("-", "--", ":")


def draw_curves_of_arms(results: Mapping[str, ArmResults[ArmT]], path: Path, column: str = "dice") -> str:
    """Draw a line for each arm, the mean of its seeds, in a band from the lowest to the highest; return it as Markdown.

    Args:
        results: By arm.
        path: The picture.
        column: Of the curve.
    """
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots()
    for number, each in enumerate(results.values()):
        curves = [run["curve"] for run in each.runs.values() if run["curve"].get(column)]
        if not curves:
            continue
        steps, values = curves[0]["step"], np.array([curve[column] for curve in curves])
        color, style = _COLORS[number % len(_COLORS)], _STYLES[number // len(_COLORS) % len(_STYLES)]
        axes.plot(steps, values.mean(axis=0), style, color=color, linewidth=1.4, label=each.arm.title)
        axes.fill_between(steps, values.min(axis=0), values.max(axis=0), color=color, alpha=0.1, linewidth=0)
    axes.set(xlabel="step", ylabel="Dice of the validation", ylim=(0, 1))
    axes.grid(color="0.92")
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside right upper", fontsize=7)
    write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=80))
    return f"![Dice of the validation against steps, of every arm]({path.name})\n\n{_leveled(results, column)}"


def _leveled(results: Mapping[str, ArmResults[ArmT]], column: str) -> str:
    """Say how much the last quarter of the steps still brought."""
    gains = []
    for each in results.values():
        for run in each.runs.values():
            values = run["curve"].get(column, [])
            if len(values) >= 8:
                quarter = len(values) // 4
                gains.append(100 * (np.mean(values[-quarter:]) - np.mean(values[-2 * quarter : -quarter])))
    if not gains:
        return "Curves: too few validations to say whether they have leveled off."
    return (
        f"Mean of each arm's seeds, and the band of its lowest and highest. From the third to the last quarter of the "
        f"steps, Dice still rose by {np.mean(gains):+.1f} points in the mean of all trainings "
        f"({min(gains):+.1f} to {max(gains):+.1f})."
    )
