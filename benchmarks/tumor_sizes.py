"""How long all measures of tumors of several sizes take, and of two at once, on a whole head; part of `peers`."""

from statistics import median

import numpy as np

from benchmarks.gemm_share import timed
from benchmarks.measurement_speed import whole_head_with_tumor
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.volume import Volume

_CM3 = (0.05, 0.5, 4.2, 20.0, 65.0)
_REPEATS = 5


def growth_with_tumor() -> list[str]:
    """Return the table."""
    rows = [(f"{cm3:g}", whole_head_with_tumor(radius_mm(cm3))) for cm3 in _CM3]
    one = rows[2][1]
    rows.append((f"two of {_CM3[2]:g}", one.with_array(np.maximum(one.array, one.array[:, :, ::-1]))))
    return [
        "## All measures, by the size of the tumor", "",
        "A ball in two parts in a labelmap of 512 x 512 x 80 voxels of 0.41 x 0.41 x 1.5 mm.", "",
        "| tumor, cm³ | CPU ms, median |", "|---|---|",
        *(f"| {name} | {_median_ms(labelmap):.0f} |" for name, labelmap in rows),
    ]  # fmt: skip


def radius_mm(cm3: float) -> float:
    """Return the radius of a ball of this volume."""
    return float(np.cbrt(cm3 * 1000 * 3 / (4 * np.pi)))


def _median_ms(labelmap: Volume) -> float:
    def run() -> np.ndarray:
        return np.array(len(measure(labelmap)))

    return median(1000 * timed(run)[1].cpu_s for _ in range(_REPEATS))
