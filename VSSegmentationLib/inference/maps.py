"""What a network said of each voxel and where it looked: kept when asked for, and brought onto the scan's own grid."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import PROBABILITY_MAP, attention_map
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.preprocessing import Box, Slab
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume, undo_reorder


@dataclass(frozen=True, kw_only=True, eq=False)
class Maps:
    """The tumor's probability and the attention maps of one run, two bytes a voxel of what was looked at.

    Whole volumes are made when they are asked for, anew each time: 4 bytes a voxel of the scan.
    """

    grid: Volume
    """Any volume on the grid of the scan: where the maps come back to."""
    order: AxisOrder
    """What brought its axes to superior, anterior, right."""
    box: Box
    """What was looked at, in that order of axes; elsewhere every map is 0, since the network said nothing."""
    tumor_probability: NDArray[np.float16]
    """(D, H, W) of the box."""
    attention_levels: NDArray[np.float16]
    """(L, D, H, W) of the box, the finest level first; L is 0 where the network has none."""
    no_attention: str
    """Why there are no attention maps, as a sentence; empty where there are."""

    __repr__ = short_repr

    @property
    def probability(self) -> Volume:
        """The network's output for "tumor", float32 from 0 to 1, all classes of the tumor added up.

        It is what the segmentation was cut from, before a tumor was chosen and its holes were filled. It is not
        calibrated: 0.9 does not mean that nine of ten such voxels are tumor.
        """
        return self._whole(self.tumor_probability)

    @property
    def attention(self) -> tuple[Volume, ...]:
        """Where the network looked, float32 from 0 to 1, level by level, the finest first.

        Each map weighs the features of its level (Wang et al. 2019, doi:10.1007/978-3-030-32245-8_30). A voxel of a
        coarser level fills the block of working voxels that it stands for.

        Raises:
            UsageError: If the network has no attention maps, with the reason.
        """
        if self.no_attention:
            raise UsageError(self.no_attention)
        return tuple(self._whole(level) for level in self.attention_levels)

    @property
    def names(self) -> tuple[str, ...]:
        """What the maps are called, and their files: `probability`, then `attention_1`, the finest, and so on."""
        return (PROBABILITY_MAP, *(attention_map(n) for n in range(1, len(self.attention_levels) + 1)))

    def named(self) -> Iterator[tuple[str, Volume]]:
        """Yield every map with its name, one after the other, so that one at a time is in memory."""
        for name, part in zip(self.names, (self.tumor_probability, *self.attention_levels), strict=True):
            yield name, self._whole(part)

    def _whole(self, part: NDArray[np.float16]) -> Volume:
        shape = tuple(self.grid.shape[axis] for axis in self.order.permutation)
        whole = np.zeros(shape, np.float32)
        whole[tuple(slice(a, b) for a, b in zip(self.box.start, self.box.stop, strict=True))] = part
        return self.grid.with_array(np.ascontiguousarray(undo_reorder(whole, self.order)))


class AttentionKeeper:
    """Takes the attention maps out of a stream of slices."""

    def __init__(self, shape: tuple[int, ...], classes: int, levels: int) -> None:
        self._classes = classes
        self.levels: NDArray[np.float16] = np.zeros((levels, *shape), np.float16)
        """(L, D, H, W), filled once the stream has passed."""

    def passing(self, slabs: Iterator[Slab]) -> Iterator[Slab]:
        """Keep what comes after the class probabilities, and hand these on."""
        for slab in slabs:
            self.levels[:, slab.start] = slab.array[self._classes :, 0]
            yield Slab(slab.start, slab.array[: self._classes])


def facts_of(maps: Maps | None) -> dict[str, Any]:
    """Return plain data for the provenance: which maps were kept and what they are; nothing where none were."""
    if maps is None:
        return {}
    told = {
        "probability": "softmax output of the network, summed over the classes of the tumor; not calibrated",
        "attention_levels": len(maps.attention_levels),
        "no_attention": maps.no_attention or None,
        "outside_of_what_was_looked_at": 0,
    }
    return {"maps": told}
