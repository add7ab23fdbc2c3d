"""The experiment's figure: every test case's boundary distance, by arm."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

_BLUE, _GRAY = "#0072B2", "0.75"
_SHOWN_MM = 4.0


def draw_boundaries(by_arm: Mapping[str, Sequence[float]], path: Path) -> None:
    """Write a box (median, quartiles) over the points of each arm; what is beyond 4 mm, or missing, lies on the rim.

    Args:
        by_arm: Title of each arm to its cases' distances in mm; infinite where a boundary is missing.
        path: The picture.
    """
    import matplotlib as mpl  # noqa: PLC0415 - only figures need it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axis = plt.subplots(figsize=(7.5, 0.9 + 0.36 * len(by_arm)), constrained_layout=True)
    rng = np.random.default_rng(0)
    for row, values in enumerate(by_arm.values()):
        shown = np.minimum(values, _SHOWN_MM)
        axis.plot(shown, row + rng.uniform(-0.28, 0.28, len(shown)), ".", color=_GRAY, markersize=4, zorder=1)
    axis.boxplot(
        [np.minimum(values, _SHOWN_MM) for values in by_arm.values()], positions=range(len(by_arm)), widths=0.6,
        orientation="horizontal", showfliers=False, medianprops={"color": _BLUE, "linewidth": 2},
        boxprops={"color": _BLUE}, whiskerprops={"color": _BLUE}, capprops={"color": _BLUE}, zorder=2,
    )  # fmt: skip
    axis.set_yticks(range(len(by_arm)), list(by_arm))
    axis.invert_yaxis()
    axis.set_xlim(0, _SHOWN_MM * 1.02)
    axis.set_xlabel("boundary ASSD in mm (mean of the seeds; 4 mm: that far or farther)")
    axis.grid(visible=True, axis="x", color="0.92")
    figure.savefig(path, dpi=100)
    plt.close(figure)
