"""How far the boundary between two parts is from where it should be."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.connected import Mask
from VSSegmentationLib.evaluation.overlap import check_same_shape
from VSSegmentationLib.evaluation.surface import SurfaceDistances, distances_between
from VSSegmentationLib.evaluation.window import joint_window
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import PART_BORDER

Border = tuple[int, int]
"""The values of the two parts; see `Structure.border`."""


def boundary_sheet(labelmap: NDArray[np.uint8], border: Border = PART_BORDER) -> Mask:
    """Return the voxels of one part that share a face with another part.

    One-sided, so that a boundary displaced by n voxels is n voxels away, for either side of the head; a sheet of both
    sides would lose half a voxel. Empty when a part is missing or the two do not touch.

    Args:
        labelmap: (D, H, W) uint8 of label values.
        border: Value of the part whose voxels are returned, and of the other one.

    Source: the working definition of crossMoDA 2023's boundary, whose official text and code are not public; it is
        attributed to Wijethilake et al., MLCN 2022.
    """
    first, second = labelmap == border[0], labelmap == border[1]
    sheet = np.zeros(labelmap.shape, np.bool_)
    for axis in range(labelmap.ndim):
        low = tuple(slice(None, -1) if i == axis else slice(None) for i in range(labelmap.ndim))
        high = tuple(slice(1, None) if i == axis else slice(None) for i in range(labelmap.ndim))
        sheet[low] |= first[low] & second[high]
        sheet[high] |= first[high] & second[low]
    return sheet


def boundary_distances(
    prediction: NDArray[np.uint8],
    reference: NDArray[np.uint8],
    spacing_dhw_mm: Triplet,
    border: Border = PART_BORDER,
) -> SurfaceDistances:
    """Measure the distances between the two boundaries; all voxels of the thin sheets count as surface.

    Missing parts: as `SurfaceDistances` has them. For tables, a boundary that only the prediction or only the
    reference lacks is a failure (crossMoDA counted 350 mm in earlier years), and one that both lack is left out.

    Args:
        prediction: (D, H, W) uint8 of label values.
        reference: (D, H, W) uint8, on the same grid.
        spacing_dhw_mm: Voxel size along D, H, W, above 0.
        border: Values of the two parts.

    Raises:
        GeometryError: If the shapes differ.
    """
    check_same_shape(prediction, reference)
    window = joint_window(prediction, reference)
    if window is None:
        return SurfaceDistances(np.zeros(0), np.zeros(0))
    first, second = boundary_sheet(prediction[window], border), boundary_sheet(reference[window], border)
    return distances_between(first, second, spacing_dhw_mm)
