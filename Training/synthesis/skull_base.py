"""The bone in front of and medial to the ears as scans show it: marrow, fat and muscle in streaks, not one black block.

Label maps of heads know one bone. Clivus, sphenoid and petrous apex are full of marrow between thin dark walls, and
fat, muscle and veins lie close under them; dense and black is the bone round canal and labyrinth alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.noise import smooth_field
from Training.synthesis.tissues import Tissue

_HOLLOW = (Tissue.CANAL_FLUID, Tissue.LABYRINTH, Tissue.COCHLEA, Tissue.MODIOLUS, Tissue.OTIC_CAPSULE,
           Tissue.INTRAMEATAL_TUMOR, Tissue.INTRAMEATAL_CYST)  # fmt: skip
_COARSE = 2
"""Distances are taken on every other voxel: streaks begin a millimeter here or there."""


@dataclass(frozen=True, kw_only=True)
class SkullBase:
    """What bone away from the ears turns into in one scan."""

    clear_mm: float
    """So far from canal and labyrinth bone stays dense."""
    bone_share: float
    """Of what lies beyond, what stays dense bone."""
    marrow_share: float
    """Of the rest, what is marrow; what remains is fat here and muscle there."""
    along_mm: float
    """Length of the streaks."""
    across_mm: float
    slope: float
    """Rows that a streak moves aside for each column: clivus and petrous ridge run aslant."""


def draw_skull_base(rng: np.random.Generator) -> SkullBase:
    """Draw the skull base of one scan."""
    u = rng.uniform
    return SkullBase(
        clear_mm=u(3.0, 9.0), bone_share=u(0.15, 0.6), marrow_share=u(0.3, 0.9), along_mm=u(6.0, 18.0),
        across_mm=u(1.2, 4.0), slope=u(-1.5, 1.5),
    )  # fmt: skip


def with_skull_base(
    rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, drawn: SkullBase
) -> NDArray[np.uint8]:
    """Return a tissue map whose bone away from the ears is streaked; all other tissues stay as they are.

    Args:
        rng: Draws where the streaks lie.
        tissues: (D, H, W) `Tissue` values.
        spacing_mm: Voxel size, isotropic.
        drawn: The look.
    """
    coarse = loose_bone(tissues[::_COARSE, ::_COARSE, ::_COARSE], [_COARSE * spacing_mm] * 3, drawn.clear_mm)
    for axis, n in enumerate(tissues.shape):
        coarse = np.repeat(coarse, _COARSE, axis).take(range(n), axis)
    loose = coarse & (tissues == Tissue.BONE)
    if not loose.any():
        return tissues
    depth, height, width = tissues.shape
    moved = np.round(drawn.slope * np.arange(width)).astype(int)
    moved -= moved.min()
    waves = [each / spacing_mm for each in (drawn.across_mm * 2, drawn.across_mm, drawn.along_mm)]
    field = smooth_field(rng, (depth, height + int(moved.max()), width), waves)
    streaks = np.take_along_axis(field, (np.arange(height)[:, None] + moved)[None], axis=1)
    kind = smooth_field(rng, tissues.shape, drawn.along_mm / spacing_mm) > 0
    result = tissues.copy()
    least_marrow, least_soft = _limits(drawn)
    result[loose & (streaks > least_marrow)] = Tissue.MARROW
    soft = loose & (streaks > least_soft)
    result[soft & kind] = Tissue.FAT
    result[soft & ~kind] = Tissue.MUSCLE
    return result


def loose_bone(tissues: NDArray[np.uint8], spacing_dhw_mm: Sequence[float], clear_mm: float) -> NDArray[np.bool_]:
    """Return the bone that lies so far from canal, labyrinth and their capsule, or farther."""
    hollow, bone = np.isin(tissues, _HOLLOW), tissues == Tissue.BONE
    if hollow.any():
        bone &= ndimage.distance_transform_edt(~hollow, spacing_dhw_mm) >= clear_mm
    return np.asarray(bone)


def expected_tissues(counts: NDArray[np.float64], loose: float, drawn: SkullBase) -> NDArray[np.float64]:
    """Return the shares of all tissues once a share `loose` of the region, bone so far, is streaked."""
    result, streaked = counts.copy(), loose * (1 - drawn.bone_share)
    result[Tissue.BONE] -= streaked
    result[Tissue.MARROW] += streaked * drawn.marrow_share
    for tissue in (Tissue.FAT, Tissue.MUSCLE):
        result[tissue] += streaked * (1 - drawn.marrow_share) / 2
    return result


def _limits(drawn: SkullBase) -> tuple[float, float]:
    """Return from where on the field, of unit variance and about normal, is marrow, and from where on fat or muscle."""
    soft = (1 - drawn.bone_share) * (1 - drawn.marrow_share)
    normal = NormalDist()
    return normal.inv_cdf(drawn.bone_share), normal.inv_cdf(1 - soft)
