"""A head made of blocks, whose poruses can be worked out by hand, and what is drawn from it."""

from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform
from numpy.typing import NDArray

from Training.synthesis import Anatomy, AnatomyConfig, Head, draw_anatomy, read_head
from Training.synthesis.pool import write_pool

STEM_DHW = (45, 38, 55)
RIGHT_PORUS, LEFT_PORUS = (41, 40, 73), (37, 40, 33)
"""6 mm below the ridges at D = 47 and 43; 2 mm before the brainstem's center; where bone begins, 18 and 22 mm out."""

SMALL = AnatomyConfig(size_dhw_mm=(44, 56, 84), tumor_share=1.0)


def block_head() -> NDArray[np.int32]:
    """(D, H, W) at 1 mm to superior, anterior, right; the right petrous bone is higher and nearer than the left."""
    labels = np.zeros((90, 80, 110), np.int32)
    labels[2:88, 2:78, 2:108] = 24
    labels[25:66, 30:47, 47:64] = 16
    labels[25:60, 8:28, 25:55] = 8
    labels[25:60, 8:28, 55:86] = 47
    labels[68:86, 10:70, 10:100] = 42
    labels[20:48, 34:59, 73:106] = 515
    labels[20:44, 34:59, 5:34] = 515
    return labels


def write_head(path: Path, labels: NDArray[np.int32], axes: str = "RAS", voxel_mm: float = 1.0) -> Path:
    """Write (superior, anterior, right) labels as NIfTI whose axes grow to where the three letters say."""
    affine = np.diag([voxel_mm, voxel_mm, voxel_mm, 1.0])
    image = nibabel.Nifti1Image(labels.transpose(2, 1, 0).astype(np.int16), affine)
    turned = image.as_reoriented(ornt_transform(io_orientation(affine), axcodes2ornt(axes)))
    nibabel.save(turned, path)
    return path


@pytest.fixture(scope="session")
def head_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_head(tmp_path_factory.mktemp("heads") / "blocks.nii.gz", block_head())


@pytest.fixture(scope="session")
def head(head_file: Path) -> Head:
    return read_head(head_file)


@pytest.fixture(scope="session")
def anatomies(head: Head) -> tuple[Anatomy, ...]:
    return tuple(draw_anatomy(np.random.default_rng([7, n]), head, SMALL) for n in range(6))


@pytest.fixture(scope="session")
def pool(head_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    write_pool([head_file], folder, 3, 5, config=SMALL)
    return folder
