"""Sheets of slices with outlines, as the contact sheets of synthetic patches and of imported scans are."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS

_CAPTION_INCHES = 0.34
"""Two lines."""


class Tile(NamedTuple):
    """One slice, rows to anterior, columns to the patient's right."""

    image: NDArray[np.float32]
    labels: NDArray[np.uint8]
    """Same shape, of `Label` values."""
    caption: str = ""
    gray: tuple[float, float] = (-1.3, 3.0)
    """What is black and what is white."""


def most_tumor(labels: NDArray[np.uint8]) -> int:
    """Return the slice of (D, H, W) labels that holds most of them; the middle one where there are none."""
    return int(np.argmax((labels > 0).sum(axis=(1, 2)))) if labels.any() else labels.shape[0] // 2


def write_sheet(tiles: Iterable[Tile], path: Path, columns: int, tile_inches: tuple[float, float]) -> None:
    """Write one picture of at least one tile, in radiological view: anterior is up, the patient's right on the left."""
    import matplotlib as mpl  # noqa: PLC0415 - only this picture needs it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415 - comes with matplotlib

    shown = list(tiles)
    columns = min(columns, len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(tile_inches[0] * columns, tile_inches[1] * rows), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, tile in zip(axes.flat, shown, strict=False):
        low, high = tile.gray
        axis.imshow(tile.image[:, ::-1], cmap="gray", origin="lower", vmin=low, vmax=high)
        for entry in VESTIBULAR_SCHWANNOMA_LABELS.entries:
            mask = tile.labels[:, ::-1] == entry.value
            if mask.any():
                axis.contour(mask, [0.5], colors=[tuple(c / 255 for c in entry.color_rgb)], linewidths=1.2)
        if tile.caption:
            axis.set_title(tile.caption, fontsize=7, pad=2)
    room = _CAPTION_INCHES if any(tile.caption for tile in shown) else 0.01
    top = 1 - room / (tile_inches[1] * rows)
    figure.subplots_adjust(0.005, 0.005, 0.995, top, 0.03, 0.03 + room / tile_inches[1])
    drawn = BytesIO()
    figure.savefig(drawn, dpi=80)
    plt.close(figure)
    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette())
    Image.open(drawn).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def _palette() -> list[int]:
    """Return 256 colors, as a small file has: grays, and the outlines' colors on every gray, as soft edges are."""
    entries = VESTIBULAR_SCHWANNOMA_LABELS.entries
    grays = [[level] * 3 for level in np.linspace(0, 255, 256 - 16 * len(entries)).round().astype(int).tolist()]
    edges = [
        [round(share * c + (1 - share) * under) for c in entry.color_rgb]
        for entry in entries
        for share in (1.0, 0.75, 0.5, 0.25)
        for under in (0, 85, 170, 255)
    ]
    return [value for color in grays + edges for value in color]
