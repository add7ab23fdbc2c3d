"""Packed slice by slice: the bytes of packing all at once, without a second copy of the voxels."""

import gzip
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

from VSSegmentationLib.imageio.files.packing import gzipped, planes_of, zlib_packed
from VSSegmentationLib.imageio.files.writing import write_segmentation
from VSSegmentationLib.imageio.suspicions import intensity_warnings
from VSSegmentationLib.volume import Volume


def test_parts_are_packed_as_the_whole_would_be_and_unpack_to_it():
    array = np.random.default_rng(1).integers(0, 3, (7, 30, 40)).astype(np.int16)[::-1, :, ::2]
    packed = b"".join(gzipped(planes_of(array)))
    assert packed[4:8] == bytes(4)  # no time stamp
    assert gzip.decompress(packed) == array.tobytes()
    assert zlib.decompress(zlib_packed(planes_of(array))) == array.tobytes()


def peak_bytes(action):
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["a.nii.gz", "a.seg.nrrd", "a.nii"])
def test_a_labelmap_is_written_without_a_copy_of_it(tmp_path: Path, name: str):
    array = np.zeros((64, 256, 256), np.uint8)
    array[30:34, 100:110, 100:110] = 1
    volume = Volume(array[:, ::-1], np.diag([1.0, 1.0, 2.0, 1.0])[[2, 1, 0, 3]])
    assert peak_bytes(lambda: write_segmentation(tmp_path / name, volume)) < array.nbytes / 2


def test_intensities_are_looked_at_without_a_mask_of_the_scan():
    array = np.random.default_rng(1).normal(100, 20, (256, 128, 128)).astype(np.float32)
    assert peak_bytes(lambda: intensity_warnings(array)) < array.nbytes / 3
