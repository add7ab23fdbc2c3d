"""Which tumors were found: counted one by one, however well each was outlined."""

from dataclasses import dataclass

import numpy as np

from VSSegmentationLib.connected import Mask, number_pieces
from VSSegmentationLib.evaluation.overlap import check_same_shape


@dataclass(frozen=True)
class LesionCounts:
    """How many lesions were found, missed and invented."""

    found: int
    """Lesions of the reference that share at least one voxel with the prediction."""
    missed: int
    """Lesions of the reference that share none."""
    invented: int
    """Lesions of the prediction that share no voxel with the reference."""


def lesion_counts(prediction: Mask, reference: Mask) -> LesionCounts:
    """Count lesions, which are components of voxels that touch by face, edge or corner.

    One prediction that covers two lesions finds both; two predictions in one lesion find one.

    Args:
        prediction: (D, H, W) bool.
        reference: (D, H, W) bool, the same shape.

    Raises:
        GeometryError: If the shapes differ.
    """
    check_same_shape(prediction, reference)
    found, missed = _touched_and_untouched(reference, prediction)
    _, invented = _touched_and_untouched(prediction, reference)
    return LesionCounts(found=found, missed=missed, invented=invented)


def _touched_and_untouched(lesions: Mask, other: Mask) -> tuple[int, int]:
    numbers, voxel_counts = number_pieces(lesions)
    touched = int(np.unique(numbers[lesions & other]).size)
    return touched, len(voxel_counts) - touched
