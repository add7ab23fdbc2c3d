"""How well one prediction agrees with the truth, in the measures of the papers' tables."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.evaluation import average_symmetric_surface_distance_mm, dice, relative_volume_error
from VSSegmentationLib.geometry import Triplet

Scores = dict[str, float | None]


def scores(found: NDArray[np.bool_], truth: NDArray[np.bool_], spacing_dhw_mm: Triplet) -> Scores:
    """Return `dice`, `assd_mm` (None where one of the masks is empty), `rve` and `volume_cm3` of the truth.

    Args:
        found: (D, H, W).
        truth: (D, H, W), with a tumor.
        spacing_dhw_mm: Voxel size.
    """
    both = found.any() and truth.any()
    return {
        "dice": dice(found, truth),
        "assd_mm": average_symmetric_surface_distance_mm(found, truth, spacing_dhw_mm) if both else None,
        "rve": relative_volume_error(found, truth),
        "volume_cm3": float(truth.sum() * np.prod(spacing_dhw_mm) / 1000),
    }
