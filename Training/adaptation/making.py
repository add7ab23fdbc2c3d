"""A data set of translations: scans as another kind of scan would show them, with the outlines that are there."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import nn

from Training.adaptation.config import TranslationDataConfig
from Training.adaptation.scans import SourceScan, entries_of, read_source_scan
from Training.data.manifest import MANIFEST, Entry, Manifest, read_manifest, write_manifest
from Training.pictures import Tile, most_tumor, write_sheet
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.volume import Volume

PICTURE = "translations.png"
_SHOWN = 6
OnScan = Callable[[int, int], None]
"""Told how many scans are done, of how many."""


def translate_scans(
    generator: nn.Module, data: TranslationDataConfig, out: Path, *, on_scan: OnScan = lambda _done, _all: None
) -> Path:
    """Write what a generator makes of the labeled scans as a data set, and return its manifest.

    It holds `images` and `labels` on one grid each (axes to superior, anterior, right, cropped as for training), the
    splits of the scans, and a picture. Interrupted, it goes on with the scan that is missing.

    Args:
        generator: In evaluation mode.
        data: Which scans, and how they are prepared.
        out: Made if it is not there; a whole data set in it is kept.
        on_scan: See `OnScan`.

    Raises:
        UsageError: If the manifest is not there.
        ConfigError: If it has no such scan.
        InputRefusedError: If a file is damaged.
    """
    if (out / MANIFEST).is_file():
        return out / MANIFEST
    splits = [split for split in (data.split, data.validation_split) if _has(data, split)]
    listed = [each for split in splits for each in entries_of(data.source, split, data.source_modality, labeled=True)]
    made: list[Entry] = []
    shown: list[tuple[SourceScan, Volume]] = []
    for entry in listed:
        scan = read_source_scan(entry, data.source_modality, data.crop)
        image_file, labels_file = (out / what / file_name(entry.case, data.target_modality) for what in _FOLDERS)
        if len(shown) < _SHOWN or not (image_file.is_file() and labels_file.is_file()):
            image = scan.translated(generator, data)
            write_pair(image, scan.labels, image_file, labels_file)
            shown.append((scan, image))
        made.append(replace(entry, modality=data.target_modality, image=image_file, labels=labels_file, others=()))
        on_scan(len(made), len(listed))
    _draw(shown[:_SHOWN], out / PICTURE)
    return write_manifest(Manifest(tuple(made)), out)


_FOLDERS = ("images", "labels")


def file_name(case: str, modality: str) -> str:
    """Return the name of a file for a case, whose own name may hold a slash."""
    return re.sub(r"[^\w.+-]", "_", f"{case}_{modality}") + ".nii.gz"


def write_pair(image: Volume, labels: Volume | None, image_file: Path, labels_file: Path) -> None:
    """Write an image and its labels; the labels last, so that both are there if they are.

    Raises:
        InputRefusedError: If there are no labels.
    """
    if labels is None:
        msg = "a labeled scan has no labels any more; import the collection anew"
        raise InputRefusedError(msg)
    for path, volume in ((image_file, image), (labels_file, labels)):
        write_whole(path, volume)


def write_whole(path: Path, volume: Volume) -> None:
    """Write an image so that a file of its name is a whole one, whatever interrupts; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"unfinished_{path.name}")
    write_image(unfinished, volume)
    unfinished.replace(path)


def merge_manifests(manifests: Sequence[Path], out: Path) -> Path:
    """Write one manifest of several data sets, as of translations and of scans with pseudo-labels; return it.

    Raises:
        UsageError: If two of them have the same case and modality.
    """
    entries = [entry for path in manifests for entry in read_manifest(path).entries]
    named = {(entry.case, entry.modality) for entry in entries}
    if len(named) < len(entries):
        msg = "two of the data sets have a scan of the same case and modality; rename the cases of one"
        raise UsageError(msg)
    out.mkdir(parents=True, exist_ok=True)
    return write_manifest(Manifest(tuple(entries)), out)


def _has(data: TranslationDataConfig, split: str) -> bool:
    return any(
        entry.split == split and entry.labels is not None and data.source_modality in entry.images
        for entry in read_manifest(Path(data.source)).entries
    )


def _draw(shown: Sequence[tuple[SourceScan, Volume]], path: Path) -> None:
    """Draw the slice with most tumor of some scans, above as it was, below as it was translated."""
    rows: tuple[list[Tile], list[Tile]] = ([], [])
    for scan, made in shown:
        assert scan.labels is not None, "only labeled scans are translated"
        labels = scan.labels.array
        best = most_tumor(labels)
        low, high = (float(each) for each in np.percentile(scan.image.array[best], (1, 99)))
        rows[0].append(Tile(scan.image.array[best], labels[best], "original", (low, max(high, low + 1e-6))))
        rows[1].append(Tile(made.array[best], labels[best], "translated", (-1.0, 1.0)))
    write_sheet([*rows[0], *rows[1]], path, len(shown), (2.0, 2.2))
