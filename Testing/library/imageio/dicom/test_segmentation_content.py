"""What is taken from a segmentation object: fractions, layers, whose it is and in which frame of reference."""

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from Testing.support.dicom_files import MR, save_part_10
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.segmentation import (
    SegmentationTold,
    SegmentTold,
    _as_masks,
    describe_segmentation,
    is_segmentation,
    read_segmentation,
    segmentation_told,
)

SEGMENTATION, LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
OURS = {"Manufacturer": "vs-segmentation"}


def tags(**values):
    dataset = Dataset()
    for name, value in values.items():
        setattr(dataset, name, value)
    return dataset


def segment(number, name):
    code = tags(CodeValue="108369006", CodingSchemeDesignator="SCT", CodeMeaning="Neoplasm")
    return tags(
        SegmentNumber=number, SegmentLabel=name, SegmentedPropertyTypeCodeSequence=[code],
        SegmentedPropertyCategoryCodeSequence=[code],
    )  # fmt: skip


def written(path, frames, names, *, kind="LABELMAP", numbers=(), **more):
    """One frame of bytes a slice, 2 mm apart; `numbers` of segments, one for each frame, of other kinds."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = more.pop("SOPClassUID", LABEL_MAP if kind == "LABELMAP" else SEGMENTATION)
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SegmentationType, dataset.Modality = meta.MediaStorageSOPClassUID, kind, "SEG"
    dataset.SegmentSequence = [segment(number, name) for number, name in names.items()]
    array = np.array(frames, np.uint8)
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = array.shape
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    shared = tags(
        PlaneOrientationSequence=[tags(ImageOrientationPatient=["1", "0", "0", "0", "1", "0"])],
        PixelMeasuresSequence=[tags(PixelSpacing=["1", "1"], SpacingBetweenSlices="2")],
    )
    dataset.SharedFunctionalGroupsSequence, groups = [shared], []
    for index in range(len(array)):
        height = index % (len(array) // (len(set(numbers)) or 1))
        group = tags(PlanePositionSequence=[tags(ImagePositionPatient=["0", "0", str(2 * height)])])
        if numbers:
            group.SegmentIdentificationSequence = [tags(ReferencedSegmentNumber=numbers[index])]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    for name, value in more.items():
        setattr(dataset, name, value)
    dataset.PixelData = array.tobytes()
    save_part_10(dataset, path)
    return path


@pytest.mark.parametrize(("most", "inside_from"), [(200, 100), (255, 128), (5, 3), (2, 1)])
def test_half_of_the_largest_fraction_or_more_is_inside(most, inside_from):
    fractions = np.array([[[0, inside_from - 1, inside_from, most]]], np.uint8)
    mask, _ = _as_masks(fractions, tags(MaximumFractionalValue=most))
    assert mask.tolist() == [[[False, False, True, True]]]


def test_a_largest_fraction_of_one_is_a_mask():
    mask, notes = _as_masks(np.array([[[0, 1]]], np.uint8), tags(MaximumFractionalValue=1))
    assert (mask.tolist(), notes) == ([[[False, True]]], ())


@pytest.mark.parametrize("most", [0, None, 99])
def test_without_a_largest_fraction_or_beyond_it_the_object_is_damaged(most):
    with pytest.raises(InputRefusedError, match="does not state its largest fraction"):
        _as_masks(np.array([[[0, 100]]], np.uint8), tags(MaximumFractionalValue=most))


def test_voxels_between_nothing_and_all_are_counted_and_called_what_they_are():
    fractions = np.array([[[0, 1, 199, 200, 100]]], np.uint8)
    for kind, word in (("OCCUPANCY", "occupancy"), ("PROBABILITY", "probability")):
        _, (note,) = _as_masks(fractions, tags(MaximumFractionalValue=200, SegmentationFractionalType=kind))
        assert f"fractions ({word})" in note
        assert "In 3 voxels it lies between 0 and 1" in note


def test_a_label_map_is_told_segment_for_segment_with_its_voxels(tmp_path):
    path = written(tmp_path / "a.dcm", [[[1, 1, 0]], [[2, 1, 0]]], {0: "Background", 1: "A", 2: "B", 3: "Empty"})
    assert describe_segmentation(path) == [SegmentTold(1, "A", 3), SegmentTold(2, "B", 1)]


def test_segments_that_overlap_lie_on_layers_of_their_own(tmp_path):
    frames = [[[1, 1, 0]], [[0, 1, 0]], [[0, 200, 0]], [[0, 0, 200]]]
    path = written(
        tmp_path / "a.dcm",
        frames,
        {1: "A", 2: "B"},
        kind="FRACTIONAL",
        numbers=(1, 1, 2, 2),
        MaximumFractionalValue=200,
    )
    assert describe_segmentation(path) == [SegmentTold(2, "B", 2)]  # fractions of one two-hundredth are nothing
    whole = np.where(np.array(frames) > 0, 200, 0)
    written(path, whole, {1: "A", 2: "B"}, kind="FRACTIONAL", numbers=(1, 1, 2, 2), MaximumFractionalValue=200)
    stored = read_segmentation(path)
    assert [(each.name, each.layer) for each in stored.segments] == [("A", 0), ("B", 1)]
    assert [layer.shape for layer in stored.layers] == [(4, 1, 3)] * 2
    assert describe_segmentation(path) == [SegmentTold(1, "A", 3), SegmentTold(2, "B", 2)]


@pytest.mark.parametrize(
    ("more", "hidden"),
    [
        ({}, False),
        (OURS, False),
        (OURS | {"PatientIdentityRemoved": "YES"}, True),
        (OURS | {"PatientIdentityRemoved": "NO"}, False),
        ({"Manufacturer": "Somebody", "PatientIdentityRemoved": "YES"}, False),
        ({"PatientIdentityRemoved": "YES"}, False),
    ],
)
def test_we_alone_hide_a_frame_of_reference_behind_another(tmp_path, more, hidden):
    stored = read_segmentation(written(tmp_path / "a.dcm", [[[1]]], {1: "A"}, FrameOfReferenceUID="1.2.3", **more))
    assert (stored.is_reference_hidden, stored.frame_of_reference_uid) == (hidden, "1.2.3")


def test_an_object_that_states_no_frame_of_reference_has_none(tmp_path):
    assert read_segmentation(written(tmp_path / "a.dcm", [[[1]]], {1: "A"})).frame_of_reference_uid == ""


@pytest.mark.parametrize(("more", "names"), [(OURS, ["A"]), ({}, ["A", "A, other component"])])
def test_components_of_one_label_are_joined_in_our_own_objects_alone(tmp_path, more, names):
    path = written(tmp_path / "a.dcm", [[[1, 2]]], {1: "A", 2: "A, other component"}, **more)
    assert [each.name for each in read_segmentation(path).segments] == names


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (OURS | {"ContentLabel": "GLIOMA"}, SegmentationTold(is_own=True, content_label="GLIOMA")),
        ({"ContentLabel": "X"}, SegmentationTold(is_own=False, content_label="X")),
        (OURS, SegmentationTold(is_own=True, content_label="")),
        (OURS | {"SOPClassUID": MR, "ContentLabel": "X"}, SegmentationTold(is_own=False, content_label="")),
    ],
)
def test_the_header_tells_whose_an_object_is_and_what_it_calls_its_content(tmp_path, more, told):
    assert segmentation_told(written(tmp_path / "a.dcm", [[[1]]], {1: "A"}, **more)) == told


@pytest.mark.parametrize(
    ("kind", "more", "told"), [("LABELMAP", {}, True), ("BINARY", {}, True), ("BINARY", {"SOPClassUID": MR}, False)]
)
def test_segmentations_are_known_by_their_class(tmp_path, kind, more, told):
    path = written(tmp_path / "a.dcm", [[[1]]], {1: "A"}, kind=kind, **more)
    assert is_segmentation(path) is told
    (tmp_path / "text").write_text("no DICOM, and long enough to be read a little further than to its beginning")
    assert not is_segmentation(tmp_path / "text")


@pytest.mark.parametrize("numbers", [(1, 1), (2, 2)])
def test_two_segments_of_one_number_are_damage(tmp_path, numbers):
    path = written(tmp_path / "a.dcm", [[[1]]], {1: "A"}, SegmentSequence=[segment(n, "x") for n in numbers])
    with pytest.raises(InputRefusedError, match="no numbers of their own"):
        read_segmentation(path)


def test_a_value_of_no_segment_is_damage(tmp_path):
    with pytest.raises(InputRefusedError, match="its value 3 is no segment"):
        read_segmentation(written(tmp_path / "a.dcm", [[[1, 4, 3]]], {1: "A"}))
