"""The header of NIfTI, field by field: what it allows is read as nibabel reads it, one step beyond is refused."""

import struct

import nibabel as nib
import numpy as np
import pytest

from Testing.support.nifti_bytes import (
    CODES,
    DIM,
    OFFSET,
    PIXDIM,
    STRAIGHT,
    TYPE,
    UNITS,
    VOXELS,
    VOXELS_AT,
    content,
    read,
    refusal,
)

SHAPE = (4, 5, 6)


@pytest.mark.parametrize("dim", [(3, 4, 5, 6, 1, 1, 1, 1), (4, 4, 5, 6, 1, 1, 1, 1), (7, 4, 5, 6, 1, 1, 1, 1)])
def test_one_to_seven_axes_of_which_three_are_longer_than_one_make_a_volume(tmp_path, dim):
    data = content()
    struct.pack_into("<8h", data, DIM, *dim)
    assert np.array_equal(read(tmp_path, data).volume.array, VOXELS.T)


@pytest.mark.parametrize(
    ("dim", "match"),
    [
        ((0, 4, 5, 6, 1, 1, 1, 1), "its dimensions read"),
        ((8, 4, 5, 6, 1, 1, 1, 1), "its dimensions read"),
        ((3, 4, 5, 0, 1, 1, 1, 1), "its dimensions read"),
        ((7, 4, 5, 6, 1, 1, 1, 0), "its dimensions read"),
        ((3, 20, 6, 1, 1, 1, 1, 1), "not three-dimensional"),
        ((2, 20, 6, 1, 1, 1, 1, 1), "not three-dimensional"),
        ((4, 4, 5, 3, 2, 1, 1, 1), "4 dimensions"),
        ((3, 24, 5, 1, 1, 1, 1, 1), "matrix is 24 x 5 x 1)"),
        ((1, 120, 1, 1, 1, 1, 1, 1), "matrix is 120)"),
        ((4, 4, 5, 1, 6, 1, 1, 1), "has 4 dimensions (4 x 5 x 1 x 6)"),
    ],
)
def test_other_axes_are_refused_and_told_as_the_header_has_them(tmp_path, dim, match):
    data = content()
    struct.pack_into("<8h", data, DIM, *dim)
    assert match in refusal(tmp_path, data)


@pytest.mark.parametrize("name", ["u1", "i2", "i4", "f4", "f8", "i1", "u2", "u4", "i8", "u8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_number_type_is_read_as_nibabel_reads_it(tmp_path, name, order):
    array = (np.arange(120).reshape(SHAPE) * 2 - (0 if name[0] == "u" else 100)).astype(order + name)
    header = nib.Nifti1Header(endianness=order)
    header.set_data_dtype(array.dtype)
    image = nib.Nifti1Image(array, STRAIGHT, header)
    assert np.array_equal(read(tmp_path, image.to_bytes()).volume.array, np.asarray(image.dataobj).T)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (1, "bits"), (32, "complex"), (1792, "complex"), (128, "RGB)"), (2304, "RGBA"), (0, "number type 0"),
        (1536, "number type 1536"),
    ],
)  # fmt: skip
def test_other_number_types_are_refused_by_name(tmp_path, code, told):
    data = content()
    struct.pack_into("<h", data, TYPE, code)
    assert told in refusal(tmp_path, data)


@pytest.mark.parametrize(("unit", "factor"), [(0, 1.0), (1, 0.001), (2, 1.0), (3, 1000.0), (2 | 8, 1.0), (10, 1.0)])
def test_lengths_are_millimeters_whatever_their_unit(tmp_path, unit, factor):
    affine = STRAIGHT.copy()
    affine[:3] *= factor
    data = content(affine=affine)
    data[UNITS] = unit
    volume = read(tmp_path, data).volume
    np.testing.assert_allclose(volume.dhw_to_ras, STRAIGHT[:, [2, 1, 0, 3]], rtol=1e-6)


@pytest.mark.parametrize("unit", [4, 5, 7])
def test_a_unit_that_is_no_length_is_refused(tmp_path, unit):
    data = content()
    data[UNITS] = unit
    assert f"states code {unit}" in refusal(tmp_path, data)


def two_places(qform_code, sform_code, apart_mm) -> bytearray:
    data = content()
    struct.pack_into("<2h", data, CODES, qform_code, sform_code)
    struct.pack_into("<3f", data, OFFSET, apart_mm, 0.0, 0.0)
    return data


@pytest.mark.parametrize(
    ("qform_code", "sform_code", "used"),
    [
        (1, 1, "sform"), (2, 1, "sform"), (2, 2, "sform"), (3, 1, "sform"), (3, 2, "sform"), (3, 3, "sform"),
        (4, 3, "sform"), (1, 2, "qform"), (1, 3, "qform"), (2, 3, "qform"), (2, 4, "qform"), (1, 5, "qform"),
    ],
)  # fmt: skip
def test_of_two_places_that_of_the_scanner_is_used_then_that_of_the_scans_own_space_then_the_sform(
    tmp_path, qform_code, sform_code, used
):
    loaded = read(tmp_path, two_places(qform_code, sform_code, 40.0))
    assert loaded.volume.dhw_to_ras[0, 3] == (40.0 if used == "qform" else 0.0)
    assert f"the {used} was used" in loaded.warnings[0]


def test_two_places_up_to_half_a_millimeter_apart_are_one(tmp_path):
    assert read(tmp_path, two_places(1, 1, 0.5)).warnings == ()
    assert read(tmp_path, two_places(1, 1, 0.51)).warnings != ()


def test_places_that_are_turned_against_each_other_are_compared_at_their_farthest_corners(tmp_path):
    """A turn by 3 degrees about the first voxel moves the corner at 8 and 29 mm by 1.6 mm."""
    data = content(array=np.zeros((4, 5, 30), np.int16), affine=np.diag([1.0, 2.0, 1.0, 1.0]))
    angle = np.radians(3.0)
    struct.pack_into("<3f", data, 256, np.sin(angle / 2), 0.0, 0.0)
    assert read(tmp_path, data).warnings != ()


def test_a_place_may_be_a_kilometer_off_and_no_more(tmp_path):
    affine = STRAIGHT.copy()
    affine[0, 3] = 1e6
    assert read(tmp_path, content(affine=affine)).volume.dhw_to_ras[0, 3] == 1e6
    affine[0, 3] = -1.1e6
    assert "more than a kilometer off" in refusal(tmp_path, content(affine=affine))


@pytest.mark.parametrize(("factor", "is_taken"), [(1.0099, True), (0.9901, True), (1.0102, False), (0.9899, False)])
def test_two_voxel_sizes_may_differ_by_one_percent(tmp_path, factor, is_taken):
    data = content()
    struct.pack_into("<f", data, PIXDIM + 8, 2.0 * factor)
    if is_taken:
        assert read(tmp_path, data).volume.spacing_dhw_mm == pytest.approx((3.0, 2.0, 1.0))
    else:
        assert "two voxel sizes" in refusal(tmp_path, data)


@pytest.mark.parametrize(("b", "is_taken"), [(1.0004, True), (1.0006, False)])
def test_a_quaternion_may_be_too_long_by_what_rounding_makes_of_a_half_turn(tmp_path, b, is_taken):
    data = content()
    struct.pack_into("<2h", data, CODES, 1, 0)
    struct.pack_into("<3f", data, 256, b, 0.0, 0.0)
    if is_taken:
        half_turn = np.diag([1.0, -2.0, -3.0, 1.0])[:, [2, 1, 0, 3]]
        np.testing.assert_allclose(read(tmp_path, data).volume.dhw_to_ras, half_turn, atol=1e-6)
    else:
        assert "no rotation" in refusal(tmp_path, data)


@pytest.mark.parametrize("sform_code", [1, 0])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_size_has_no_sign(tmp_path, sform_code, axis):
    data = content()
    struct.pack_into("<2h", data, CODES, 1, sform_code)
    struct.pack_into("<f", data, PIXDIM + 4 + 4 * axis, -STRAIGHT[axis, axis])
    np.testing.assert_allclose(read(tmp_path, data).volume.dhw_to_ras, STRAIGHT[:, [2, 1, 0, 3]], atol=1e-6)


def scaled_labels(slope: float, *stored: int) -> bytearray:
    """NIfTI-2, which has slopes in double precision; the axes are long enough for a volume."""
    array = np.zeros(SHAPE, np.int32)
    array.flat[: len(stored)] = stored
    data = content(array, kind=nib.Nifti2Image)
    struct.pack_into("<2d", data, 176, slope, 0.0)
    return data


@pytest.mark.parametrize(
    ("slope", "stored", "values"),
    [
        (0.05, 21, [1]),  # 1.05 is within a step of 1
        (0.06, 17, [1.02]),  # fractions could be meant
        (0.04, 27, [1.08]),  # two steps off
        (0.03125, 32 * 32767, [32767]),
        (0.03125, 32 * 32768 + 1, [32768.03125]),  # more than any labelmap has
        (0.03125, 32 * 32768, [32768]),
    ],
)
def test_labels_that_a_writer_scaled_are_whole_again_where_their_step_is_small(tmp_path, slope, stored, values):
    array = read(tmp_path, scaled_labels(slope, stored), is_labelmap=True).volume.array
    assert array.max() == pytest.approx(values[0], rel=1e-6)
    assert np.issubdtype(array.dtype, np.integer) == (values[0] in (1, 32767))


def test_an_image_that_a_writer_scaled_keeps_its_fractions(tmp_path):
    array = read(tmp_path, scaled_labels(0.05, 21)).volume.array
    assert array.max() == pytest.approx(1.05)


def with_extension(*, flag: int, extension: bytes, voxels_at: int, filling: int) -> bytes:
    """A file whose voxels are followed by filling, as some archives add it."""
    data = content()
    head, voxels = data[:348], data[352:]
    struct.pack_into("<f", head, VOXELS_AT, voxels_at)
    before = bytes(head) + bytes([flag, 0, 0, 0]) + extension
    return before.ljust(voxels_at, b"\0")[:voxels_at] + bytes(voxels) + bytes(filling)


def extension_of(size: int) -> bytes:
    return struct.pack("<2i", size, 6).ljust(size, b"\0")


@pytest.mark.parametrize(
    ("flag", "extension", "voxels_at"),
    [
        (0, b"", 352), (0, b"", 368), (1, extension_of(8), 360), (1, extension_of(16), 368), (1, extension_of(16), 384),
        (1, extension_of(16) + extension_of(32), 400),
    ],
)  # fmt: skip
def test_filling_behind_the_voxels_is_passed_over_where_it_is_certain_that_it_is_none_of_them(
    tmp_path, flag, extension, voxels_at
):
    data = with_extension(flag=flag, extension=extension, voxels_at=voxels_at, filling=16)
    assert np.array_equal(read(tmp_path, data).volume.array, VOXELS.T)


@pytest.mark.parametrize(
    ("flag", "extension", "voxels_at"),
    [
        (0, b"", 350),  # the voxels would begin inside of what is no voxel
        (1, extension_of(32), 368),  # an extension that reaches into them
        (1, struct.pack("<2i", 7, 6) + bytes(8), 368),  # one that is shorter than its own head
        (1, extension_of(16) + extension_of(32), 384),
    ],
)
def test_where_start_and_extensions_contradict_each_other_voxels_must_end_with_the_file(
    tmp_path, flag, extension, voxels_at
):
    assert "more are there" in refusal(
        tmp_path, with_extension(flag=flag, extension=extension, voxels_at=voxels_at, filling=16)
    )
    whole = with_extension(flag=flag, extension=extension, voxels_at=voxels_at, filling=0)
    assert np.array_equal(read(tmp_path, whole).volume.array, VOXELS.T)


@pytest.mark.parametrize("stated", [0.0, 352.0])
def test_voxels_begin_where_the_header_says_and_0_is_its_end(tmp_path, stated):
    data = content()
    struct.pack_into("<f", data, VOXELS_AT, stated)
    assert np.array_equal(read(tmp_path, data).volume.array, VOXELS.T)


@pytest.mark.parametrize("stated", [347.0, -1.0, float("nan"), float("inf"), 2.0**26])
def test_voxels_that_begin_nowhere_are_refused(tmp_path, stated):
    data = content()
    struct.pack_into("<f", data, VOXELS_AT, stated)
    assert "where the voxels begin" in refusal(tmp_path, data)


def test_a_header_of_347_bytes_is_truncated_and_no_more(tmp_path):
    assert "has 348 bytes and 347 are there" in refusal(tmp_path, content()[:347])
    assert "promises 240 bytes of voxels and 0 are there" in refusal(tmp_path, content()[:352])
