"""Pictures as small files, and whether two of them look the same."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLORS = 256
"""Of a palette; a picture that looks the same with them takes half of the bytes."""
PALETTE_DIFFERENCE = 6
"""Of 255: what a palette may change a pixel by and still look the same, also in a smooth shade."""
PALETTE_SHARE = 0.01
"""Of the pixels may be changed by more, up to `MOST_DIFFERENCE`: those of colors that hardly occur."""
MOST_DIFFERENCE = 16
SEEN_DIFFERENCE = 12
"""Of 255: what another version of a drawing library does to the rim of a letter is less."""
SEEN_SHARE = 0.0005


def write_small(source: Path | BinaryIO, target: Path) -> None:
    """Write a picture as PNG without transparency, with a palette where it looks the same."""
    picture = Image.open(source).convert("RGB")
    small = picture.quantize(COLORS, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
    differs = np.abs(_pixels(picture) - _pixels(small)).max(axis=2)
    close = differs.max() <= MOST_DIFFERENCE and (differs > PALETTE_DIFFERENCE).mean() <= PALETTE_SHARE
    (small if close else picture).save(target, format="PNG", optimize=True)


def look_the_same(first: Path, second: Path) -> bool:
    """Return whether nobody would see a difference between two pictures."""
    ours, theirs = _pixels(Image.open(first)), _pixels(Image.open(second))
    if ours.shape != theirs.shape:
        return False
    differs = np.abs(ours - theirs).max(axis=2) > SEEN_DIFFERENCE
    return bool(differs.mean() < SEEN_SHARE)


def _pixels(picture: Image.Image) -> NDArray[np.int16]:
    """Return (rows, columns, 3) from 0 to 255."""
    return np.asarray(picture.convert("RGB"), dtype=np.int16)
