"""How much of two masks coincides, and how their volumes differ."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import GeometryError

Mask = NDArray[np.bool_]


def check_same_shape(prediction: NDArray[Any], reference: NDArray[Any]) -> None:
    """See that two masks lie on one grid.

    Raises:
        GeometryError: If their shapes differ.
    """
    if prediction.shape != reference.shape:
        msg = f"two masks must have one shape to be compared, got {prediction.shape} and {reference.shape}"
        raise GeometryError(msg)


def dice(prediction: Mask, reference: Mask) -> float:
    """Return 2 |A and B| / (|A| + |B|), 0 to 1.

    Both empty: 1, since both say that nothing is there. One empty: 0, so that a missed tumor counts as a miss.

    Args:
        prediction: bool, any shape.
        reference: bool, the same shape.

    Raises:
        GeometryError: If the shapes differ.
    """
    check_same_shape(prediction, reference)
    total = int(np.count_nonzero(prediction)) + int(np.count_nonzero(reference))
    return 2 * int(np.count_nonzero(prediction & reference)) / total if total else 1.0


def relative_volume_error(prediction: Mask, reference: Mask) -> float:
    """Return |V_prediction - V_reference| / V_reference; 0.1 is ten percent.

    Both empty: 0. Only the reference empty: infinity, which sorts behind every other case and leaves medians defined.

    Args:
        prediction: bool, any shape.
        reference: bool, the same shape.

    Raises:
        GeometryError: If the shapes differ.

    Source: RVE as in Wang et al., MICCAI 2019.
    """
    check_same_shape(prediction, reference)
    of_prediction, of_reference = int(np.count_nonzero(prediction)), int(np.count_nonzero(reference))
    if of_reference == 0:
        return math.inf if of_prediction else 0.0
    return abs(of_prediction - of_reference) / of_reference
