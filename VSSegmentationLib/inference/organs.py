"""Organs beside the tumor, such as the cochlea: what a model says of them, put into the labelmap."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import number_pieces
from VSSegmentationLib.inference.locate import Pori, side_of
from VSSegmentationLib.inference.postprocessing import FoundVoxels
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.preprocessing import Grid


def with_organs(
    labelmap: NDArray[np.uint8], found: FoundVoxels, label_set: LabelSet, pori: Pori, scan: Grid
) -> NDArray[np.uint8]:
    """Add the organs to a labelmap of the tumor: where an organ is likelier than all else, and no tumor was found.

    Of an organ that is there once on each side, the largest piece on each side stays; where the side of a piece is not
    known, all of them do. Nothing else is asked of organs.

    Args:
        labelmap: (D, H, W) on the grid of the voxels found, not changed.
        found: What the network says.
        label_set: Which organs there are, and which of them are paired.
        pori: As far as known.
        scan: Grid of the whole scan, axes to superior, anterior, right.
    """
    whole = labelmap.copy()
    for entry in label_set.entries:
        if found.organ is None or entry.is_tumor:
            continue
        mask = (found.organ == entry.value) & (labelmap == 0)
        whole[_largest_on_each_side(mask, found.grid, pori, scan) if entry.paired else mask] = entry.value
    return whole


def _largest_on_each_side(mask: NDArray[np.bool_], grid: Grid, pori: Pori, scan: Grid) -> NDArray[np.bool_]:
    pieces, voxel_counts = number_pieces(mask)
    if not len(voxel_counts):
        return mask
    places = np.nonzero(mask)
    numbers = pieces[places] - 1
    middles = [np.bincount(numbers, along, len(voxel_counts)) / voxel_counts for along in places]
    centers = geometry.transform_points(grid.dhw_to_ras, np.stack(middles, axis=1))
    sides = [side_of((x, y, z), pori, scan) for x, y, z in centers.tolist()]
    kept = np.array([side is None for side in sides])
    for wanted in ("right", "left"):
        own = [number for number, side in enumerate(sides) if side == wanted]
        if own:
            kept[max(own, key=lambda number: int(voxel_counts[number]))] = True
    chosen = mask.copy()
    chosen[places] = kept[numbers]
    return chosen
