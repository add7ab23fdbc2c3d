"""Shapes with known measures, and the odd grids on which they have to be found again."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.geometry import AxisOrder, Triplet
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume, reorder

MEATAL_NORMAL_RAS = np.array([1.0, -1.0, 0.0]) / np.sqrt(2)
"""From the canal to the brain, in the ice-cream phantom."""


def axial_affine(spacing_dhw_mm: Triplet, origin_ras_mm: Triplet = (0.0, 0.0, 0.0)) -> NDArray[np.float64]:
    """D to superior, H to anterior, W to right: array index (d, h, w) is (k, j, i) of a diagonal grid."""
    d, h, w = spacing_dhw_mm
    affine = np.zeros((4, 4))
    affine[0, 2], affine[1, 1], affine[2, 0] = w, h, d
    affine[:3, 3] = origin_ras_mm
    affine[3, 3] = 1
    return affine


def box(size_dhw: tuple[int, int, int], margin: int = 3) -> NDArray[np.bool_]:
    return np.pad(np.ones(size_dhw, dtype=bool), margin)


def ball(diameter_mm: float, spacing_dhw_mm: Triplet, margin: int = 2) -> NDArray[np.bool_]:
    """Voxels whose centers lie at most half the diameter from the center of the central voxel."""
    return ellipsoid((diameter_mm,) * 3, spacing_dhw_mm, margin=margin)


def ellipsoid(
    axes_mm: Triplet, spacing_dhw_mm: Triplet, *, offset_mm: Triplet = (0.0, 0.0, 0.0), margin: int = 2
) -> NDArray[np.bool_]:
    """Full axes along D, H, W; `offset_mm` moves the center away from the center of the central voxel."""
    half = [
        int(np.ceil((a / 2 + abs(o)) / s)) + margin for a, o, s in zip(axes_mm, offset_mm, spacing_dhw_mm, strict=True)
    ]
    index = np.meshgrid(*[np.arange(-n, n + 1) for n in half], indexing="ij")
    parts = [((i * s - o) / (a / 2)) ** 2 for i, s, o, a in zip(index, spacing_dhw_mm, offset_mm, axes_mm, strict=True)]
    return sum(parts) <= 1 + 1e-12


def labeled(mask: NDArray[np.bool_], spacing_dhw_mm: Triplet, label: Label = Label.EXTRAMEATAL, affine=None) -> Volume:
    """A labelmap that holds one label where the mask is."""
    array = np.where(mask, np.uint8(label), np.uint8(0))
    return Volume(array, axial_affine(spacing_dhw_mm) if affine is None else affine)


def ice_cream(
    spacing_dhw_mm: Triplet, *, plane_offset_mm: float = 0.0, grid_offset_ras_mm: Triplet = (0.13, 0.07, 0.11)
) -> Volume:
    """A ball in the cistern (16 mm, center 6 mm from the porus) on a canal 5 mm wide and 9 mm deep.

    Truth: extrameatal long 16, AP 16, ML 14; plane through 0 with normal `MEATAL_NORMAL_RAS`. The shape stays where it
    is; `grid_offset_ras_mm` moves the voxels.
    """
    extent_dhw = np.array((30.0, 44.0, 44.0))
    spacing = np.array(spacing_dhw_mm)
    shape = np.ceil(extent_dhw / spacing - 1e-9).astype(int)
    origin = -shape / 2 * spacing + grid_offset_ras_mm[::-1]
    z, y, x = np.meshgrid(
        *[o + np.arange(n) * s for n, s, o in zip(shape, spacing, origin, strict=True)], indexing="ij"
    )
    points = np.stack((x, y, z), axis=-1)
    along = points @ MEATAL_NORMAL_RAS
    from_axis = np.linalg.norm(points - along[..., None] * MEATAL_NORMAL_RAS, axis=-1)
    cistern = (np.linalg.norm(points - 6 * MEATAL_NORMAL_RAS, axis=-1) <= 8) & (along > 0)
    canal = (from_axis <= 2.5) & (along >= -9) & (along <= 0)
    array = np.zeros(shape, dtype=np.uint8)
    array[(cistern | canal) & (along > plane_offset_mm)] = Label.EXTRAMEATAL
    array[(cistern | canal) & (along <= plane_offset_mm)] = Label.INTRAMEATAL
    return Volume(array, axial_affine(spacing_dhw_mm, tuple(origin[::-1].tolist())))


def sagittal(volume: Volume) -> Volume:
    """The same patient, stored as a stack along right-left."""
    return reorder(volume, AxisOrder((2, 0, 1), (True, False, False)))


def left_handed(volume: Volume) -> Volume:
    """The same patient, stored with one axis running backward."""
    return reorder(volume, AxisOrder((0, 1, 2), (False, False, True)))


def rotation_about(axis_ras: Triplet, degrees: float) -> NDArray[np.float64]:
    """(4, 4) rotation about an axis through the origin (Rodrigues)."""
    x, y, z = np.asarray(axis_ras) / np.linalg.norm(axis_ras)
    angle = np.radians(degrees)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    out = np.eye(4)
    out[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return out


def oblique(volume: Volume, degrees: float = 17.0, axis_ras: Triplet = (1.0, 0.6, 0.4)) -> Volume:
    """The same voxels in a patient who lay turned."""
    return Volume(volume.array, rotation_about(axis_ras, degrees) @ volume.dhw_to_ras)
