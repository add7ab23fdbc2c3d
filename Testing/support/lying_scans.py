"""Scans that lie in every way a scan may: zeros, and balls in them."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from VSSegmentationLib import geometry
from VSSegmentationLib.volume import Volume

CENTER_RAS_MM = (4.0, -7.0, 12.0)

GRIDS: dict[str, tuple[str, tuple[float, float, float], tuple[float, float, float]]] = {
    "axial": ("SAR", (1.5, 0.7, 0.7), (0.0, 0.0, 0.0)),
    "as DICOM stores it": ("SPL", (1.5, 0.7, 0.7), (0.0, 0.0, 0.0)),
    "oblique": ("SPL", (1.2, 0.8, 0.8), (17.0, -12.0, 8.0)),
    "left-handed": ("SPR", (1.5, 0.7, 0.7), (5.0, 10.0, -20.0)),
    "sagittal": ("RPI", (1.2, 0.9, 0.9), (-8.0, 4.0, 6.0)),
    "coronal": ("AIL", (2.0, 0.8, 0.8), (3.0, -7.0, 5.0)),
    "isotropic": ("LPS", (1.0, 1.0, 1.0), (25.0, 20.0, 15.0)),
}
"""Ways a scan may lie: where D, H, W grow to, voxel size along them in mm, rotation about R, A, S in degrees."""

_TOWARD = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}


def empty_scan(grid: str, extents_mm: Sequence[float] = (60.0, 60.0, 60.0), spacing: Sequence[float] = ()) -> Volume:
    """Zeros on one of `GRIDS`, its box centered at `CENTER_RAS_MM`, at least `extents_mm` along D, H, W."""
    letters, usual, degrees = GRIDS[grid]
    steps = np.array(spacing or usual)
    rotation = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    directions = rotation @ np.array([_TOWARD[letter] for letter in letters]).T
    shape = np.ceil(np.array(extents_mm) / steps).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = directions * steps
    affine[:3, 3] = np.array(CENTER_RAS_MM) - affine[:3, :3] @ ((shape - 1) / 2)
    return Volume(np.zeros(shape, np.float32), affine)


def with_ball(scan: Volume, center_ras_mm: Sequence[float], radius_mm: float, brightness: float) -> Volume:
    """Add a ball whose rim is one millimeter soft, so that its half-brightness surface has the radius."""
    index = np.indices(scan.shape).reshape(3, -1).T
    points = geometry.transform_points(scan.dhw_to_ras, index)
    distance = np.linalg.norm(points - np.array(center_ras_mm), axis=1).reshape(scan.shape)
    ball = brightness * np.clip(radius_mm - distance + 0.5, 0, 1)
    return scan.with_array((scan.array + ball).astype(np.float32))
