"""Scans of manifests as a translator takes them, and back into their place in the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from Training.adaptation.config import TranslationDataConfig
from Training.adaptation.slabs import consistent_volume
from Training.adaptation.slices import UnpairedSlices, central_box, slices_to_unit_range, squared, unsquared
from Training.data.manifest import Entry, read_manifest
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ConfigError, InputRefusedError
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.volume import Volume, crop, reorder


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceScan:
    """One scan, axes to superior, anterior, right, cropped to what is translated."""

    entry: Entry
    image: Volume
    """float32, as it was read."""
    labels: Volume | None
    """uint8 on the same grid."""

    def slices(self, size: int) -> NDArray[np.float32]:
        """Return (D, size, size) of -1 to 1."""
        return squared(slices_to_unit_range(self.image.array), size)

    def label_slices(self, size: int) -> NDArray[np.uint8]:
        """Return the labels (D, size, size) of the slices, each voxel that of the nearest; zeros without labels."""
        depth, height, width = self.image.shape
        if self.labels is None:
            return np.zeros((depth, size, size), np.uint8)
        side = max(height, width)
        rows, columns = (
            np.floor((np.arange(size) + 0.5) * side / size).astype(int) - (side - n) // 2 for n in (height, width)
        )
        inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
        near = self.labels.array[:, np.clip(rows, 0, height - 1)][:, :, np.clip(columns, 0, width - 1)]
        return np.where(inside, near, 0).astype(np.uint8)

    def translated(self, generator: nn.Module, data: TranslationDataConfig) -> Volume:
        """Return what a generator in evaluation mode makes of the scan, on its own grid, -1 to 1."""
        made = consistent_volume(generator, self.slices(data.size), slab=data.slab)
        return self.image.with_array(unsquared(made, *self.image.shape[1:]))


def read_source_scan(entry: Entry, modality: str, share: tuple[float, float]) -> SourceScan:
    """Read a scan of a manifest with its labels, if there are any.

    Raises:
        InputRefusedError: If a file is damaged.
    """
    try:
        image = read_volume(entry.images[modality])
        given = None if entry.labels is None else read_volume(entry.labels)
    except InputRefusedError as error:
        msg = f"an image or its labels in the manifest cannot be used ({error}); import the collection anew"
        raise InputRefusedError(msg) from error
    order = geometry.superior_anterior_right_order(image.dhw_to_ras)
    image = reorder(image, order)
    box = central_box(image.shape, share)
    labels = None
    if given is not None:
        labels = crop(reorder(given.with_array(given.array.astype(np.uint8)), order), *box)
    return SourceScan(entry=entry, image=crop(image, *box), labels=labels)


def entries_of(manifest: str, split: str, modality: str, *, labeled: bool) -> tuple[Entry, ...]:
    """Return the scans of one kind in a split.

    Raises:
        UsageError: If there is no such manifest or split.
        ConfigError: If the split has no such scan.
    """
    listed = read_manifest(Path(manifest)).of_split(split)
    found = tuple(entry for entry in listed if modality in entry.images and (entry.labels is not None or not labeled))
    if not found:
        have = ", ".join(sorted({name for entry in listed for name in entry.images}))
        kind = f"labeled {modality}" if labeled else modality
        msg = f"the split {split!r} of the manifest has no {kind} scan; it has {have}"
        raise ConfigError(msg)
    if any(entry.label_set != "VS" for entry in found):
        msg = "scans of schwannomas are translated, and the manifest has labels of BraTS"
        raise ConfigError(msg)
    return found


def slices_of(data: TranslationDataConfig, seed: int, depth: int = 1) -> UnpairedSlices:
    """Return the slices of both kinds that a translator trains on; only those of the labeled scans show labels.

    They come in slabs of `depth` neighbors.

    Raises:
        UsageError: If a manifest or its split is not there.
        ConfigError: If one has no scan of its kind.
        InputRefusedError: If a file is damaged.
    """
    sources = entries_of(data.source, data.split, data.source_modality, labeled=True)
    targets = entries_of(data.target, data.split, data.target_modality, labeled=False)
    scans = [read_source_scan(entry, data.source_modality, data.crop) for entry in sources]
    wanted = (read_source_scan(entry, data.target_modality, data.crop) for entry in targets)
    return UnpairedSlices(
        [scan.slices(data.size) for scan in scans],
        [scan.slices(data.size) for scan in wanted],
        [scan.label_slices(data.size) for scan in scans],
        seed=seed,
        depth=depth,
    )


def validation_scans(data: TranslationDataConfig) -> Sequence[SourceScan]:
    """Return the labeled scans whose translations are measured.

    Raises:
        As `slices_of`.
    """
    found = entries_of(data.source, data.validation_split, data.source_modality, labeled=True)[: data.measured_scans]
    return [read_source_scan(entry, data.source_modality, data.crop) for entry in found]
