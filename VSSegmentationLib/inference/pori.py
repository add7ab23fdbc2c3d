"""On which side of the head something lies, by the two pori that a locator finds."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.inference.locate import Side
from VSSegmentationLib.inference.locating import locate_pori
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.volume import Volume

FARTHEST_MM = 30.0
"""What is farther from both pori is not told to lie on the side of one; as far as a tumor may be from its porus."""


def side_nearest(scan: Volume, points_ras_mm: NDArray[np.float64], locator: ModelBundle) -> Side | None:
    """Return the side of the porus that some points lie nearest to; None if they are far from both.

    None, too, where the scan does not show both: of one alone, a locator may say the wrong side.

    Args:
        scan: float32, as it was read.
        points_ras_mm: (n, 3), such as the voxels of a tumor.
        locator: The model that finds the pori.

    Raises:
        DeviceMemoryError: If memory runs out.
        InputRefusedError: If voxels are not finite or all equal, or the field of view is impossible.
    """
    pori = locate_pori(scan, locator).pori
    if pori.right_ras_mm is None or pori.left_ras_mm is None or pori.assumed is not None:
        return None
    right_mm, left_mm = (
        float(np.linalg.norm(points_ras_mm - np.array(center), axis=1).min())
        for center in (pori.right_ras_mm, pori.left_ras_mm)
    )
    if min(right_mm, left_mm) > FARTHEST_MM:
        return None
    return "right" if right_mm < left_mm else "left"
