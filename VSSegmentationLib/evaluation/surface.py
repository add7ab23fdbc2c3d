"""How far the surfaces of two masks are from each other, exact on any anisotropic grid."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.evaluation.overlap import Mask, check_same_shape
from VSSegmentationLib.geometry import Triplet

Distances = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SurfaceDistances:
    """Distance of every surface voxel to the nearest surface voxel of the other mask, in mm.

    The surface is the mask without its erosion by the 6 neighbors; what lies outside the array is background.
    Missing parts: both masks empty is 0 for every measure; one empty is infinity, never NaN, so that a missed tumor
    neither drops out of a mean nor improves it, and medians stay defined.
    """

    from_prediction_mm: Distances
    """(n,) empty if the prediction is."""
    from_reference_mm: Distances
    """(m,) empty if the reference is."""

    @property
    def mean_of_directed_means_mm(self) -> float:
        """ASSD in which both directions weigh the same (medpy until 0.4)."""
        if (undefined := self._missing_part) is not None:
            return undefined
        return float((self.from_prediction_mm.mean() + self.from_reference_mm.mean()) / 2)

    @property
    def pooled_mean_mm(self) -> float:
        """ASSD over the voxels of both surfaces in one pool (MONAI, medpy from 0.5)."""
        if (undefined := self._missing_part) is not None:
            return undefined
        return float(np.concatenate((self.from_prediction_mm, self.from_reference_mm)).mean())

    def hausdorff_mm(self, percentile: float = 100.0) -> float:
        """Return the larger of the two directed percentiles; 100 is the Hausdorff distance, 95 the usual HD95.

        Percentiles between two voxels are interpolated linearly, as MONAI does.
        """
        if (undefined := self._missing_part) is not None:
            return undefined
        directed = (self.from_prediction_mm, self.from_reference_mm)
        return max(float(np.percentile(distances, percentile)) for distances in directed)

    @property
    def _missing_part(self) -> float | None:
        missing = (self.from_prediction_mm.size == 0) + (self.from_reference_mm.size == 0)
        return (None, math.inf, 0.0)[missing]


def surface_distances(prediction: Mask, reference: Mask, spacing_dhw_mm: Triplet) -> SurfaceDistances:
    """Measure the distances between the surfaces of two masks; every measure of `SurfaceDistances` comes from these.

    Args:
        prediction: (D, H, W) bool.
        reference: (D, H, W) bool.
        spacing_dhw_mm: Voxel size along D, H, W.

    Raises:
        GeometryError: If the shapes differ, are not three-dimensional, or a spacing is not above 0.
    """
    check_same_shape(prediction, reference)
    if prediction.ndim != 3:
        msg = f"surface distances need (D, H, W) masks, got shape {prediction.shape}"
        raise GeometryError(msg)
    if not all(math.isfinite(s) and s > 0 for s in spacing_dhw_mm):
        msg = f"spacing_dhw_mm must be > 0, got {spacing_dhw_mm}"
        raise GeometryError(msg)
    window = _bounding_box(prediction | reference)
    if window is None:
        return SurfaceDistances(np.zeros(0), np.zeros(0))
    surfaces = [_surface(mask[window]) for mask in (prediction, reference)]
    if not all(surface.any() for surface in surfaces):
        sizes = [int(surface.sum()) for surface in surfaces]
        return SurfaceDistances(np.full(sizes[0], math.inf), np.full(sizes[1], math.inf))
    to_prediction, to_reference = (
        ndimage.distance_transform_edt(~surface, sampling=spacing_dhw_mm) for surface in surfaces
    )
    return SurfaceDistances(to_reference[surfaces[0]], to_prediction[surfaces[1]])


def average_symmetric_surface_distance_mm(prediction: Mask, reference: Mask, spacing_dhw_mm: Triplet) -> float:
    """Return the ASSD as the mean of the two directed means; see `SurfaceDistances` for empty masks.

    Args and errors as for `surface_distances`.
    """
    return surface_distances(prediction, reference, spacing_dhw_mm).mean_of_directed_means_mm


def pooled_surface_distance_mm(prediction: Mask, reference: Mask, spacing_dhw_mm: Triplet) -> float:
    """Return the ASSD as the mean over both surfaces in one pool; see `SurfaceDistances` for empty masks.

    Args and errors as for `surface_distances`.
    """
    return surface_distances(prediction, reference, spacing_dhw_mm).pooled_mean_mm


def hausdorff95_mm(prediction: Mask, reference: Mask, spacing_dhw_mm: Triplet) -> float:
    """Return the larger of the two directed 95th percentiles; see `SurfaceDistances` for empty masks.

    Args and errors as for `surface_distances`.
    """
    return surface_distances(prediction, reference, spacing_dhw_mm).hausdorff_mm(95.0)


def _surface(mask: Mask) -> Mask:
    return mask & ~ndimage.binary_erosion(mask)  # scipy's default structure is the 6 neighbors


def _bounding_box(mask: Mask) -> tuple[slice, slice, slice] | None:
    """Return the window that holds all of a mask: no surface voxel, and no shortest way, lies outside of it."""
    windows = []
    for axis in range(3):
        filled = np.flatnonzero(mask.any(axis=tuple(i for i in range(3) if i != axis)))
        if not filled.size:
            return None
        windows.append(slice(int(filled[0]), int(filled[-1]) + 1))
    return windows[0], windows[1], windows[2]
