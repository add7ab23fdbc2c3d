"""What an interaction may change: predictable by construction, whatever a network proposes.

"Add" never removes and "remove" never adds; only the piece of the proposed change that holds the interaction counts;
nothing farther from it than a stated reach changes; what a person has fixed before stays.

Source: the piece that holds the click, Chen et al., FocalClick, CVPR 2022, arXiv:2204.02574 (progressive merge); there
without a reach, and with both signs at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.interaction.clicks import Interaction, near_any, points_of, squared_distance_mm2

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class MergeRules:
    """How far an interaction goes."""

    reach_mm: float = 14.0
    """Nothing farther than this from the interaction changes."""
    near_mm: float = 4.0
    """Up to here a change may be as thin as it likes."""
    thin_mm: float = 1.0
    """Beyond `near_mm`, only what is more than about twice as thick counts: otherwise a proposal that draws the whole
    outline a little wider would change the far side of the tumor, round which its thin shell runs."""
    touch_mm: float = 2.0
    """A person misses by so much: where no piece holds the interaction, the nearest one within this is meant."""
    held_mm: float = 1.0
    """So far round an earlier interaction voxels that obey it stay as they are."""

    def __post_init__(self) -> None:
        for name in ("reach_mm", "near_mm", "thin_mm", "touch_mm", "held_mm"):
            if not 0 <= getattr(self, name) < np.inf:
                msg = f"{name} must be a number of mm of at least 0, got {getattr(self, name)}"
                raise ConfigError(msg)


def merged(
    mask: Mask,
    proposal: Mask,
    interaction: Interaction,
    dhw_to_ras: Affine,
    rules: MergeRules,
    *,
    fixed: Mask | None = None,
    barred: Mask | None = None,
) -> Mask:
    """Return the mask after one interaction.

    The voxels under the interaction obey it always, also against a fixed one: it is the last word of the person. Where
    nothing is proposed there, they are all that changes.

    Args:
        mask: (D, H, W) bool, the tumor as it is.
        proposal: (D, H, W) bool, the tumor as a network would have it now.
        interaction: What a person said.
        dhw_to_ras: Where the voxels are.
        rules: How far it goes.
        fixed: (D, H, W) True where a voxel stays what it is: earlier interactions, voxels painted by hand.
        barred: (D, H, W) True where no tumor may be, whatever is said: organs.

    Returns:
        (D, H, W) bool; equal to `mask` beyond the reach.
    """
    adds, shape = interaction.adds, _shape(mask)
    step_mm = min(geometry.spacing_dhw_mm(dhw_to_ras))
    square = squared_distance_mm2(shape, dhw_to_ras, points_of([interaction], step_mm))
    change = (proposal == adds) & _open_to_change(mask, square, rules, adds=adds, fixed=fixed, barred=barred)
    change &= _thick(change, geometry.spacing_dhw_mm(dhw_to_ras), rules.thin_mm) | (square <= rules.near_mm**2)
    under = np.zeros(shape, np.bool_)
    under[tuple(interaction.voxels(shape, dhw_to_ras).T)] = True
    change = _held_piece(change, under, square, rules.touch_mm)
    if not adds:
        return np.asarray(mask & ~change & ~under)
    return np.asarray(mask | change | (under if barred is None else under & ~barred))


def changeable(
    mask: Mask,
    interaction: Interaction,
    dhw_to_ras: Affine,
    rules: MergeRules,
    *,
    fixed: Mask | None = None,
    barred: Mask | None = None,
) -> Mask:
    """Return (D, H, W) True where `merged` may change a mask, whatever is proposed; arguments as there."""
    step_mm = min(geometry.spacing_dhw_mm(dhw_to_ras))
    square = squared_distance_mm2(_shape(mask), dhw_to_ras, points_of([interaction], step_mm))
    return _open_to_change(mask, square, rules, adds=interaction.adds, fixed=fixed, barred=barred)


def held_by_earlier(mask: Mask, earlier: Sequence[Interaction], dhw_to_ras: Affine, rules: MergeRules) -> Mask:
    """Return (D, H, W) True near earlier interactions, where the mask obeys them."""
    shape = _shape(mask)
    added = near_any((each for each in earlier if each.adds), shape, dhw_to_ras, rules.held_mm)
    removed = near_any((each for each in earlier if not each.adds), shape, dhw_to_ras, rules.held_mm)
    return np.asarray((added & mask) | (removed & ~mask))


def _open_to_change(
    mask: Mask, square: NDArray[np.float32], rules: MergeRules, *, adds: bool, fixed: Mask | None, barred: Mask | None
) -> Mask:
    """Return where a change has the right sign, is within reach (of the squared distance in mm) and is not held."""
    change = (mask != adds) & (square <= rules.reach_mm**2)
    if fixed is not None:
        change &= ~fixed
    if adds and barred is not None:
        change &= ~barred
    return np.asarray(change)


def _held_piece(change: Mask, under: Mask, square: NDArray[np.float32], touch_mm: float) -> Mask:
    """Return the pieces (sharing faces) that hold the interaction, else the one nearest to it that it may mean."""
    pieces, count = ndimage.label(change)
    if not count:
        return change
    held = np.unique(pieces[under & change])
    if not len(held):
        nearest = int(np.argmin(np.where(change, square, np.inf)))
        if square.ravel()[nearest] > touch_mm**2:
            return np.zeros_like(change)
        held = pieces.ravel()[nearest : nearest + 1]
    return np.asarray(np.isin(pieces, held))


def _thick(change: Mask, spacing_dhw_mm: Sequence[float], thin_mm: float) -> Mask:
    """Return what is left of a change once all that is thin is taken away: an opening by a ball, in mm."""
    if thin_mm == 0 or not change.any():
        return change
    padded = np.pad(change, 1)  # beyond the border nothing changes
    core = ndimage.distance_transform_edt(padded, spacing_dhw_mm) >= thin_mm
    if not core.any():
        return np.zeros_like(change)
    slack = float(np.linalg.norm(spacing_dhw_mm)) / 2  # the corners of voxels are no thin things
    opened = ndimage.distance_transform_edt(~core, spacing_dhw_mm) < thin_mm + slack
    return np.asarray(opened[1:-1, 1:-1, 1:-1] & change)


def _shape(array: Mask) -> Shape:
    d, h, w = array.shape
    return d, h, w
