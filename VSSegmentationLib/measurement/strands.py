"""Thin strands that leave a tumor, as where a mask runs on into a vessel: lengths are measured without them.

The mask itself is not changed, and volumes count every voxel. Only what is long and thin all along is cut off, so that
no part of a tumor is lost: a canal is about 5 mm wide, a labyrinthine or a cerebellar artery about 1 mm. What is
thicker, a vein or a fold of the tentorium, is cut off only behind a thin bridge, and if it is longer than any canal.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import NEIGHBORS_26, Mask, number_pieces
from VSSegmentationLib.geometry import Affine

CORE_RADIUS_MM = 1.0
"""The body of a tumor is where a ball of this radius fits."""
MAX_WIDTH_MM = 1.5
"""A strand is thinner than this on average; an artery of the angle is."""
MIN_LENGTH_MM = 5.0
"""Shorter ones may be a rough surface."""
MIN_SLENDERNESS = 3.0
"""A strand is so many times longer than it is wide."""
MAX_VESSEL_MM = 4.5
"""A vessel or a fold of dura behind a thin bridge is nowhere thicker; veins of the angle are 1 to 4 mm wide."""
MIN_VESSEL_LENGTH_MM, MIN_VESSEL_SLENDERNESS = 14.0, 4.0
"""It is so long, longer than a canal, and so many times longer than it is thick."""
MAX_VESSEL_SHARE = 0.75
"""Of the volume of all else: the larger piece is the tumor."""
_NEAR_MM = 1.0
"""What lies so near to the body belongs to it: rims and corners of a mask in voxels."""


class Strands(NamedTuple):
    """What lengths are measured without."""

    mask: Mask
    """(D, H, W) bool."""
    note: str
    """In words, with the reason; empty where there is none."""


def thin_strands(mask: Mask, dhw_to_ras: Affine, keep: Mask | None = None) -> Strands:
    """Find long strands thinner than 1.5 mm that leave the body of a tumor, and vessels that hang on it by one.

    A strand that touches the body at two places, or any voxel of `keep`, stays. At voxels so large that no ball of 1 mm
    radius can be told from a strand, nothing is cut off.

    Args:
        mask: (D, H, W) bool, one connected tumor.
        dhw_to_ras: Its grid; sizes are those of the voxels along the axes.
        keep: The same shape; what never belongs to a strand, such as the part in the canal.
    """
    spacing = geometry.spacing_dhw_mm(dhw_to_ras)
    padded = np.pad(mask, 1)
    core = ndimage.distance_transform_edt(padded, sampling=spacing) > CORE_RADIUS_MM
    nothing = np.zeros_like(mask)
    if not core.any():
        return Strands(nothing, "")
    from_core_mm = ndimage.distance_transform_edt(~core, sampling=spacing)[1:-1, 1:-1, 1:-1]
    beyond = mask & (from_core_mm > CORE_RADIUS_MM + _NEAR_MM)
    pieces, counts = number_pieces(beyond)
    found, lengths_mm = nothing, []
    for number in range(1, len(counts) + 1):
        piece = pieces == number
        length_mm = _strand_length_mm(piece, mask & ~beyond, spacing)
        if length_mm is None or (keep is not None and (piece & keep).any()):
            continue
        found = found | _with_its_root(piece, mask & (from_core_mm > CORE_RADIUS_MM + min(spacing)), keep, spacing)
        lengths_mm.append(length_mm)
    vessels = _vessels(mask & ~found, core[1:-1, 1:-1, 1:-1] & ~found, keep, spacing)
    return Strands(found | vessels.mask, "; ".join(filter(None, (_told(lengths_mm), vessels.note))))


def _vessels(mask: Mask, core: Mask, keep: Mask | None, spacing: geometry.Triplet) -> Strands:
    """Find what is thick enough for a core of its own, but thin and long, and hangs on the rest by a thin bridge."""
    found = np.zeros_like(mask)
    pieces, sizes = number_pieces(core)
    if len(sizes) < 2:
        return Strands(found, "")
    from_body_mm = ndimage.distance_transform_edt(pieces != int(np.argmax(sizes)) + 1, sampling=spacing)
    beyond = mask & (from_body_mm > CORE_RADIUS_MM + _NEAR_MM)
    inside_mm = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    numbers, counts = number_pieces(beyond)
    lengths_mm = []
    for number in range(1, len(counts) + 1):
        piece = numbers == number
        length_mm = _vessel_length_mm(piece, inside_mm, spacing)
        if length_mm is None or counts[number - 1] > MAX_VESSEL_SHARE * (mask.sum() - counts[number - 1]):
            continue
        if (keep is not None and (piece & keep).any()) or not _is_attached_by_a_neck(piece, mask & ~beyond, spacing):
            continue
        found = found | _with_its_root(piece, mask & (from_body_mm > CORE_RADIUS_MM + min(spacing)), keep, spacing)
        lengths_mm.append(length_mm)
    return Strands(found, _told_of_vessels(lengths_mm))


def _vessel_length_mm(piece: Mask, inside_mm: NDArray[np.float64], spacing: geometry.Triplet) -> float | None:
    """Return how long a piece is if it is nowhere thick, and long; else None."""
    thickness_mm = 2 * float(inside_mm[piece].max()) - min(spacing)  # from voxel centers, half a voxel too much each
    length_mm = _length_mm(np.argwhere(piece) * np.array(spacing), spacing)
    is_long = length_mm >= max(MIN_VESSEL_LENGTH_MM, MIN_VESSEL_SLENDERNESS * thickness_mm)
    return length_mm if thickness_mm <= MAX_VESSEL_MM and is_long else None


def _length_mm(points_mm: NDArray[np.float64], spacing: geometry.Triplet) -> float:
    """Return how far (n, 3) voxel centers reach along their long axis, and one voxel more."""
    spread = points_mm - points_mm.mean(axis=0)
    _, _, axes = np.linalg.svd(spread, full_matrices=False)
    along = spread @ axes[0]
    return float(along.max() - along.min()) + min(spacing)


def _strand_length_mm(piece: Mask, body: Mask, spacing: geometry.Triplet) -> float | None:
    """Return how long a piece is if it is long, thin, and attached at one place; else None."""
    points = np.argwhere(piece) * np.array(spacing)
    length_mm = _length_mm(points, spacing)
    # Slices thicker than a strand show it as thick as they are.
    section_mm2 = len(points) * float(np.prod(spacing)) / length_mm
    thin = section_mm2 <= MAX_WIDTH_MM * max(MAX_WIDTH_MM, *spacing)
    slender = length_mm >= max(MIN_LENGTH_MM, MIN_SLENDERNESS * float(np.sqrt(section_mm2)))
    if not (thin and slender):
        return None
    return length_mm if _is_attached_by_a_neck(piece, body, spacing) else None


def _is_attached_by_a_neck(piece: Mask, body: Mask, spacing: geometry.Triplet) -> bool:
    """Return whether a piece touches the body at one narrow place: a rim of a flat tumor does so all along."""
    touched = ndimage.binary_dilation(piece, NEIGHBORS_26) & body
    if len(number_pieces(touched).voxel_counts) != 1:
        return False
    neck = np.ptp(np.argwhere(touched), axis=0) * np.array(spacing)
    return bool(np.linalg.norm(neck) <= MAX_WIDTH_MM + max(spacing))


def _with_its_root(piece: Mask, off_body: Mask, keep: Mask | None, spacing: geometry.Triplet) -> Mask:
    """Return a strand down to the surface of the body, since its piece begins a little above that."""
    near = ndimage.distance_transform_edt(~piece, sampling=spacing) <= CORE_RADIUS_MM + _NEAR_MM
    allowed = near & off_body if keep is None else near & off_body & ~keep
    pieces, _counts = number_pieces(allowed | piece)
    return np.asarray(np.isin(pieces, np.unique(pieces[piece])))


def _told_of_vessels(lengths_mm: list[float]) -> str:
    if not lengths_mm:
        return ""
    told = " and ".join(f"{length:.0f} mm" for length in lengths_mm)
    subject = f"what is long and thin ({told} long)" + (" is" if len(lengths_mm) == 1 else " are")
    return (
        f"{subject} left out of lengths, as a vessel or dura: it hangs on the tumor by a bridge thinner than "
        f"{MAX_WIDTH_MM:g} mm; volumes count all voxels"
    )


def _told(lengths_mm: list[float]) -> str:
    if not lengths_mm:
        return ""
    told = " and ".join(f"{length:.0f} mm" for length in lengths_mm)
    subject = f"a thin strand ({told} long) is" if len(lengths_mm) == 1 else f"thin strands ({told} long) are"
    return f"{subject} left out of lengths, as of a vessel: thinner than {MAX_WIDTH_MM:g} mm; volumes count all voxels"
