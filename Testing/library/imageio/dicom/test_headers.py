"""What the headers of slices say, field for field, and what counts where a tag is missing, empty or of another kind."""

import math
import struct

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from Testing.support.dicom_files import SeriesSpec, save_part_10, voxels, write_enhanced, write_series
from VSSegmentationLib.imageio.dicom.headers import (
    DamagedError,
    NotAnImageError,
    _numbers,
    _pixel_bytes,
    _told,
    read_headers,
)

ARRAY = voxels((1, 6, 4))


def tags(**values: object) -> Dataset:
    dataset = Dataset()
    for name, value in values.items():
        setattr(dataset, name, value)
    return dataset


@pytest.mark.parametrize(
    ("value", "told"), [("80.5", 80.5), (["80.5", "90"], 80.5), ("12", 12.0), ("", None), (None, None), ([], None)]
)
def test_the_first_of_several_numbers_counts_and_a_number_is_not_cut_to_its_first_digit(
    value: object, told: float | None
):
    assert _told(tags(EchoTime=value), "EchoTime") == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (["0.5", "0.7"], (0.5, 0.7)), ("0.5", None), (["0.5", "0.7", "0.9"], None), ([0.5, math.nan], None),
        (None, None),
    ],
)  # fmt: skip
def test_numbers_of_a_place_count_where_there_are_as_many_as_it_has(value, told):
    assert _numbers(tags(PixelSpacing=value), "PixelSpacing", 2) == told


def classic(tmp_path, encode=None, **changes):
    """The header of one slice, elements of it changed; None takes one out."""
    (path,) = write_series(tmp_path, ARRAY, encode=encode)
    dataset = dcmread(path)
    for name, value in changes.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    save_part_10(dataset, path)
    (header,) = read_headers(path)
    return header


def enhanced(tmp_path, change=lambda _: None):
    path = tmp_path / "a.dcm"
    write_enhanced(path, voxels((3, 6, 4)))
    dataset = dcmread(path)
    change(dataset)
    save_part_10(dataset, path)
    return read_headers(path)


def test_what_a_classic_slice_says_is_read_tag_for_tag(tmp_path):
    header = classic(
        tmp_path, FrameOfReferenceUID="1.2.3", PulseSequenceName="tse", ContrastBolusAgent="Gadovist",
        ScanningSequence=["SE", "IR"], SequenceVariant="SK", ComplexImageComponent="PHASE",
    )  # fmt: skip
    assert (header.frame_of_reference_uid, header.complex_part, header.enhanced) == ("1.2.3", "phase", False)
    assert (header.rows, header.columns, header.samples, header.frames_in_file, header.compressed) == (
        6,
        4,
        1,
        1,
        False,
    )
    assert (header.voxel_bytes, header.stored_bytes, header.pixel_bytes) == (48, 12 + 48, 48)
    told = header.acquisition
    assert (told.sequence_name, told.contrast_agent, told.sequence_variant) == ("tse", "Gadovist", ("SK",))
    assert told.scanning_sequence == ("SE", "IR")


def test_the_name_of_a_sequence_counts_before_that_of_its_pulses(tmp_path):
    assert classic(tmp_path, SequenceName="*ci3d1", PulseSequenceName="x").acquisition.sequence_name == "*ci3d1"


@pytest.mark.parametrize(
    ("bits", "samples", "voxel_bytes"), [(8, 1, 24), (32, 1, 96), (16, 3, 144), (None, 1, 48), (16, None, 48)]
)
def test_bytes_of_voxels_follow_from_matrix_depth_and_samples(tmp_path, bits, samples, voxel_bytes):
    """Where depth or samples are not stated, it is the usual 16 bits, and 1."""
    assert classic(tmp_path, BitsAllocated=bits, SamplesPerPixel=samples).voxel_bytes == voxel_bytes


def test_packed_voxels_are_in_pieces_whose_lengths_tell_nothing(tmp_path):
    header = classic(tmp_path, encode=RLELossless)
    assert (header.compressed, header.pixel_bytes, header.voxel_bytes) == (True, None, 48)


def test_a_transfer_syntax_that_is_none_packs_nothing(tmp_path):
    (path,) = write_series(tmp_path, ARRAY)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.5.1.1\0"))
    (header,) = read_headers(path)
    assert not header.compressed


@pytest.mark.parametrize("lacks", [{"Rows": 0}, {"Columns": 0}, {"NumberOfFrames": "-1"}])
def test_an_image_without_a_pixel_is_damaged(tmp_path, lacks):
    with pytest.raises(DamagedError):
        classic(tmp_path, **lacks)


@pytest.mark.parametrize(("letters", "kept"), [(64, 64), (65, 64)])
def test_a_description_is_cut_after_the_64_letters_that_it_may_have(tmp_path, letters, kept):
    assert classic(tmp_path, SeriesDescription="x" * letters).description == "x" * kept


def test_what_frames_say_is_read_from_their_groups(tmp_path):
    def told(dataset):
        dataset.EchoPulseSequence, dataset.PulseSequenceName = "BOTH", "tse"
        dataset.ContrastBolusAgentSequence = [tags(ContrastBolusAgent="x")]
        shared = dataset.SharedFunctionalGroupsSequence[0]
        shared.MRModifierSequence = [tags(Spoiling="RF", InversionTimes=[900.0])]

    headers = enhanced(tmp_path, told)
    assert [(header.frame, header.instance_number, header.enhanced) for header in headers] == [
        (0, 1, True), (1, 2, True), (2, 3, True)
    ]  # fmt: skip
    acquired = headers[0].acquisition
    assert (acquired.scanning_sequence, acquired.sequence_variant) == (("SE", "GR"), ("SP",))
    assert (acquired.sequence_name, acquired.contrast_agent, acquired.inversion_time_ms) == ("tse", "yes", 900.0)
    assert (acquired.echo_time_ms, acquired.repetition_time_ms, acquired.flip_angle_deg) == (120.0, 3000.0, 90.0)


@pytest.mark.parametrize("spoiling", [None, "NONE"])
def test_frames_are_not_spoiled_where_they_do_not_say_so(tmp_path, spoiling):
    def told(dataset):
        if spoiling:
            dataset.SharedFunctionalGroupsSequence[0].MRModifierSequence = [tags(Spoiling=spoiling)]

    assert enhanced(tmp_path, told)[0].acquisition.sequence_variant == ()


def test_frames_without_groups_have_no_place(tmp_path):
    """As those of an ultrasound or a projection."""
    headers = enhanced(tmp_path, lambda dataset: delattr(dataset, "PerFrameFunctionalGroupsSequence"))
    assert [(header.frame, header.position_lps_mm) for header in headers] == [(0, None), (1, None), (2, None)]
    assert {(header.rows, header.frames_in_file, header.voxel_bytes) for header in headers} == {(6, 3, 3 * 48)}


def test_another_number_of_groups_than_of_frames_is_damage(tmp_path):
    def shortened(dataset):
        dataset.PerFrameFunctionalGroupsSequence = dataset.PerFrameFunctionalGroupsSequence[:2]

    with pytest.raises(DamagedError):
        enhanced(tmp_path, shortened)


@pytest.mark.parametrize("by", ["FileSetID", "MediaStorageSOPClassUID"])
def test_a_directory_of_a_medium_is_told_by_its_identifier_or_by_its_class(tmp_path, by):
    (path,) = write_series(tmp_path, ARRAY)
    dataset = dcmread(path)
    del dataset.SOPClassUID
    if by == "FileSetID":
        dataset.FileSetID = "DISC"
    else:
        dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    dataset.save_as(path)
    with pytest.raises(NotAnImageError, match="DICOMDIR"):
        read_headers(path)


def test_an_object_without_a_class_is_damaged(tmp_path):
    (path,) = write_series(tmp_path, ARRAY)
    dataset = dcmread(path)
    del dataset.SOPClassUID
    dataset.save_as(path)
    with pytest.raises(DamagedError):
        read_headers(path)


def data_set(*, implicit: bool) -> Dataset:
    dataset = Dataset()
    dataset.set_original_encoding(implicit, True, "iso8859")  # noqa: FBT003 - pydicom 2 has no names for them
    return dataset


EXPLICIT = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, 640)
IMPLICIT = struct.pack("<HHI", 0x7FE0, 0x10, 640) + bytes(4)
BIG = struct.pack(">HH2sHI", 0x7FE0, 0x10, b"OB", 0, 640)
UNDEFINED = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("start", "implicit", "length"),
    [
        (EXPLICIT, False, 640), (BIG, False, 640), (IMPLICIT, True, 640), (UNDEFINED, False, None), (b"", False, None),
        (EXPLICIT[:11], False, None), (b"\x08" + EXPLICIT[1:], False, None),
        (EXPLICIT.replace(b"W", b"F"), True, 17999),
    ],
)  # fmt: skip
def test_the_length_of_pixel_data_stands_behind_their_type_or_at_once(start, implicit, length):
    """The last one is of a type that does not count: "OF" is a number then, 0x464F in the lower bytes."""
    assert _pixel_bytes(start, data_set(implicit=implicit)) == length


@pytest.mark.parametrize("kind", [b"OF", b"OD", b"UL"])
def test_pixel_data_of_another_type_are_damage(kind):
    with pytest.raises(DamagedError):
        _pixel_bytes(EXPLICIT[:4] + kind + EXPLICIT[6:], data_set(implicit=False))


def test_slopes_of_the_first_frame_are_those_of_the_file(tmp_path):
    write_enhanced(tmp_path / "a.dcm", voxels((3, 6, 4)), SeriesSpec(slopes=((2.0, 5.0), (3.0, 6.0), (4.0, 7.0))))
    headers = read_headers(tmp_path / "a.dcm")
    assert [(each.slope, each.intercept) for each in headers] == [(2.0, 5.0), (3.0, 6.0), (4.0, 7.0)]
    assert {(each.file_slope, each.file_intercept) for each in headers} == {(2.0, 5.0)}
    assert np.all([each.description == "t2_ciss" for each in headers])
