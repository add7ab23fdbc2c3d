"""Both kinds of NIfTI header in both orders of bytes: every field is where its kind has it."""

import struct

import nibabel as nib
import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.files.nifti import read_nifti

VOXELS = np.arange(120, dtype=np.int16).reshape(4, 5, 6)
KINDS = {1: (nib.Nifti1Image, nib.Nifti1Header, "f", 108, 348), 2: (nib.Nifti2Image, nib.Nifti2Header, "q", 168, 540)}
"""Of each version: image and header of nibabel, type and place of where the voxels begin, and length."""


def written(tmp_path, version: int, order: str, *, qform: int = 1, sform: int = 1, begins_at: int | None = None):
    """A sagittal grid in micrometers, scaled by 2 and moved by 3."""
    make, header_of, number, place, _ = KINDS[version]
    affine = np.array([[0, 0, 3e3, -4e3], [1e3, 0, 0, 5e3], [0, 2e3, 0, 6e3], [0, 0, 0, 1]], float)
    header = header_of(endianness=order)
    header.set_xyzt_units("micron")
    image = make(VOXELS.astype(order + "i2"), affine, header)
    image.set_sform(affine, sform)
    image.set_qform(affine, qform)
    data = bytearray(image.to_bytes())
    struct.pack_into(order + ("2f" if version == 1 else "2d"), data, 112 if version == 1 else 176, 2.0, 3.0)
    if begins_at is not None:
        struct.pack_into(order + number, data, place, begins_at)
    path = tmp_path / "scan.nii"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("qform", "sform"), [(1, 0), (0, 1), (1, 1)])
def test_either_placement_unit_and_scale_are_read_from_both_kinds(tmp_path, version, order, qform, sform):
    loaded = read_nifti(written(tmp_path, version, order, qform=qform, sform=sform))
    expected = [[3, 0, 0, -4], [0, 0, 1, 5], [0, 2, 0, 6], [0, 0, 0, 1]]
    np.testing.assert_allclose(loaded.volume.dhw_to_ras, expected, atol=1e-5)
    assert loaded.warnings == ()
    assert np.array_equal(loaded.volume.array, 2 * VOXELS.T + 3)


@pytest.mark.parametrize("version", [1, 2])
def test_voxels_that_begin_at_0_begin_4_bytes_behind_the_header(tmp_path, version):
    loaded = read_nifti(written(tmp_path, version, "<", begins_at=0))
    assert np.array_equal(loaded.volume.array, 2 * VOXELS.T + 3)


@pytest.mark.parametrize("version", [1, 2])
def test_voxels_may_begin_right_behind_the_header_and_not_in_it(tmp_path, version):
    length = KINDS[version][-1]
    path = written(tmp_path, version, "<", begins_at=length)
    path.write_bytes(path.read_bytes()[:length] + path.read_bytes()[length + 4 :])
    assert np.array_equal(read_nifti(path).volume.array, 2 * VOXELS.T + 3)
    path = written(tmp_path, version, "<", begins_at=length - 1)
    with pytest.raises(InputRefusedError, match="does not say where the voxels begin"):
        read_nifti(path)
