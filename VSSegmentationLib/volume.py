"""A scan or labelmap as one frozen value: voxels and where they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import Affine, AxisOrder, Shape, Triplet


@dataclass(frozen=True, eq=False)
class Volume:
    """A 3D array with its place in the patient.

    The array is never permuted at reading: its axes are those of the file or of the stack of slices.
    """

    array: NDArray[Any]
    """(D, H, W); read-only. float32 for images, uint8 for labelmaps."""
    dhw_to_ras: Affine
    """(4, 4) float64: array index (d, h, w, 1) to RAS in mm; index (0, 0, 0) is the center of the first voxel."""

    def __post_init__(self) -> None:
        if self.array.ndim != 3:
            msg = f"a volume must have three dimensions, got shape {self.array.shape}"
            raise GeometryError(msg)
        view = self.array.view()
        view.setflags(write=False)
        object.__setattr__(self, "array", view)
        object.__setattr__(self, "dhw_to_ras", geometry.as_affine(self.dhw_to_ras))

    @property
    def shape(self) -> Shape:
        """Number of voxels along D, H, W."""
        d, h, w = self.array.shape
        return d, h, w

    @property
    def spacing_dhw_mm(self) -> Triplet:
        """Distance between neighboring voxel centers along D, H, W in mm."""
        return geometry.spacing_dhw_mm(self.dhw_to_ras)

    def with_array(self, array: NDArray[Any]) -> "Volume":
        """Return other voxels on this grid.

        Raises:
            GeometryError: If the shapes differ.
        """
        if array.shape != self.array.shape:
            msg = f"an array on this grid must have shape {self.array.shape}, got {array.shape}"
            raise GeometryError(msg)
        return Volume(array, self.dhw_to_ras)

    def same_grid(self, other: "Volume", tolerance_mm: float = 1e-3) -> bool:
        """Return whether both have the same shape and every voxel center lies within `tolerance_mm` of its fellow."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape], indexing="ij")).reshape(3, -1).T
        apart = geometry.transform_points(self.dhw_to_ras, corners) - geometry.transform_points(
            other.dhw_to_ras, corners
        )
        return bool(np.abs(apart).max() <= tolerance_mm)


def crop(volume: Volume, start_dhw: Shape, stop_dhw: Shape) -> Volume:
    """Return the voxels from `start_dhw` up to, not including, `stop_dhw`, in the place where they were.

    Raises:
        GeometryError: If the box is empty or leaves the volume.
    """
    inside = all(0 <= a < b <= n for a, b, n in zip(start_dhw, stop_dhw, volume.shape, strict=True))
    if not inside:
        msg = f"a crop must lie inside {volume.shape} and not be empty, got {start_dhw} to {stop_dhw}"
        raise GeometryError(msg)
    window = tuple(slice(a, b) for a, b in zip(start_dhw, stop_dhw, strict=True))
    affine = volume.dhw_to_ras.copy()
    affine[:3, 3] = geometry.transform_points(volume.dhw_to_ras, np.array(start_dhw))
    return Volume(volume.array[window], affine)


def reorder(volume: Volume, order: AxisOrder) -> Volume:
    """Return the same voxels with axes permuted and flipped; nothing is interpolated and no voxel moves in space."""
    array = np.transpose(volume.array, order.permutation)
    array = array[tuple(slice(None, None, -1 if flip else 1) for flip in order.flipped)]
    return Volume(array, geometry.reordered_affine(volume.dhw_to_ras, volume.shape, order))


def undo_reorder(array: NDArray[Any], order: AxisOrder) -> NDArray[Any]:
    """Return an array of a reordered grid in the axis order of the original one, exactly."""
    array = array[tuple(slice(None, None, -1 if flip else 1) for flip in order.flipped)]
    return np.transpose(array, tuple(int(i) for i in np.argsort(order.permutation)))
