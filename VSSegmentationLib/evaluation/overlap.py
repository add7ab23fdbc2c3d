"""How much of two masks coincides, and how their volumes differ."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.connected import Mask
from VSSegmentationLib.errors import EmptyMaskError, GeometryError


def check_same_shape(prediction: NDArray[Any], reference: NDArray[Any]) -> None:
    """See that two masks lie on one grid.

    Raises:
        GeometryError: If their shapes differ.
    """
    if prediction.shape != reference.shape:
        msg = f"two masks must have one shape to be compared, got {prediction.shape} and {reference.shape}"
        raise GeometryError(msg)


@dataclass(frozen=True)
class Confusion:
    """How many voxels two masks share and do not share; every measure of overlap comes from these four counts.

    A share of nothing has no value: the measures that would divide by an empty mask raise `EmptyMaskError`, except for
    Dice and volume error, whose answers for empty masks are agreed upon.
    """

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def dice(self) -> float:
        """2 TP / (2 TP + FP + FN); 1 if both masks are empty, 0 if one is."""
        total = 2 * self.true_positive + self.false_positive + self.false_negative
        return 2 * self.true_positive / total if total else 1.0

    @property
    def relative_volume_error(self) -> float:
        """|V_prediction - V_reference| / V_reference; 0 if both masks are empty, infinity if only the reference is."""
        of_reference = self.true_positive + self.false_negative
        difference = abs(self.false_positive - self.false_negative)
        if of_reference == 0:
            return math.inf if difference else 0.0
        return difference / of_reference

    @property
    def sensitivity(self) -> float:
        """TP / (TP + FN): the share of the reference that was found (recall)."""
        return _share(self.true_positive, self.false_negative, "sensitivity", "the reference")

    @property
    def precision(self) -> float:
        """TP / (TP + FP): the share of the prediction that is right (positive predictive value)."""
        return _share(self.true_positive, self.false_positive, "precision", "the prediction")

    @property
    def specificity(self) -> float:
        """TN / (TN + FP): the share of the background that was left alone; it grows with the field of view."""
        return _share(self.true_negative, self.false_positive, "specificity", "the background")


def confusion(prediction: Mask, reference: Mask, *, voxels_outside: int = 0) -> Confusion:
    """Count how two masks agree.

    Args:
        prediction: bool, any shape.
        reference: bool, the same shape.
        voxels_outside: Voxels of the scan that are background in both and were cropped away; true negatives, too.

    Raises:
        GeometryError: If the shapes differ.
    """
    check_same_shape(prediction, reference)
    of_prediction, of_reference = int(np.count_nonzero(prediction)), int(np.count_nonzero(reference))
    shared = int(np.count_nonzero(prediction & reference))
    return Confusion(
        true_positive=shared,
        false_positive=of_prediction - shared,
        false_negative=of_reference - shared,
        true_negative=prediction.size + voxels_outside - of_prediction - of_reference + shared,
    )


def dice(prediction: Mask, reference: Mask) -> float:
    """Return 2 |A and B| / (|A| + |B|), 0 to 1.

    Both empty: 1, since both say that nothing is there. One empty: 0, so that a missed tumor counts as a miss.

    Args:
        prediction: bool, any shape.
        reference: bool, the same shape.

    Raises:
        GeometryError: If the shapes differ.
    """
    return confusion(prediction, reference).dice


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
    return confusion(prediction, reference).relative_volume_error


def _share(part: int, rest: int, measure: str, whole: str) -> float:
    if part + rest == 0:
        msg = f"{measure} is a share of {whole}, which holds no voxel here; leave this case out and count it"
        raise EmptyMaskError(msg)
    return part / (part + rest)
