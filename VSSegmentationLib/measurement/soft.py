"""Volume as the sum of probabilities: finer than counting voxels, if the model's probabilities can be trusted."""

import numpy as np
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import NEIGHBORS_26
from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.measurement import reasons
from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.regions import find_pieces
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.volume import Volume

REACH_VOXELS = 2
"""Probability counts up to so many voxels outside the measured mask; what lies farther off is another thing."""


def soft_volume(
    probability: Volume,
    labelmap: Volume,
    *,
    edited: bool = False,
    label_set: LabelSet = VESTIBULAR_SCHWANNOMA_LABELS,
) -> Measurement:
    """Return `vol_soft`, the sum of tumor probabilities in and closely around the largest connected tumor.

    An extra beside `vol_total`, never a headline: it is as good as the calibration of the model.

    Args:
        probability: float (D, H, W), probability of tumor (of any part) from 0 to 1.
        labelmap: The labelmap made from it, on the same grid.
        edited: Whether a person has changed the labelmap since; only the labelmap is valid then.
        label_set: What the values of the labelmap mean.

    Raises:
        GeometryError: If both are not on one grid.
        InputRefusedError: If a probability is not within 0 to 1.
    """
    if not probability.same_grid(labelmap):
        msg = (
            f"probability and labelmap must share one grid, got shapes {probability.shape} and {labelmap.shape} or "
            "different places; bring them to the scan's grid first"
        )
        raise GeometryError(msg)
    low, high = float(np.min(probability.array)), float(np.max(probability.array))
    if not (low >= 0 and high <= 1):
        msg = f"probabilities must lie within 0 to 1, got {low} to {high}; give the output of the softmax"
        raise InputRefusedError(msg)
    found = find_pieces(labelmap, label_set)
    if found is None:
        return _soft(None, reasons.NO_TUMOR)
    if edited:
        return _soft(None, "the labelmap was edited after the probabilities were computed")
    start = [max(a - REACH_VOXELS, 0) for a in found.start_dhw]
    stop = [a + n + REACH_VOXELS for a, n in zip(found.start_dhw, found.array.shape, strict=True)]
    window = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    around = probability.array[window]
    mask = np.zeros(around.shape, dtype=bool)
    inner = tuple(slice(a - b, a - b + n) for a, b, n in zip(found.start_dhw, start, found.array.shape, strict=True))
    mask[inner] = found.array == 1
    near = ndimage.binary_dilation(mask, NEIGHBORS_26, iterations=REACH_VOXELS)
    voxel_cm3 = geometry.voxel_volume_mm3(labelmap.dhw_to_ras) / 1000
    return _soft(float(np.sum(around[near], dtype=np.float64)) * voxel_cm3, None)


def _soft(value: float | None, reason: str | None) -> Measurement:
    return Measurement(
        id="vol_soft",
        region=WHOLE,
        name="Volume from probabilities, whole tumor",
        value=value,
        unit="cm3",
        method=(
            f"sum of the model's probabilities times the volume of a voxel, up to {REACH_VOXELS} voxels around the "
            "mask; valid only if the probabilities are calibrated"
        ),
        reason=reason,
    )
