"""The smallest box that holds what two masks hold: whole heads are compared at the price of a tumor."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Window = tuple[slice, slice, slice]


def joint_window(first: NDArray[Any], second: NDArray[Any]) -> Window | None:
    """Return the box round everything that is not 0 in either array, or None if all is 0.

    No surface voxel, and no shortest way between two of them, lies outside of it.

    Args:
        first: (D, H, W) bool or integers.
        second: (D, H, W), the same shape.
    """
    boxes = [box for box in (_window(first), _window(second)) if box is not None]
    if not boxes:
        return None
    d, h, w = (slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes)) for axis in range(3))
    return d, h, w


def _window(array: NDArray[Any]) -> Window | None:
    # The slices first: what follows then looks only at those few that hold something.
    d = _range(_any_along(array, (1, 2)))
    if d is None:
        return None
    seen_along_d = _any_along(array[d], (0,))  # (H, W)
    h, w = _range(_any_along(seen_along_d, (1,))), _range(_any_along(seen_along_d, (0,)))
    assert h is not None  # what lies in a slice lies in a row
    assert w is not None  # and in a column
    return d, h, w


def _any_along(array: NDArray[Any], axes: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.asarray(np.any(array, axis=axes), np.bool_)


def _range(filled: NDArray[np.bool_]) -> slice | None:
    where = np.flatnonzero(filled)
    return slice(int(where[0]), int(where[-1]) + 1) if where.size else None
