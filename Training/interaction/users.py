"""Simulated persons: where they click, or scribble, once they see a mask and know the truth."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.recipes.interaction import UserRules
from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.interaction import Interaction, Sign

Mask = NDArray[np.bool_]
LEAST_ERROR_MM3 = 5.0
"""A person does not see a smaller one."""
_BIN_MM = 1.5


class Error(NamedTuple):
    """The largest connected error of a mask."""

    piece: Mask
    """(D, H, W)."""
    sign: Sign
    """What would mend it."""


def largest_error(mask: Mask, truth: Mask, dhw_to_ras: Affine, least_mm3: float = LEAST_ERROR_MM3) -> Error | None:
    """Return the largest piece (sharing faces) of what is missing or too much; None if none is large enough."""
    best, sizes = None, [least_mm3 / geometry.voxel_volume_mm3(dhw_to_ras)]
    for sign, wrong in (("add", truth & ~mask), ("remove", mask & ~truth)):
        pieces, count = ndimage.label(wrong)
        if not count:
            continue
        voxels = np.bincount(pieces.ravel())[1:]
        if voxels.max() >= sizes[-1]:
            sizes.append(float(voxels.max()))
            best = Error(np.asarray(pieces == voxels.argmax() + 1), "add" if sign == "add" else "remove")
    return best


def next_interaction(
    mask: Mask,
    truth: Mask,
    dhw_to_ras: Affine,
    rng: np.random.Generator,
    rules: UserRules,
    *,
    scribbles: bool = False,
) -> Interaction | None:
    """Return what a person does next about the largest error; None where they see none.

    Args:
        mask: (D, H, W) as it is.
        truth: (D, H, W).
        dhw_to_ras: Where the voxels are.
        rng: Draws where exactly.
        rules: How well they aim.
        scribbles: A line along the middle of the error in the slice where it is largest, instead of a click.
    """
    error = largest_error(mask, truth, dhw_to_ras)
    if error is None:
        return None
    if scribbles:
        return _scribble(error, dhw_to_ras, rng, rules)
    return _at(error.sign, _aimed(error.piece, dhw_to_ras, rng, rules), dhw_to_ras)


def no_op(mask: Mask, truth: Mask, dhw_to_ras: Affine, rng: np.random.Generator) -> Interaction | None:
    """Return a click that asks for what is so already: more tumor well inside of it, or none well outside."""
    within = _any_click("add", mask & truth, dhw_to_ras, rng) if rng.random() < 0.5 else None
    return _any_click("remove", ~mask & ~truth, dhw_to_ras, rng) if within is None else within


def contradictory(truth: Mask, dhw_to_ras: Affine, rng: np.random.Generator) -> Interaction | None:
    """Return a click that says the opposite of the truth, near the tumor's outline as such clicks are."""
    sign: Sign = "add" if rng.random() < 0.5 else "remove"
    near = ndimage.binary_dilation(truth, iterations=4) & ~truth if sign == "add" else truth
    return _any_click(sign, near, dhw_to_ras, rng)


def _any_click(sign: Sign, where: Mask, dhw_to_ras: Affine, rng: np.random.Generator) -> Interaction | None:
    deep = where & (
        ndimage.distance_transform_edt(np.pad(where, 1), geometry.spacing_dhw_mm(dhw_to_ras))[1:-1, 1:-1, 1:-1] >= 1.0
    )
    places = np.argwhere(deep)
    return _at(sign, places[int(rng.integers(len(places)))], dhw_to_ras) if len(places) else None


def _aimed(piece: Mask, dhw_to_ras: Affine, rng: np.random.Generator, rules: UserRules) -> NDArray[np.float64]:
    """Return the array index of a click that is meant for a piece."""
    spacing = np.array(geometry.spacing_dhw_mm(dhw_to_ras))
    if rng.random() < rules.outside_share:
        around = ndimage.distance_transform_edt(~piece, spacing)
        places = np.argwhere((around > 0) & (around <= rules.outside_mm))
        return np.asarray(places[int(rng.integers(len(places)))], dtype=np.float64)
    if rng.random() < rules.middle_share:
        depth = ndimage.distance_transform_edt(np.pad(piece, 1), spacing)[1:-1, 1:-1, 1:-1]
        aim = np.array(np.unravel_index(int(depth.argmax()), piece.shape), dtype=np.float64)
    else:
        places = np.argwhere(piece)
        aim = places[int(rng.integers(len(places)))].astype(np.float64)
    aim[1:] += rng.normal(0, rules.jitter_mm, 2) / spacing[1:]
    if rng.random() < rules.slice_share:
        aim[0] += rng.choice((-1, 1))
    return np.asarray(np.clip(np.round(aim), 0, np.array(piece.shape) - 1))


def _scribble(error: Error, dhw_to_ras: Affine, rng: np.random.Generator, rules: UserRules) -> Interaction:
    """Return a line along the middle of the error, in the slice where it is largest."""
    spacing = np.array(geometry.spacing_dhw_mm(dhw_to_ras))
    slice_number = int(error.piece.sum(axis=(1, 2)).argmax())
    pixels = np.argwhere(error.piece[slice_number]) * spacing[1:]
    center = pixels.mean(axis=0)
    axis = np.linalg.svd(pixels - center, full_matrices=False)[2][0] if len(pixels) > 2 else np.array([1.0, 0.0])
    bins = np.floor((pixels - center) @ axis / _BIN_MM).astype(int)
    line = np.array([pixels[bins == number].mean(axis=0) for number in np.unique(bins)])
    if len(line) > 3:  # nobody draws to the very ends
        line = line[1:-1]
    line = line + ndimage.gaussian_filter1d(rng.normal(0, rules.jitter_mm, line.shape), 1.0, axis=0, mode="nearest")
    index = np.column_stack([np.full(len(line), slice_number), line / spacing[1:]])
    points = geometry.transform_points(dhw_to_ras, index)
    return Interaction(sign=error.sign, points_ras_mm=tuple((r, a, s) for r, a, s in points.tolist()))


def _at(sign: Sign, index: NDArray[np.float64] | NDArray[np.intp], dhw_to_ras: Affine) -> Interaction:
    r, a, s = geometry.transform_points(dhw_to_ras, index).tolist()
    return Interaction(sign=sign, points_ras_mm=((r, a, s),))
