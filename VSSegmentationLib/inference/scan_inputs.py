"""The scans of one run: how many a model takes, and how they come to lie on one grid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.inference.config import PreprocessingConfig, RegionConfig
from VSSegmentationLib.inference.locate import Region, hardly_larger
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.preprocessing import (
    Box,
    Grid,
    Intensity,
    Resliced,
    crop_grid,
    filled,
    grid_of,
    head_mask,
    intensity_of,
    resample,
    reslice,
    scored_on,
    whole_intensity,
    working_grid,
    z_scored,
)
from VSSegmentationLib.volume import Volume, reorder, reorder_array, undo_reorder

_HALF, _MEAN = np.float32(0.5), np.float32(0)
_COARSE_DHW_MM = (3.0, 3.0, 3.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class ScanInputs:
    """All scans that a model is shown, in the order of its inputs."""

    names: tuple[str, ...]
    order: AxisOrder
    """What brought the axes of the first scan to superior, anterior, right."""
    first: Volume
    """The one whose grid the result lies on; axes to superior, anterior, right."""
    others: tuple[Volume, ...] = ()
    """Each on its own grid, in any order of axes."""

    @property
    def grid(self) -> Grid:
        """The grid of the first scan."""
        return grid_of(self.first)

    def empty_labelmap(self) -> NDArray[np.uint8]:
        """Return (D, H, W) of zeros on the grid of the first scan, which lie in memory in the order of the file."""
        shape = undo_reorder(self.first.array, self.order).shape
        return reorder_array(np.zeros(shape, np.uint8), self.order)

    def others_on(self, grid: Grid) -> tuple[Resliced, ...]:
        """Return the scans after the first on a grid near it.

        Raises:
            InputRefusedError: If one shows nothing of what lies there.
        """
        found = []
        for name, volume in zip(self.names[1:], self.others, strict=True):
            here = reslice(volume, grid)
            if not here.inside.any():
                msg = (
                    f"the scan '{name}' shows nothing of the part of '{self.names[0]}' that is segmented: all scans "
                    "must be of one examination and overlap"
                )
                raise InputRefusedError(msg)
            found.append(here)
        return tuple(found)


def scan_inputs(images: Sequence[Volume], segmenter: ModelBundle) -> ScanInputs:
    """Return the scans as the inputs of a model.

    Args:
        images: In the order of its inputs.
        segmenter: The model.

    Raises:
        InputRefusedError: If the model takes more or fewer.
    """
    names = check_count(segmenter, len(images))
    order = geometry.superior_anterior_right_order(images[0].dhw_to_ras)
    return ScanInputs(names=names, order=order, first=reorder(images[0], order), others=tuple(images[1:]))


def check_count(segmenter: ModelBundle, count: int) -> tuple[str, ...]:
    """Return the names of a model's inputs, of which there have to be so many.

    Raises:
        InputRefusedError: If the model takes more or fewer.
    """
    names = tuple(each.name for each in segmenter.inputs)
    if count != len(names):
        takes = "one scan" if len(names) == 1 else f"{len(names)} scans ({', '.join(names)})"
        msg = f"the model '{segmenter.name}' takes {takes}, got {count}: give one of each, in this order"
        raise InputRefusedError(msg)
    return names


class Channel(NamedTuple):
    """One channel of what a network sees."""

    intensity: Intensity
    """What its z-score was taken from."""
    slices: Callable[[int, int], NDArray[np.float32]]
    """Gives the slices from, up to, of the part: (d, H, W), z-scored; 0, the mean, where there is no scan."""


def whole_intensities(scans: ScanInputs, preprocessing: PreprocessingConfig) -> list[Intensity]:
    """Return mean and deviation of each whole scan, as the model has them: with its zeros or without.

    Raises:
        InputRefusedError: If a scan holds NaNs or infinities, or the voxels that count are equal.
    """
    nonzero = preprocessing.intensity == "nonzero"
    return [whole_intensity(volume, nonzero=nonzero) for volume in (scans.first, *scans.others)]


def channels_of(
    scans: ScanInputs,
    preprocessing: PreprocessingConfig,
    box: RegionConfig,
    region: Region,
    part: Grid,
    *,
    whole: Sequence[Intensity],
) -> tuple[Channel, ...]:
    """Return all channels, each normalized by itself.

    Args:
        scans: What is shown.
        preprocessing: Whether the z-score is that of the region or of the whole scan.
        box: Of the model; a part hardly larger is taken for a region.
        region: What was chosen.
        part: Its grid.
        whole: Mean and deviation of each whole scan.
    """
    by_scan = preprocessing.intensity != "region"
    by_part = region.box is not None or hardly_larger(part, box)
    coarse = working_grid(scans.grid, _COARSE_DHW_MM)
    first = whole[0] if by_scan else _first_intensity(scans.first, part, coarse, by_part=by_part)
    head_alone = preprocessing.intensity == "nonzero"
    first_head = filled(scans.first) if head_alone else None

    def first_slices(start: int, stop: int) -> NDArray[np.float32]:
        slab = crop_grid(part, Box((start, 0, 0), (stop, *part.shape[1:])))
        return scored_on(scans.first, slab, first, head=first_head)

    channels = [Channel(first, first_slices)]
    coarse_others = () if by_part or by_scan else scans.others_on(coarse)
    for number, here in enumerate(scans.others_on(part)):
        if by_scan:
            own = whole[number + 1]
        elif by_part:
            own = intensity_of(here.array, here.inside)
        else:
            there = coarse_others[number]
            own = intensity_of(there.array, head_mask(there.array) & there.inside)
        seen = here.inside
        if head_alone:
            seen = seen & (reslice(filled(scans.others[number]), part).array >= _HALF)
        shown = np.where(seen, z_scored(here.array, own), _MEAN)
        channels.append(Channel(own, lambda start, stop, shown=shown: shown[start:stop]))  # type: ignore[misc]
    return tuple(channels)


def _first_intensity(scan: Volume, part: Grid, coarse: Grid, *, by_part: bool) -> Intensity:
    """Return what the z-score is taken from: never the air round a head where the model was trained on regions."""
    if by_part:
        return intensity_of(resample(scan, part).array)
    array = resample(scan, coarse).array
    return intensity_of(array, head_mask(array))


def stacked(channels: Sequence[Channel]) -> Callable[[int, int], NDArray[np.float32]]:
    """Return a function that gives the slices of all channels: (C, d, H, W)."""
    return lambda start, stop: np.stack([channel.slices(start, stop) for channel in channels])
