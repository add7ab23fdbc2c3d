"""The picture of a run: its losses and what validation measured, over steps."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from Training.running.run_folder import RunFolder, read_rows
from VSSegmentationLib.atomic import write_atomically

LOSS_COLORS = {"total": "#000000", "dice": "#0072B2", "cross_entropy": "#D55E00", "attention": "#009E73"}


def draw_curves(folder: RunFolder, losses_to_draw: Mapping[str, str] = LOSS_COLORS) -> None:
    """Draw curves.png anew from the two logs: of the step log these columns, each in its color."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    losses, validation = figure.subplots(1, 2)
    log = read_rows(folder.log)
    for name, color in losses_to_draw.items():
        _draw_smoothed(losses, log, name, color)
    losses.set(xlabel="step", ylabel="loss", title="Training (thin: each step, thick: running mean)")
    losses.set_ylim(bottom=0)
    measured = read_rows(folder.validation)
    for name in [name for name in (measured[0] if measured else {}) if name.startswith("dice")]:
        rows = [row for row in measured if row[name]]
        validation.plot(_column(rows, "step"), _column(rows, name), marker=".", label=name.replace("_", " "))
    validation.set(xlabel="step", ylabel="Dice", title="Validation", ylim=(0, 1))
    for axes in (losses, validation):
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend()
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=100)
    write_atomically(folder.curves, lambda file: file.write(image.getvalue()))


def _draw_smoothed(axes: Axes, rows: Sequence[dict[str, str]], name: str, color: str) -> None:
    if not rows:
        return
    steps, values = _column(rows, "step"), _column(rows, name)
    width = max(1, min(200, len(values) // 20))
    smooth = np.convolve(values, np.ones(width) / width, mode="valid")
    axes.plot(steps, values, color=color, linewidth=0.4, alpha=0.3)
    axes.plot(steps[width - 1 :], smooth, color=color, linewidth=1.5, label=name.replace("_", " "))


def _column(rows: Sequence[dict[str, str]], name: str) -> NDArray[np.float64]:
    return np.array([float(row[name]) for row in rows])
