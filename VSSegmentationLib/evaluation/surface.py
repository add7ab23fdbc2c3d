"""How far the surfaces of two masks are from each other, exact on any anisotropic grid."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from VSSegmentationLib.connected import Mask
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.evaluation.overlap import check_same_shape
from VSSegmentationLib.evaluation.window import joint_window
from VSSegmentationLib.geometry import Triplet

Distances = NDArray[np.float64]

_SPARSE = 100
"""Window voxels per surface voxel from which a search tree is faster than a distance map; both are exact."""


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
    _check(prediction, reference, spacing_dhw_mm)
    window = joint_window(prediction, reference)
    if window is None:
        return SurfaceDistances(np.zeros(0), np.zeros(0))
    return distances_between(_surface(prediction[window]), _surface(reference[window]), spacing_dhw_mm)


def distances_between(prediction: Mask, reference: Mask, spacing_dhw_mm: Triplet) -> SurfaceDistances:
    """Measure from every voxel of each mask to the nearest one of the other; no surface is taken first.

    Args:
        prediction: (D, H, W) bool: a surface or a sheet, all of whose voxels count.
        reference: (D, H, W) bool, the same shape.
        spacing_dhw_mm: Voxel size along D, H, W.

    Raises:
        GeometryError: As for `surface_distances`.
    """
    _check(prediction, reference, spacing_dhw_mm)
    sizes = [int(np.count_nonzero(mask)) for mask in (prediction, reference)]
    if not all(sizes):
        return SurfaceDistances(np.full(sizes[0], math.inf), np.full(sizes[1], math.inf))
    if prediction.size > _SPARSE * sum(sizes):
        spacing = np.array(spacing_dhw_mm)
        here, there = np.argwhere(prediction) * spacing, np.argwhere(reference) * spacing
        from_prediction_mm, from_reference_mm = KDTree(there).query(here)[0], KDTree(here).query(there)[0]
        return SurfaceDistances(np.asarray(from_prediction_mm), np.asarray(from_reference_mm))
    to_prediction, to_reference = (
        ndimage.distance_transform_edt(~mask, sampling=spacing_dhw_mm) for mask in (prediction, reference)
    )
    return SurfaceDistances(to_reference[prediction], to_prediction[reference])


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


def _check(prediction: Mask, reference: Mask, spacing_dhw_mm: Triplet) -> None:
    check_same_shape(prediction, reference)
    if prediction.ndim != 3:
        msg = f"surface distances need (D, H, W) masks, got shape {prediction.shape}"
        raise GeometryError(msg)
    if not all(math.isfinite(s) and s > 0 for s in spacing_dhw_mm):
        msg = f"spacing_dhw_mm must be > 0, got {spacing_dhw_mm}"
        raise GeometryError(msg)
