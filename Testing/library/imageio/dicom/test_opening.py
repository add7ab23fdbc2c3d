"""The meta information of a DICOM file, element for element as PS3.10 7.1 lays it out, and deflated data behind it."""

import io
import struct
import zlib

import pytest
from pydicom.dataset import Dataset

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.opening import _meta_elements, read_data_set, unpacked_dicom

DEFLATED, EXPLICIT, IMPLICIT = b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0"
MB = 1024**2


def short(number, kind, value, group=2):
    """An element whose length takes two bytes."""
    return struct.pack("<HH2sH", group, number, kind, len(value)) + value


def long(number, kind, value, group=2):
    """An element whose length takes four bytes, behind two that are reserved."""
    return struct.pack("<HH2sHI", group, number, kind, 0, len(value)) + value


VERSION, CLASS, MAKER = long(1, b"OB", b"\0\1"), short(2, b"UI", b"1.2.3.4\0"), short(0x12, b"UI", b"1.2\0")
ROWS = struct.pack("<HH2sHH", 0x28, 0x10, b"US", 2, 7)


def with_meta(*elements, syntax=DEFLATED, data=b""):
    """A file: preamble, length of the group, version, then the elements given and what follows."""
    meta = b"".join((VERSION, CLASS, short(0x10, b"UI", syntax), *elements))
    return bytes(128) + b"DICM" + short(0, b"UL", struct.pack("<I", len(meta))) + meta + data


def packed(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def test_each_element_is_found_with_its_own_form_of_length():
    private = long(0x102, b"OB", bytes(300))
    content = with_meta(MAKER, private, data=ROWS)
    elements, end = _meta_elements(content)
    assert elements == {
        0: content[132:144], 1: VERSION, 2: CLASS, 0x10: short(0x10, b"UI", DEFLATED), 0x12: MAKER, 0x102: private
    }  # fmt: skip
    assert content[end:] == ROWS


@pytest.mark.parametrize("kind", [b"OB", b"OW", b"OF", b"OD", b"OL", b"SQ", b"UC", b"UN", b"UR", b"UT"])
def test_all_types_of_four_bytes_of_length_are_known(kind):
    content = with_meta(long(0x102, kind, b"some"), MAKER)
    assert _meta_elements(content)[0][0x12] == MAKER


def test_the_shortest_element_has_twelve_bytes_and_one_that_is_cut_off_is_none():
    length = bytes(128) + b"DICM" + short(0, b"UL", bytes(4))
    assert _meta_elements(length) == ({0: length[132:]}, 144)
    assert _meta_elements(length[:-1]) == ({}, 132)


@pytest.mark.parametrize("content", [b"", bytes(132) + VERSION, b"DICM" + VERSION, bytes(127) + b"DICM" + VERSION])
def test_what_does_not_say_dicm_behind_a_preamble_has_no_meta_information(content):
    assert _meta_elements(content) == ({}, 132)


@pytest.mark.parametrize("group", [1, 3, 0x102, 0x28])
def test_elements_of_another_group_are_none_of_the_meta_information(group):
    content = with_meta()
    assert _meta_elements(content + short(0x12, b"UI", b"1.2\0", group))[1] == len(content)


def test_a_deflated_file_is_the_same_one_with_a_plain_data_set(tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(with_meta(MAKER, data=packed(ROWS)))
    assert unpacked_dicom(path) == with_meta(MAKER, syntax=EXPLICIT, data=ROWS)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, DEFLATED + b"1\0"])
def test_a_file_in_another_syntax_is_left_alone(tmp_path, syntax):
    path = tmp_path / "a.dcm"
    path.write_bytes(with_meta(syntax=syntax, data=ROWS))
    assert unpacked_dicom(path) is None


@pytest.mark.parametrize(
    ("of_file", "unpacked", "is_read"),
    [(0, 64 * MB, True), (0, 64 * MB + 1, False), (680_000, 68_000_000, True), (680_000, 68_000_001, False)],
)
def test_up_to_64_mb_are_unpacked_or_a_hundred_times_the_size_of_the_file(tmp_path, of_file, unpacked, is_read):
    """The files of two cases are filled up with zeros, as some are to a block."""
    path = tmp_path / "a.dcm"
    path.write_bytes(with_meta(data=packed(bytes(unpacked))).ljust(of_file, b"\0"))
    if is_read:
        content = unpacked_dicom(path)
        assert content is not None
        assert len(content) == len(with_meta(syntax=EXPLICIT)) + unpacked
    else:
        with pytest.raises(InputRefusedError, match=r"unpacks to more than 6[45] MB"):
            unpacked_dicom(path)


@pytest.mark.parametrize("tag", [0x7FE00008, 0x7FE00009, 0x7FE00010])
def test_with_tags_a_data_set_is_read_up_to_its_voxels_of_whatever_type(tag):
    pixels = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, b"OW", 0, 8) + bytes(8)
    file = io.BytesIO(with_meta(syntax=EXPLICIT, data=ROWS + pixels))
    dataset = read_data_set(file, tags=["Rows"])
    assert dataset.Rows == 7
    assert file.read() == pixels


@pytest.mark.parametrize("group", [0x20, 0x28, 0x3006, 0x5200])
def test_an_element_may_not_be_there_twice_in_a_group_that_readers_go_by(group):
    twice = short(0x9999, b"LO", b"some", group) * 2
    with pytest.raises(ValueError, match="an element is there twice"):
        read_data_set(io.BytesIO(with_meta(syntax=EXPLICIT, data=twice)))


@pytest.mark.parametrize("group", [0x18, 0x21, 0x29, 0x3005, 0x3007, 0x5201])
def test_in_any_other_group_it_may(group):
    twice = short(0x9999, b"LO", b"some", group) * 2
    assert isinstance(read_data_set(io.BytesIO(with_meta(syntax=EXPLICIT, data=twice))), Dataset)


@pytest.mark.parametrize(("private", "refused"), [(60_000, False), (65_200, False), (65_600, True), (300_000, True)])
def test_meta_information_that_is_not_read_whole_is_not_cut(tmp_path, private, refused):
    """64 kB of it are looked at."""
    path = tmp_path / "a.dcm"
    path.write_bytes(with_meta(long(0x102, b"OB", bytes(private)), data=packed(ROWS)))
    if refused:
        with pytest.raises(InputRefusedError, match="longer than 64 kB"):
            unpacked_dicom(path)
        return
    plain = with_meta(long(0x102, b"OB", bytes(private)), syntax=EXPLICIT, data=ROWS)
    assert unpacked_dicom(path) == plain
