"""The planes in which axial measures are taken, with the regions that are measured in them."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import Mask
from VSSegmentationLib.geometry import Affine, Triplet
from VSSegmentationLib.measurement import axial
from VSSegmentationLib.measurement.definitions import WHOLE, Line
from VSSegmentationLib.measurement.extremes import true_indices
from VSSegmentationLib.measurement.regions import Tumor
from VSSegmentationLib.volume import Volume


class Region(NamedTuple):
    """The tumor or one of its parts, or why there is none."""

    mask: Mask
    missing: str | None
    """Why the mask is empty; None where it is not."""
    note: str = ""
    """What was left out of it, and why; empty where nothing was."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """The planes in which axial measures are taken."""

    slices_to_ras: Affine
    """Takes (slice, row, column) to RAS in mm."""
    axis: int | None
    """Axis of the labelmap's array that counts the slices; None when the mask was resliced."""
    first_slice: int
    """Index in the labelmap of the first slice."""
    tilt_deg: float
    """Of the scan, from axial."""
    note: str
    """In words: which planes these are."""
    regions: dict[str, Region]
    """Masks are (slices, rows, columns)."""
    centers: dict[str, NDArray[np.float64]] | None = None
    """Of a resliced mask: the (n, 3) centers in RAS mm of the voxels that it was made from, by region."""
    voxel_mm3: float = 0.0
    """Of those voxels."""

    @cached_property
    def pixel_vectors_mm(self) -> NDArray[np.float64]:
        """(2, 3) steps in space from one row, and from one column, to the next."""
        return self.slices_to_ras[:3, 1:3].T

    @cached_property
    def normal_ras(self) -> NDArray[np.float64]:
        """(3,) unit vector at a right angle to the slices, toward the next one."""
        normal = np.cross(self.slices_to_ras[:3, 1], self.slices_to_ras[:3, 2])
        normal *= np.sign(normal @ self.slices_to_ras[:3, 0])
        return np.asarray(normal / np.linalg.norm(normal))

    @property
    def slice_distance_mm(self) -> float:
        """From one slice to the next, at a right angle to them."""
        return float(self.normal_ras @ self.slices_to_ras[:3, 0])

    def line(self, slice_index: int, end_points: NDArray[np.float64]) -> Line:
        """Return where (2, 2) rows and columns of a slice of this stack lie in the patient and in the labelmap."""
        points = np.insert(end_points, 0, slice_index, axis=1)
        ends = triplets(geometry.transform_points(self.slices_to_ras, points))
        return Line(ends, self.axis, None if self.axis is None else slice_index + self.first_slice)


def stack_of(tumor: Tumor, regions: dict[str, Region], scan_to_ras: Affine) -> Stack:
    """Return the planes in which axial measures of a tumor are taken.

    Args:
        tumor: As `find_tumor` returns it.
        regions: By name, `WHOLE` among them; masks are (D, H, W) on the grid of `tumor.labelmap`.
        scan_to_ras: `dhw_to_ras` of the whole labelmap.
    """
    axis: int | None = geometry.axial_axis(scan_to_ras)
    own = regions
    to_ras, slice_axis = tumor.labelmap.dhw_to_ras, geometry.axial_axis(scan_to_ras)
    if axial.is_too_tilted(scan_to_ras):
        resliced = {
            name: axial.reslice_mask(tumor.labelmap.with_array(region.mask), scan_to_ras)
            for name, region in regions.items()
        }
        regions = {name: _resliced(resliced[name], region) for name, region in regions.items()}
        to_ras, slice_axis, axis = resliced[WHOLE].dhw_to_ras, 0, None
    is_resliced = axis is None
    order = [slice_axis, *(i for i in range(3) if i != slice_axis), 3]
    return Stack(
        slices_to_ras=to_ras[:, order],
        axis=axis,
        first_slice=0 if axis is None else tumor.start_dhw[axis],
        tilt_deg=geometry.tilt_from_axial_deg(scan_to_ras),
        note=axial.describe_planes(scan_to_ras),
        regions={n: r._replace(mask=np.moveaxis(r.mask, slice_axis, 0)) for n, r in regions.items()},
        centers=_centers(own, tumor.labelmap.dhw_to_ras) if is_resliced else None,
        voxel_mm3=geometry.voxel_volume_mm3(scan_to_ras),
    )


def triplets(points: NDArray[np.float64]) -> tuple[Triplet, Triplet]:
    """Return (2, 3) points as plain numbers."""
    first, second = points.tolist()
    return (first[0], first[1], first[2]), (second[0], second[1], second[2])


def _centers(regions: dict[str, Region], dhw_to_ras: Affine) -> dict[str, NDArray[np.float64]]:
    return {n: geometry.transform_points(dhw_to_ras, true_indices(region.mask)) for n, region in regions.items()}


def _resliced(mask: Volume, region: Region) -> Region:
    missing = region.missing or (None if mask.array.any() else "too small to be resliced to axial planes")
    return Region(mask.array, missing, region.note)
