"""A picture of every case of a manifest, to see what no rule finds: a mask on the wrong side, another kind of image."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from Training.data.manifest import Entry
from Training.pictures import Tile, most_tumor, write_sheet
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.volume import Volume, reorder

_AROUND_MM = 80.0
"""Width and height of what is shown: both canals would need 120, and the outline of a small tumor would be lost."""


def write_check_sheets(
    entries: Sequence[Entry],
    out: Path,
    *,
    per_sheet: int = 48,
    columns: int = 8,
    on_progress: Callable[[int], None] = lambda _count: None,
    on_image: Callable[[Entry, Volume], None] = lambda _entry, _image: None,
) -> list[Path]:
    """Write one picture for every `per_sheet` images, each in the slice that holds most of its labels.

    Args:
        entries: Of a manifest.
        out: A .png; from the second sheet on `_2`, `_3` ... is added to its name.
        per_sheet: Tiles of one picture.
        columns: Tiles of one row.
        on_progress: Told how many images are drawn.
        on_image: Shown each image as it was read, so that nobody reads it twice.

    Raises:
        InputRefusedError: If an image or its labels are damaged.
    """
    pages = [entries[first : first + per_sheet] for first in range(0, len(entries), per_sheet)]
    written = []
    done = 0

    def tiles(page: Sequence[Entry]) -> Iterator[Tile]:
        nonlocal done
        for entry in page:
            image = read_volume(entry.image)
            on_image(entry, image)
            yield _tile(entry, image)
            done += 1
            on_progress(done)

    for number, page in enumerate(pages, start=1):
        path = out if number == 1 else out.with_name(f"{out.stem}_{number}{out.suffix}")
        write_sheet(tiles(page), path, columns, (1.9, 2.1))
        written.append(path)
    return written


def _tile(entry: Entry, image: Volume) -> Tile:
    order = geometry.superior_anterior_right_order(image.dhw_to_ras)
    image = reorder(image, order)
    labels = np.zeros(image.shape, np.uint8)
    if entry.labels is not None:
        labels = reorder(read_volume(entry.labels), order).array.astype(np.uint8)
    best = most_tumor(labels)
    spacing = image.spacing_dhw_mm
    rows, columns = (_around(labels[best].any(axis=1 - axis), spacing[1 + axis]) for axis in (0, 1))
    shown = image.array[best, rows, columns]
    low, high = np.percentile(shown, (1, 99.5)).tolist()
    volume = float(np.count_nonzero(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)) * np.prod(spacing)) / 1000
    told = "no labels" if entry.labels is None else f"{volume:.2f} cm³" if entry.label_set == "VS" else "BraTS"
    return Tile(shown, labels[best, rows, columns], f"{entry.case} {entry.modality}\n{told}", (low, max(high, low + 1)))


def _around(used: np.ndarray, spacing_mm: float) -> slice:
    """Return the part of an axis round what is used, as wide as a tile shows; all of a smaller one."""
    count, wanted = len(used), round(_AROUND_MM / spacing_mm)
    middle = int(np.flatnonzero(used).mean()) if used.any() else count // 2
    start = int(np.clip(middle - wanted // 2, 0, max(0, count - wanted)))
    return slice(start, min(count, start + wanted))
