"""The stored frames of a DICOM segmentation, within bounds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import UID

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.declared import MAX_SIDE, check_declared_bytes

_TYPES = {8: "u1", 16: "<u2"}


def stored_frames(dataset: Dataset) -> NDArray[Any]:
    """Return (frames, rows, columns): 0 and 1, fractions, or numbers of segments, as they are stored.

    Raises:
        InputRefusedError: If the header promises more than there is, or more than is read.
    """
    count, rows, columns = int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns)
    bits = int(dataset.BitsAllocated)
    if min(count, rows, columns) < 1 or max(rows, columns) > MAX_SIDE or bits not in (1, *_TYPES):
        msg = "The DICOM segmentation states a matrix or a depth that none has; export it again"
        raise InputRefusedError(msg)
    values = count * rows * columns
    stored = dataset.PixelData
    declared = (values + 7) // 8 if bits == 1 else values * bits // 8
    packed = UID(str(dataset.file_meta.get("TransferSyntaxUID", "1.2.840.10008.1.2"))).is_compressed
    taken = max(values, declared)  # bits become bytes
    check_declared_bytes(taken, taken, compressed=False)
    if packed:  # frame by frame, of a size that was checked
        frames: NDArray[Any] = dataset.pixel_array
        return frames.reshape(count, rows, columns)
    check_declared_bytes(declared, len(stored), compressed=False)
    if bits == 1:
        flat = np.unpackbits(np.frombuffer(stored, np.uint8), bitorder="little", count=values)
    else:
        flat = np.frombuffer(stored, np.dtype(_TYPES[bits]), count=values)
    return flat.reshape(count, rows, columns)
