"""Numbers of a NIfTI header where they change what is read, at the limits of what they may be."""

import struct

import nibabel as nib
import numpy as np
import pytest

from Testing.support.nifti_bytes import CODES, PIXDIM, SLOPE, STRAIGHT, UNITS, VOXELS, content, read, refusal


@pytest.mark.parametrize(("qform", "sform"), [(1, 1), (1, 0), (0, 1), (0, 0)])
def test_axes_are_assumed_where_neither_placement_is_stated(tmp_path, qform, sform):
    assert read(tmp_path, content(qform=qform, sform=sform)).volume.axes_assumed == (qform == sform == 0)


@pytest.mark.parametrize(
    ("slope", "intercept"), [(0.0, 5.0), (np.nan, 0.0), (np.inf, 0.0), (2.0, np.nan), (2.0, np.inf), (1.0, 0.0)]
)
def test_numbers_without_a_slope_stay_as_they_are_stored(tmp_path, slope, intercept):
    """nifti1.h: values are scaled only where the slope is not zero; what is no number scales nothing either."""
    data = content()
    struct.pack_into("<2f", data, SLOPE, slope, intercept)
    array = read(tmp_path, data).volume.array
    assert array.dtype == np.int16
    assert np.array_equal(array, VOXELS.T)


@pytest.mark.parametrize(("slope", "intercept"), [(2.0, 0.0), (1.0, 3.0), (-1.0, 0.0), (0.5, -1.0)])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_scaled_numbers_are_slope_times_stored_plus_intercept_with_room_for_fractions(
    tmp_path, slope, intercept, dtype
):
    data = content(VOXELS.astype(dtype))
    struct.pack_into("<2f", data, SLOPE, slope, intercept)
    array = read(tmp_path, data).volume.array
    assert array.dtype == np.float32
    assert np.array_equal(array, slope * VOXELS.T + intercept)


@pytest.mark.parametrize(("unit", "millimeters"), [(0, 1.0), (1, 1000.0), (2, 1.0), (3, 0.001)])
def test_a_qform_alone_is_in_the_unit_of_the_header_too(tmp_path, unit, millimeters):
    affine = STRAIGHT.copy()
    affine[:3, 3] = 10.0, 20.0, 30.0
    stored = affine.copy()
    stored[:3] /= millimeters
    data = content(affine=stored, sform=0)
    data[UNITS] = unit
    np.testing.assert_allclose(read(tmp_path, data).volume.dhw_to_ras, affine[:, [2, 1, 0, 3]], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("stated", "handed"), [(1.0, 1), (0.0, 1), (-1.0, -1)])
def test_the_third_axis_is_turned_only_where_the_first_size_is_negative(tmp_path, stated, handed):
    """nifti1.h: qfac is the sign of pixdim[0], and 1 where that is 0."""
    data = content(sform=0)
    struct.pack_into("<f", data, PIXDIM, stated)
    expected = np.diag([1.0, 2.0, 3.0 * handed, 1.0])[:, [2, 1, 0, 3]]
    np.testing.assert_allclose(read(tmp_path, data).volume.dhw_to_ras, expected, atol=1e-6)


def test_a_quaternion_that_is_too_long_by_just_a_thousandth_is_taken(tmp_path):
    """NIfTI-2 has it in double precision, in which 1 + sqrt(0.001) ** 2 is 1 + 0.001."""
    data = content(sform=0, kind=nib.Nifti2Image)
    b, c = 1.0, np.sqrt(0.001)
    assert b * b + c * c == 1 + 1e-3
    struct.pack_into("<3d", data, 352, b, c, 0.0)
    assert read(tmp_path, data).volume.spacing_dhw_mm == pytest.approx((3.0, 2.0, 1.0))


def test_of_a_truncated_file_it_is_told_how_many_bytes_of_voxels_are_there(tmp_path):
    array = np.zeros((20, 20, 20), np.int16)
    assert "promises 16000 bytes of voxels and 30 are there" in refusal(tmp_path, content(array)[: 352 + 30])


@pytest.mark.parametrize(("qform", "sform", "is_taken"), [(5, 5, True), (6, 0, False), (0, 6, False), (-1, 0, False)])
def test_there_are_five_kinds_of_places(tmp_path, qform, sform, is_taken):
    """nifti1.h: codes 1 to 5; 5 is another template."""
    data = content()
    struct.pack_into("<2h", data, CODES, qform, sform)
    if is_taken:
        assert not read(tmp_path, data).volume.axes_assumed
    else:
        assert f"(qform and sform have the codes {qform} and {sform})" in refusal(tmp_path, data)
