"""How far the boundary between the extrameatal and the intrameatal part is from where it should be."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.connected import Mask
from VSSegmentationLib.evaluation.overlap import check_same_shape
from VSSegmentationLib.evaluation.surface import SurfaceDistances, distances_between
from VSSegmentationLib.evaluation.window import joint_window
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import Label


def boundary_sheet(labelmap: NDArray[np.uint8]) -> Mask:
    """Return the extrameatal voxels that share a face with an intrameatal one.

    One-sided, so that a boundary displaced by n voxels is n voxels away, for either side of the head; a sheet of both
    sides would lose half a voxel. Empty when a part is missing or the two do not touch.

    Args:
        labelmap: (D, H, W) uint8 of `Label` values.

    Source: the working definition of crossMoDA 2023's boundary, whose official text and code are not public; it is
        attributed to Wijethilake et al., MLCN 2022.
    """
    extrameatal, intrameatal = labelmap == Label.EXTRAMEATAL, labelmap == Label.INTRAMEATAL
    sheet = np.zeros(labelmap.shape, np.bool_)
    for axis in range(labelmap.ndim):
        low = tuple(slice(None, -1) if i == axis else slice(None) for i in range(labelmap.ndim))
        high = tuple(slice(1, None) if i == axis else slice(None) for i in range(labelmap.ndim))
        sheet[low] |= extrameatal[low] & intrameatal[high]
        sheet[high] |= extrameatal[high] & intrameatal[low]
    return sheet


def boundary_distances(
    prediction: NDArray[np.uint8], reference: NDArray[np.uint8], spacing_dhw_mm: Triplet
) -> SurfaceDistances:
    """Measure the distances between the two boundaries; all voxels of the thin sheets count as surface.

    Missing parts: as `SurfaceDistances` has them. For tables, a boundary that only the prediction or only the
    reference lacks is a failure (crossMoDA counted 350 mm in earlier years), and one that both lack is left out.

    Args:
        prediction: (D, H, W) uint8 of `Label` values.
        reference: (D, H, W) uint8, on the same grid.
        spacing_dhw_mm: Voxel size along D, H, W, above 0.

    Raises:
        GeometryError: If the shapes differ.
    """
    check_same_shape(prediction, reference)
    window = joint_window(prediction, reference)
    if window is None:
        return SurfaceDistances(np.zeros(0), np.zeros(0))
    return distances_between(boundary_sheet(prediction[window]), boundary_sheet(reference[window]), spacing_dhw_mm)
