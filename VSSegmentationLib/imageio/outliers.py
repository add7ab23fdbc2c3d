"""Single voxels whose value has nothing to do with the scan: a turned bit makes 1e20 of a hundred.

Mean and deviation, by which networks see a scan, follow such a voxel wherever it goes; all tissue then looks alike.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_TIMES = 20.0
"""Of the spread from the 0.1st to the 99.9th percentile: the brightest vessel of a real scan stays within 3."""
_MOST_SHARE = 1e-4
_LOOKED_AT = 2_000_000


class Tamed(NamedTuple):
    """A scan without such voxels, and the sentence that names them."""

    array: NDArray[np.float32]
    warning: str


def without_outliers(array: NDArray[np.float32]) -> Tamed | None:
    """Return a scan whose few voxels out of all proportion have the highest or lowest usual value; None without any.

    Args:
        array: (D, H, W), finite.
    """
    some = array.ravel()[:: max(1, array.size // _LOOKED_AT)]
    low, high = (float(each) for each in np.percentile(some, (0.1, 99.9)))
    reach = _TIMES * (high - low)
    if high <= low or (float(array.max()) <= high + reach and float(array.min()) >= low - reach):
        return None
    outside = (array > high + reach) | (array < low - reach)
    count = int(np.count_nonzero(outside))
    if count > max(1.0, _MOST_SHARE * array.size):
        return None
    first = np.argwhere(outside)[0].tolist()
    d, h, w = first
    rest = "" if count == 1 else f" and {count - 1} more like it"
    warning = (
        f"The scan has a voxel of the value {float(array[d, h, w]):.3g} (column {w}, row {h}, slice {d}, counted "
        f"from 0){rest}, where nearly all lie between {low:.4g} and {high:.4g}: it was taken for the nearer of these."
    )
    return Tamed(np.where(outside, np.clip(array, low, high), array), warning)
