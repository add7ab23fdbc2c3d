"""NIfTI files as bytes to change field by field, and what our reader says of them."""

import nibabel as nib
import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.files.nifti import read_nifti

VOXELS = np.arange(120, dtype=np.int16).reshape(4, 5, 6)
STRAIGHT = np.diag([1.0, 2.0, 3.0, 1.0])
DIM, TYPE, PIXDIM, VOXELS_AT, SLOPE, UNITS, CODES, OFFSET = 40, 70, 76, 108, 112, 123, 252, 268
"""Where fields lie in the header (nifti1.h)."""


def content(array=VOXELS, affine=STRAIGHT, *, qform: int = 1, sform: int = 1, kind=nib.Nifti1Image) -> bytearray:
    image = kind(array, affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, sform)
    image.set_qform(affine, qform)
    return bytearray(image.to_bytes())


def read(tmp_path, data: bytes, **options):
    path = tmp_path / "scan.nii"
    path.write_bytes(bytes(data))
    return read_nifti(path, **options)


def refusal(tmp_path, data: bytes) -> str:
    with pytest.raises(InputRefusedError) as refused:
        read(tmp_path, data)
    return str(refused.value)
