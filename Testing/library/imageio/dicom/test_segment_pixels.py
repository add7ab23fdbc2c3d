"""Stored frames of a DICOM segmentation: bits, bytes or words, as many as the header promises, none beyond a limit."""

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.segment_pixels import stored_frames


def segmentation(frames, rows, columns, bits, stored):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns, dataset.BitsAllocated = frames, rows, columns, bits
    dataset.PixelData = stored
    return dataset


def test_bits_are_packed_from_the_lowest_one_on_across_rows_and_frames():
    frames = stored_frames(segmentation(2, 1, 5, 1, bytes([0b00110001, 0b10])))
    assert frames.tolist() == [[[1, 0, 0, 0, 1]], [[1, 0, 0, 0, 1]]]


def test_words_have_their_lower_byte_first():
    assert stored_frames(segmentation(1, 1, 2, 16, b"\1\0\0\1")).tolist() == [[[1, 256]]]
    assert stored_frames(segmentation(1, 1, 2, 8, b"\1\7")).tolist() == [[[1, 7]]]


@pytest.mark.parametrize(
    ("columns", "bits", "needed"), [(8, 1, 1), (9, 1, 2), (72, 1, 9), (5, 8, 5), (16, 8, 16), (5, 16, 10), (9, 16, 18)]
)
def test_as_many_bytes_are_needed_as_hold_all_values(columns, bits, needed):
    assert stored_frames(segmentation(1, 1, columns, bits, bytes(needed))).shape == (1, 1, columns)
    with pytest.raises(InputRefusedError, match="is truncated: its header promises"):
        stored_frames(segmentation(1, 1, columns, bits, bytes(needed - 1)))


@pytest.mark.parametrize(("frames", "rows", "columns", "bits"), [(1, 1, 1, 8), (1, 1024, 2, 8), (1, 2, 1024, 16)])
def test_a_matrix_of_1_to_1024_a_side_is_taken(frames, rows, columns, bits):
    stored = bytes(frames * rows * columns * bits // 8)
    assert stored_frames(segmentation(frames, rows, columns, bits, stored)).shape == (frames, rows, columns)


@pytest.mark.parametrize(
    ("frames", "rows", "columns", "bits"),
    [(-1, 4, 4, 8), (1, 0, 4, 8), (1, 4, 0, 8), (1, 1025, 1, 8), (1, 1, 1025, 8), (1, 4, 4, 32), (1, 4, 4, 2)],
)
def test_another_matrix_or_depth_is_refused_alone(frames, rows, columns, bits):
    with pytest.raises(InputRefusedError, match="states a matrix or a depth that none has"):
        stored_frames(segmentation(frames, rows, columns, bits, bytes(9000)))


def test_bits_that_become_more_bytes_than_are_read_are_refused_before_they_do():
    """4097 frames of 1024 x 1024 bits are half a gigabyte, and 4 GB of bytes and a little."""
    with pytest.raises(InputRefusedError, match=r"declares 4\.0 GB of voxels"):
        stored_frames(segmentation(4097, 1024, 1024, 1, b""))


def test_no_number_of_frames_is_one_frame():
    dataset = segmentation(1, 2, 2, 8, bytes(np.arange(4, dtype=np.uint8)))
    del dataset.NumberOfFrames
    assert stored_frames(dataset).tolist() == [[[0, 1], [2, 3]]]
