"""Small collections on disk, each in the layout of its kind, on grids that are oblique and anisotropic."""

from pathlib import Path

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.volume import Volume

SHAPE = (14, 40, 36)
AFFINE = turned_affine((12, -8, 20), (1.5, 0.6, 0.7))
AFFINE[:3, 3] = (-31.0, 12.0, -7.0)


def head(seed: int = 0, affine: np.ndarray = AFFINE) -> Volume:
    noise = np.random.default_rng(seed).normal(100, 20, SHAPE).astype(np.float32)
    noise[5:9, 12:22, 10:24] += 150
    return Volume(noise, affine)


def labels(*values: int, affine: np.ndarray = AFFINE) -> Volume:
    """A block for each value, side by side along W, 4 x 10 x 4 voxels of 0.63 mm3: 0.10 cm3 each."""
    array = np.zeros(SHAPE, np.int16)
    for place, value in enumerate(values):
        array[5:9, 12:22, 10 + 4 * place : 14 + 4 * place] = value
    return Volume(array, affine)


@pytest.fixture
def write(tmp_path: Path):
    """Write a volume below the folder `in`, with the folders it needs."""

    def writing(name: str, volume: Volume) -> Path:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, volume)
        return path

    return writing
