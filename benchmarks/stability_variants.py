"""Variants of a scan, listed in stability_variants.toml, and the way from what is found in one back to the scan.

Each step is applied to a scan whose axes run to superior, anterior, right. A rotation turns the head in the scanner:
the voxels are read at turned places (cubic), and the header stays that of a straight scan. A turned header moves
nothing in the image: it says that the scanner's axes lie aslant in the patient.
"""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from VSSegmentationLib import geometry
from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.geometry import Affine, AxisOrder, Triplet
from VSSegmentationLib.preprocessing import Grid, grid_of, resample, reslice, working_grid
from VSSegmentationLib.volume import Volume, crop, reorder

LIST = Path(__file__).with_suffix(".toml")
_LETTERS = "DHW"
_NOTHING = (0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is done to a scan; the steps follow each other in this order."""

    name: str
    group: str
    turned_deg: Triplet = _NOTHING
    """Of the head, about the axes to superior, anterior, right through the middle of the scan, one after the other."""
    mirrored: bool = False
    """Left and right of the patient exchanged."""
    spacing_dhw_mm: Triplet = _NOTHING
    """New voxel size; 0 keeps that of the scan."""
    cut_mm: tuple[tuple[float, float], tuple[float, float], tuple[float, float]] = ((0.0, 0.0),) * 3
    """Taken off before and behind along each axis."""
    bias_dhw: Triplet = _NOTHING
    """Share by which the signal rises from the middle to the end of each axis."""
    gamma: float = 1.0
    blur_mm: float = 0.0
    """Standard deviation in the slice."""
    noise: float = 0.0
    """Standard deviation of each channel of a complex signal, as a share of its range."""
    stored: str = "+D+H+W"
    """Order and direction of the axes of the array; the image stays in its place."""
    header_turned_deg: Triplet = _NOTHING
    """Of the scanner's axes in the patient."""


class Made(NamedTuple):
    """A variant of a scan."""

    volume: Volume
    to_scan: Affine
    """(4, 4): from a point of the variant to the same point of the scan, both RAS in mm."""


def read_variants(path: Path = LIST) -> tuple[Variant, ...]:
    """Return the variants of a list, each name once."""
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["variant"]
    variants = tuple(from_plain(Variant, each, "variant", quoting=True) for each in listed)
    if len({each.name for each in variants}) < len(variants):
        msg = f"every variant needs a name of its own; {path.name} names one twice"
        raise ValueError(msg)
    return variants


def make_variant(scan: Volume, variant: Variant) -> Made:
    """Return a variant of a scan.

    Args:
        scan: float32, axes to superior, anterior, right.
        variant: What to do to it.
    """
    volume, to_scan = _turned(scan, variant.turned_deg)
    if variant.mirrored:
        volume, to_scan = _mirrored(volume, to_scan)
    spacing = tuple(new or old for new, old in zip(variant.spacing_dhw_mm, volume.spacing_dhw_mm, strict=True))
    if spacing != volume.spacing_dhw_mm:
        volume = resample(volume, working_grid(grid_of(volume), (spacing[0], spacing[1], spacing[2])))
    volume = _cut(volume, variant.cut_mm)
    volume = volume.with_array(_other_signal(volume, variant))
    if any(variant.header_turned_deg):
        turn = _about_middle(volume, variant.header_turned_deg)
        volume, to_scan = replace(volume, dhw_to_ras=turn @ volume.dhw_to_ras), to_scan @ np.linalg.inv(turn)
    return Made(reorder(volume, _order(variant.stored)), geometry.as_affine(to_scan))


def back_on_scan(found: Volume, made: Made, scan: Grid) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return a mask that was found in a variant on the grid of the scan, and where the variant shows anything of it.

    Args:
        found: Not 0 where something was found, on the grid of the variant.
        made: The variant.
        scan: Where the mask is wanted.
    """
    moved = Volume((found.array > 0).astype(np.float32), geometry.as_affine(made.to_scan @ found.dhw_to_ras))
    back = reslice(moved, scan)
    return (back.array >= 0.5) & back.inside, back.inside


def _about_middle(volume: Volume, turned_deg: Triplet) -> NDArray[np.float64]:
    """Return the (4, 4) turn about the axes of the volume through its middle, in RAS."""
    middle = geometry.transform_points(volume.dhw_to_ras, (np.array(volume.shape) - 1) / 2)
    axes = geometry.directions(volume.dhw_to_ras).T
    turn = np.eye(4)
    for axis, degrees in zip(axes, turned_deg, strict=True):
        turn[:3, :3] = Rotation.from_rotvec(axis * np.radians(degrees)).as_matrix() @ turn[:3, :3]
    turn[:3, 3] = middle - turn[:3, :3] @ middle
    return turn


def _turned(scan: Volume, turned_deg: Triplet) -> tuple[Volume, NDArray[np.float64]]:
    if not any(turned_deg):
        return scan, np.eye(4)
    to_scan = _about_middle(scan, turned_deg)
    index = np.linalg.inv(scan.dhw_to_ras) @ to_scan @ scan.dhw_to_ras
    turned = ndimage.affine_transform(scan.array, index[:3, :3], index[:3, 3], order=3, mode="nearest")
    return scan.with_array(np.clip(turned, scan.array.min(), scan.array.max()).astype(np.float32)), to_scan


def _mirrored(volume: Volume, to_scan: NDArray[np.float64]) -> tuple[Volume, NDArray[np.float64]]:
    flip = np.eye(4)
    flip[2, 2], flip[2, 3] = -1, volume.shape[2] - 1
    mirror = volume.dhw_to_ras @ flip @ np.linalg.inv(volume.dhw_to_ras)
    return volume.with_array(np.ascontiguousarray(volume.array[..., ::-1])), to_scan @ mirror


def _cut(volume: Volume, cut_mm: tuple[tuple[float, float], ...]) -> Volume:
    steps = [
        (round(before / s), n - round(after / s))
        for (before, after), s, n in zip(cut_mm, volume.spacing_dhw_mm, volume.shape, strict=True)
    ]
    (a, b), (c, d), (e, f) = steps
    return crop(volume, (a, c, e), (b, d, f))


def _other_signal(volume: Volume, variant: Variant) -> NDArray[np.float32]:
    low, high = np.percentile(volume.array, (0.5, 99.5)).tolist()
    array = (volume.array.astype(np.float32) - low) / (high - low)
    for axis, share in enumerate(variant.bias_dhw):
        along = np.linspace(-share, share, volume.shape[axis], dtype=np.float32)
        array = array * (1 + along.reshape([-1 if i == axis else 1 for i in range(3)]))
    if variant.gamma != 1:
        array = np.sign(array) * np.abs(array) ** np.float32(variant.gamma)
    if variant.blur_mm:
        _, h, w = volume.spacing_dhw_mm
        array = ndimage.gaussian_filter(array, (0, variant.blur_mm / h, variant.blur_mm / w), mode="nearest")
    if variant.noise:
        rng = np.random.default_rng(crc32(variant.name.encode()))
        real, imaginary = (variant.noise * rng.standard_normal(array.shape, dtype=np.float32) for _ in range(2))
        array = np.hypot(array.clip(0) + real, imaginary)
    return np.asarray(array * np.float32(high - low) + np.float32(low), np.float32)


def _order(stored: str) -> AxisOrder:
    a, b, c = (_LETTERS.index(letter) for letter in stored[1::2])
    x, y, z = (sign == "-" for sign in stored[::2])
    return AxisOrder((a, b, c), (x, y, z))
