"""Whether scans of one examination show the head in the same place, as headers say and as the pictures say."""

from typing import NamedTuple

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.preprocessing.grid import grid_of, working_grid
from VSSegmentationLib.preprocessing.intensity import head_mask
from VSSegmentationLib.preprocessing.registration import RigidTransform, register_rigid
from VSSegmentationLib.preprocessing.reslicing import reslice
from VSSegmentationLib.volume import Volume

_LEVELS_MM = (4.0, 2.0)
"""Of the registration: to tell whether heads lie apart, not to lay them on each other to a tenth of a millimeter."""
_LATTICE_MM = (8.0, 8.0, 8.0)
_LEAST_MM = 2.0


class Misfit(NamedTuple):
    """How far the head of one scan lies from that of another, by mutual information."""

    shift_mm: float
    """Mean way from a point of the head to the same anatomy in the other scan."""
    angle_deg: float
    allowed_mm: float
    """What is no misfit: 2 mm, or the longest edge of a voxel where that is longer."""
    transform: RigidTransform
    """From the first scan to the other."""

    @property
    def lies_together(self) -> bool:
        """Whether the scans can be used as they lie."""
        return self.shift_mm <= self.allowed_mm

    def __str__(self) -> str:
        return f"{self.shift_mm:.1f} mm on average, turned by {self.angle_deg:.1f} degrees"


def misfit_of(first: Volume, other: Volume) -> Misfit:
    """Return how far two scans of one head lie apart.

    Args:
        first: (D, H, W), on any grid with right angles.
        other: Likewise, of any contrast.

    Raises:
        GeometryError: If they cannot be registered, so that nothing is known about it.
    """
    transform = register_rigid(first, other, levels_mm=_LEVELS_MM)
    coarse = working_grid(grid_of(first), _LATTICE_MM)
    places = np.argwhere(head_mask(reslice(first, coarse).array))
    points = geometry.transform_points(coarse.dhw_to_ras, places)
    moved = geometry.transform_points(transform.fixed_to_moving_ras, points)
    return Misfit(
        shift_mm=float(np.linalg.norm(moved - points, axis=1).mean()),
        angle_deg=transform.angle_deg,
        allowed_mm=max(_LEAST_MM, *first.spacing_dhw_mm, *other.spacing_dhw_mm),
        transform=transform,
    )


def moved_onto_first(misfit: Misfit, other: Volume) -> Volume:
    """Return the other scan with its axes turned and shifted so that its head lies on that of the first."""
    return Volume(other.array, misfit.transform.moving_to_fixed_ras @ other.dhw_to_ras, axes_assumed=other.axes_assumed)
