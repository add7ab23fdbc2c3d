"""DICOM that is packed as a whole, broken where it does not matter, behind links, or a bomb."""

import struct
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from Testing.support.dicom_files import SeriesSpec, save_part_10, voxels, write_enhanced, write_rtstruct, write_series
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import list_rois, list_series, read_scan
from VSSegmentationLib.imageio.dicom.headers import read_headers
from VSSegmentationLib.imageio.dicom.opening import unpacked_dicom

ARRAY = voxels((12, 20, 16))


def deflated(paths):
    for path in paths:
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        save_part_10(dataset, path)


def test_a_deflated_series_has_its_voxels(tmp_path):
    deflated(write_series(tmp_path, ARRAY))
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, ARRAY)


def test_a_deflated_enhanced_object_has_its_voxels(tmp_path):
    write_enhanced(tmp_path / "a.dcm", ARRAY)
    deflated([tmp_path / "a.dcm"])
    np.testing.assert_array_equal(read_scan(tmp_path / "a.dcm").volume.array, ARRAY)


def test_a_deflated_file_that_unpacks_to_far_more_than_an_image_is_refused(tmp_path):
    (path, *_) = write_series(tmp_path, ARRAY)
    deflated([path])
    content = path.read_bytes()
    head = content[: 132 + 12 + struct.unpack("<I", content[140:144])[0]]
    packer = zlib.compressobj(wbits=-15)
    path.write_bytes(head + packer.compress(bytes(200 * 1024**2)) + packer.flush())
    with pytest.raises(InputRefusedError, match="unpacks to more than 64 MB"):
        unpacked_dicom(path)
    (summary,) = list_series(tmp_path)
    assert summary.shape_dhw[0] == len(ARRAY) - 1  # the bomb is one file that could not be read


@pytest.mark.parametrize(
    ("tag", "kind", "value"),
    [
        (0x00200011, "IS", b"three "), (0x00200013, "IS", b"first "), (0x00180081, "DS", b"short "),
        (0x00180050, "DS", b"thin  "), (0x00200012, "IS", b"none  "), (0x00181314, "DS", b"ninety"),
    ],
)  # fmt: skip
def test_a_value_that_breaks_its_type_decides_nothing_where_its_tag_does_not(tmp_path, tag, kind, value):
    for path in write_series(tmp_path, ARRAY):
        dataset = pydicom.dcmread(path)
        dataset[tag] = RawDataElement(Tag(tag), kind, len(value), value, 0, is_implicit_VR=False, is_little_endian=True)
        dataset.save_as(path)
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, ARRAY)


def test_an_empty_sequence_says_nothing(tmp_path):
    for path in write_series(tmp_path, ARRAY):
        dataset = pydicom.dcmread(path)
        dataset.PerFrameFunctionalGroupsSequence = []
        dataset.ContrastBolusAgentSequence = []
        dataset.save_as(path)
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, ARRAY)


def test_links_to_folders_are_followed_once(tmp_path):
    write_series(tmp_path / "archive" / "series", ARRAY, SeriesSpec())
    study = tmp_path / "study"
    study.mkdir()
    (study / "one").symlink_to(tmp_path / "archive" / "series")
    (study / "again").symlink_to(tmp_path / "archive" / "series")
    (tmp_path / "archive" / "series" / "round").symlink_to(study)
    (summary,) = list_series(study)
    assert summary.shape_dhw == ARRAY.shape


def test_a_damaged_class_of_an_object_repeats_nothing_of_the_header(tmp_path):
    (path, *_) = write_series(tmp_path, ARRAY[:1], SeriesSpec(patient="Doe^Jane"))
    dataset = pydicom.dcmread(path)
    dataset.SOPClassUID = ".2.840 Doe^Jane"
    dataset.save_as(path)
    with pytest.raises(InputRefusedError, match="only 1 x private object"):
        read_scan(tmp_path)


def test_a_slope_that_is_no_number_is_damage(tmp_path):
    for path in write_series(tmp_path, ARRAY, SeriesSpec(slopes=((2.0, 1.0),) * 12)):
        dataset = pydicom.dcmread(path)
        dataset[0x00281053] = RawDataElement(
            Tag(0x00281053), "DS", 4, b"NaN ", 0, is_implicit_VR=False, is_little_endian=True
        )
        dataset.save_as(path)
    with pytest.raises(InputRefusedError, match="12 files could not be read"):
        read_scan(tmp_path)


def test_more_voxels_than_the_header_promises_are_damage(tmp_path):
    for path in write_series(tmp_path, ARRAY):
        dataset = pydicom.dcmread(path)
        dataset.PixelData = dataset.PixelData[:32] + dataset.PixelData
        dataset.save_as(path)
    with pytest.raises(InputRefusedError, match="promises 640 bytes of voxels and 672 are there"):
        read_scan(tmp_path)


def with_twin(path, element, value):
    """Put an explicit little-endian element of another value before the one that the file has."""
    content = path.read_bytes()
    at = content.index(element)
    path.write_bytes(content[:at] + element + struct.pack("<H", len(value)) + value + content[at:])


@pytest.mark.parametrize("element", [b"\x28\x00\x52\x10DS", b"\x20\x00\x32\x00DS", b"\x28\x00\x30\x00DS"])
def test_an_element_that_is_there_twice_is_damage_where_readers_go_by_it(tmp_path, element):
    """Of two, pydicom takes the last and GDCM the first: one is wrong, and nobody can tell which."""
    paths = write_series(tmp_path, ARRAY, SeriesSpec(slopes=((1.0, -10.0),) * len(ARRAY)))
    with_twin(paths[0], element, b"0 ")
    (summary,) = list_series(tmp_path)
    assert summary.shape_dhw[0] == len(ARRAY) - 1


def test_an_element_that_is_there_twice_is_passed_over_where_nothing_hangs_on_it(tmp_path):
    for path in write_series(tmp_path, ARRAY):
        with_twin(path, b"\x08\x00\x3e\x10LO", b"t2_other")
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, ARRAY)


def test_a_structure_set_with_two_lists_of_structures_is_damaged(tmp_path):
    square = np.array([(0.0, 0.0, 0.0), (4.0, 0.0, 0.0), (4.0, 4.0, 0.0)])
    write_rtstruct(tmp_path / "a.dcm", {"TV": [square]})
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    del dataset.ROIContourSequence
    short = Dataset()
    short.StructureSetROISequence = dataset.StructureSetROISequence
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, short)
    (tmp_path / "a.dcm").write_bytes((tmp_path / "a.dcm").read_bytes() + buffer.getvalue())
    with pytest.raises(InputRefusedError, match="damaged"):
        list_rois(tmp_path / "a.dcm")


def test_pixel_data_of_a_type_that_they_can_not_have_are_damage(tmp_path):
    """A reader that does not know the type takes two bytes for the length, not four: voxels lie elsewhere."""
    paths = write_series(tmp_path, ARRAY)
    content = paths[0].read_bytes()
    paths[0].write_bytes(content.replace(b"\xe0\x7f\x10\x00OW", b"\xe0\x7f\x10\x00\x0fW"))
    (summary,) = list_series(tmp_path)
    assert summary.shape_dhw[0] == len(ARRAY) - 1


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_the_length_of_the_voxels_is_read_with_types_and_without(tmp_path, syntax):
    for path in write_series(tmp_path, ARRAY):
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = syntax
        save_part_10(dataset, path)
    headers = [header for path in sorted(tmp_path.iterdir()) for header in read_headers(path)]
    assert [header.pixel_bytes for header in headers] == [20 * 16 * 2] * 12
