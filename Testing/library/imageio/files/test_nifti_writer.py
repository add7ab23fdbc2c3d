"""What is written is NIfTI as nibabel reads it, byte by byte where the format says which."""

import struct

import nibabel as nib
import numpy as np
import pytest
import scipy.linalg

from Testing.support.grids import turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.frames import ijk_to_ras
from VSSegmentationLib.imageio.files.nifti_writer import write_nifti
from VSSegmentationLib.volume import Volume


def volume(dtype="i2", affine=None) -> Volume:
    array = np.arange(120).reshape(4, 5, 6).astype(dtype)
    return Volume(array, geometry.as_affine(turned_affine() if affine is None else affine))


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8", "i1", "u2", "u4", "i8", "u8"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_nibabel_reads_every_number_type_with_its_place(tmp_path, dtype, order, name):
    written = volume(order + dtype)
    write_nifti(tmp_path / name, written)
    image = nib.load(tmp_path / name)
    assert image.get_data_dtype() == np.dtype(dtype)
    assert np.array_equal(np.asarray(image.dataobj).T, written.array)
    for place, code in (image.get_sform(coded=True), image.get_qform(coded=True)):
        np.testing.assert_allclose(place, ijk_to_ras(written.dhw_to_ras), atol=1e-4)
        assert code == 1
    assert image.header.get_xyzt_units()[0] == "mm"
    assert np.array_equal(image.header["pixdim"][4:], np.zeros(4))
    assert image.header["bitpix"] == 8 * np.dtype(dtype).itemsize
    assert (image.dataobj.slope, image.dataobj.inter) == (1, 0)


def test_a_file_without_words_has_352_bytes_before_its_voxels_and_no_extension(tmp_path):
    write_nifti(tmp_path / "a.nii", volume())
    data = (tmp_path / "a.nii").read_bytes()
    assert len(data) == 352 + 240
    assert struct.unpack_from("<f", data, 108) == (352.0,)
    assert struct.unpack_from("<2f", data, 112) == (1.0, 0.0)  # slope and intercept
    assert struct.unpack_from("<2h", data, 70) == (4, 16)  # int16, and its bits
    assert data[344:352] == b"n+1\0\0\0\0\0"


@pytest.mark.parametrize(("length", "size"), [(1, 16), (8, 16), (9, 32), (24, 32), (25, 48)])
def test_words_are_an_extension_in_steps_of_16_bytes(tmp_path, length, size):
    """nifti1.h: the size of an extension is a multiple of 16 and counts its own 8 bytes of head."""
    words = b"w" * length
    write_nifti(tmp_path / "a.nii", volume(), words)
    data = (tmp_path / "a.nii").read_bytes()
    assert struct.unpack_from("<2i", data, 352) == (size, 6)
    assert struct.unpack_from("<f", data, 108) == (352.0 + size,)
    (extension,) = nib.load(tmp_path / "a.nii").header.extensions
    assert extension.get_code() == 6
    assert bytes(extension.get_content()).rstrip(b"\0") == words


def sheared(degrees: float) -> np.ndarray:
    affine = np.diag([1.0, 1.0, 2.0, 1.0])[:, [2, 1, 0, 3]]
    affine[0, 0] = 2.0 * np.tan(np.radians(degrees))
    return affine


@pytest.mark.parametrize(("degrees", "code"), [(0.0005, 1), (0.0015, 0)])
def test_axes_off_a_right_angle_by_more_than_a_thousandth_of_a_degree_have_no_qform(tmp_path, degrees, code):
    write_nifti(tmp_path / "a.nii", volume(affine=sheared(degrees)))
    header = nib.load(tmp_path / "a.nii").header
    assert (header["qform_code"], header["sform_code"]) == (code, 1)


@pytest.mark.parametrize("flipped", [0, 1, 2])
def test_a_left_handed_grid_has_its_quaternion_too(tmp_path, flipped):
    affine = turned_affine()
    affine[:3, flipped] *= -1
    written = volume(affine=affine)
    write_nifti(tmp_path / "a.nii", written)
    np.testing.assert_allclose(nib.load(tmp_path / "a.nii").get_qform(), ijk_to_ras(written.dhw_to_ras), atol=1e-4)


def test_of_sheared_axes_the_rotation_is_the_one_nearest_to_their_directions_whatever_the_sizes_of_voxels(tmp_path):
    affine = np.diag([0.4, 3.0, 1.0, 1.0])[:, [2, 1, 0, 3]]
    affine[1, 0] = 0.3
    written = volume(affine=affine)
    write_nifti(tmp_path / "a.nii", written)
    directions = ijk_to_ras(written.dhw_to_ras)[:3, :3]
    directions = directions / np.linalg.norm(directions, axis=0)
    nearest, _ = scipy.linalg.polar(directions)
    header = nib.load(tmp_path / "a.nii").header
    found = header.get_qform()[:3, :3] / header.get_zooms()[:3]
    assert header["qform_code"] == 0
    np.testing.assert_allclose(found, nearest, atol=1e-6)
