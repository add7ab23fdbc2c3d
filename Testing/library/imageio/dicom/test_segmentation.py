"""DICOM segmentations, ours and those that other programs write, as labelmaps in the place where they were drawn."""

import copy
from types import SimpleNamespace

import highdicom as hd
import numpy as np
import pydicom
import pytest
from highdicom.sr import CodedConcept
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from Testing.support.dicom_files import AXIAL, OBLIQUE, SAGITTAL, save_part_10, write_rtstruct
from Testing.support.dicom_results import MODEL, divided_tumor, left_spec, result_of, world_points, write_scan
from VSSegmentationLib.errors import GeometryError, InputRefusedError, UsageError
from VSSegmentationLib.imageio import load_labelmap, placed_on_scan
from VSSegmentationLib.imageio.dicom.segment_pixels import stored_frames
from VSSegmentationLib.imageio.dicom.segmentation import _label_layer
from VSSegmentationLib.labels import Label
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity
from VSSegmentationLib.tasks import DEFAULT_TASK, task_of_labelmap

IDENTIFIED = DicomIdentity(with_identifiers=True)
ALTERED = CodedConcept("49755003", "SCT", "Morphologically Abnormal Structure")
NEOPLASM = CodedConcept("108369006", "SCT", "Neoplasm")
STRUCTURE = CodedConcept("123037004", "SCT", "Anatomical Structure")
TISSUE = CodedConcept("85756007", "SCT", "Tissue")
BRAINSTEM = CodedConcept("15926001", "SCT", "Brainstem")


def described(number, name, category=ALTERED, kind=NEOPLASM):
    return hd.seg.SegmentDescription(
        segment_number=number, segment_label=name, segmented_property_category=category,
        segmented_property_type=kind, algorithm_type="MANUAL",
    )  # fmt: skip


def theirs(path, scan, pixels, segments, kind="BINARY", **more):
    """What another program makes of arrays in the order of the slices of the scan."""
    sources = [pydicom.dcmread(each.path) for each in scan.dicom_source.slices]
    for each in sources:
        each.StudyID = each.AccessionNumber = each.StudyDate = each.StudyTime = each.ReferringPhysicianName = ""
        each.PatientBirthDate = each.PatientSex = each.PositionReferenceIndicator = ""
    hd.seg.Segmentation(
        source_images=sources, pixel_array=pixels, segmentation_type=kind, segment_descriptions=segments,
        series_instance_uid=generate_uid(), series_number=9, sop_instance_uid=generate_uid(), instance_number=1,
        manufacturer="Somebody", manufacturer_model_name="else", software_versions="1", device_serial_number="1",
        **more,
    ).save_as(path, enforce_file_format=True)  # fmt: skip
    return path


@pytest.fixture
def scan(tmp_path):
    return write_scan(tmp_path / "dicom", left_spec(orientation=OBLIQUE))


@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE, SAGITTAL])
@pytest.mark.parametrize("identity", [IDENTIFIED, DicomIdentity()], ids=["identified", "hidden"])
def test_our_own_object_comes_back_voxel_for_voxel(tmp_path, orientation, identity):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=orientation))
    labels = divided_tumor(scan).array.copy()
    labels[5, 34:37, 34:38] = Label.COCHLEA
    labels[0:2, 36:39, 0:3] = Label.EXTRAMEATAL  # a component of its own: another segment of the object
    drawn = scan.volume.with_array(labels)
    seg, _ = result_of(scan, drawn, identity, side="left", provenance=MODEL).write(tmp_path / "out")
    read = load_labelmap(seg)
    for value in (Label.EXTRAMEATAL, Label.INTRAMEATAL, Label.COCHLEA):
        np.testing.assert_allclose(world_points(read.volume, value), world_points(drawn, value), atol=2e-3)
    assert read.side == "left"
    assert read.volume.spacing_dhw_mm == pytest.approx((3.0, 0.9, 1.1), abs=1e-4)
    placed = placed_on_scan(read, scan)
    np.testing.assert_array_equal(placed.volume.array, labels)
    assert any("could not be checked" in note for note in placed.notes) is (identity is not IDENTIFIED)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_segments_of_others_are_known_by_their_names(tmp_path, scan, kind):
    labels = divided_tumor(scan).array
    pixels = np.where(labels == Label.INTRAMEATAL, np.uint8(1), np.where(labels, np.uint8(2), np.uint8(0)))
    segments = [described(1, "intracanalicular part"), described(2, "Extrameataler Anteil")]
    read = load_labelmap(theirs(tmp_path / "seg.dcm", scan, pixels, segments, kind))
    np.testing.assert_array_equal(placed_on_scan(read, scan).volume.array, labels)


def test_a_segment_is_known_by_its_codes_and_neighbors_are_left_out(tmp_path, scan):
    labels = divided_tumor(scan).array
    pixels = np.zeros((*labels.shape, 2), np.uint8)
    pixels[..., 0] = labels != 0
    pixels[2:9, 5:35, 3:38, 1] = 1  # overlaps the tumor
    segments = [described(1, "Segment_1"), described(2, "Something", STRUCTURE, BRAINSTEM)]
    path = theirs(tmp_path / "seg.dcm", scan, pixels, segments)
    read = load_labelmap(path, values={1: Label.UNDIVIDED_TUMOR})
    assert read.notes == ("Other structures of the file were left out: 'Something'.",)
    np.testing.assert_array_equal(placed_on_scan(read, scan).volume.array, np.where(labels, Label.UNDIVIDED_TUMOR, 0))


def test_what_is_not_certain_is_asked_for_by_number(tmp_path, scan):
    labels = divided_tumor(scan).array
    path = theirs(
        tmp_path / "seg.dcm", scan, labels, [described(1, "A", TISSUE, TISSUE), described(2, "B", TISSUE, TISSUE)]
    )
    with pytest.raises(UsageError, match="1 'A', 2 'B'"):
        load_labelmap(path)
    read = load_labelmap(path, values={1: Label.EXTRAMEATAL, 2: Label.INTRAMEATAL})
    np.testing.assert_array_equal(placed_on_scan(read, scan).volume.array, labels)


def test_a_question_about_many_segments_lists_ten_and_shows_how_to_say_five(tmp_path, scan):
    pixels = np.zeros((*scan.volume.shape, 12), np.uint8)
    for number in range(12):
        pixels[2 + number % 6, 10:14, 10:14, number] = 1
    path = theirs(tmp_path / "seg.dcm", scan, pixels, [described(n, f"S{n}", TISSUE, TISSUE) for n in range(1, 13)])
    with pytest.raises(UsageError) as asked:
        load_labelmap(path)
    assert "10 'S10' and 2 more" in str(asked.value)
    assert "--values 1=...,2=...,3=...,4=...,5=..., where" in str(asked.value)


def test_frames_in_any_order_are_put_where_they_say(tmp_path, scan):
    labels = divided_tumor(scan).array
    path = theirs(tmp_path / "seg.dcm", scan, labels, [described(1, "extrameatal"), described(2, "intrameatal")])
    dataset = pydicom.dcmread(path)
    order = np.random.default_rng(3).permutation(int(dataset.NumberOfFrames))
    bits = np.unpackbits(np.frombuffer(dataset.PixelData, np.uint8), bitorder="little")
    frames = bits[: len(order) * labels[0].size].reshape(len(order), -1)
    dataset.PixelData = np.packbits(frames[order].ravel(), bitorder="little").tobytes()
    dataset.PerFrameFunctionalGroupsSequence = [dataset.PerFrameFunctionalGroupsSequence[i] for i in order]
    save_part_10(dataset, path)
    np.testing.assert_array_equal(placed_on_scan(load_labelmap(path), scan).volume.array, labels)


def sparse(tmp_path, scan, slices, **measures):
    """A tumor in some slices only, with the measures of a pixel changed; None takes one out."""
    pixels = np.zeros(scan.volume.shape, np.uint8)
    pixels[list(slices), 10:20, 10:20] = 1
    path = theirs(tmp_path / "seg.dcm", scan, pixels, [described(1, "tumor")])
    dataset = pydicom.dcmread(path)
    (shared,) = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    for name, value in measures.items():
        if value is None and name in shared:
            delattr(shared, name)
        elif value is not None:
            setattr(shared, name, value)
    save_part_10(dataset, path)
    return path, pixels


def test_slices_without_a_frame_are_empty_and_not_left_out(tmp_path, scan):
    path, pixels = sparse(tmp_path, scan, (2, 3, 7))
    read = load_labelmap(path)
    assert read.volume.spacing_dhw_mm[0] == pytest.approx(3.0, abs=1e-4)
    np.testing.assert_array_equal(placed_on_scan(read, scan).volume.array != 0, pixels != 0)


def test_a_distance_of_slices_that_nothing_tells_is_not_guessed(tmp_path, scan):
    path, _ = sparse(tmp_path, scan, (2, 4, 6), SpacingBetweenSlices=None)  # every second slice of 3 mm
    with pytest.raises(InputRefusedError, match="does not state how far its slices are apart"):
        load_labelmap(path)


def test_slices_that_touch_tell_their_distance(tmp_path, scan):
    path, pixels = sparse(tmp_path, scan, (2, 3, 4, 8), SpacingBetweenSlices=None, SliceThickness=3.0)
    np.testing.assert_array_equal(placed_on_scan(load_labelmap(path), scan).volume.array != 0, pixels != 0)


def test_a_wrong_distance_of_slices_is_refused(tmp_path, scan):
    path, _ = sparse(tmp_path, scan, (2, 3, 7), SpacingBetweenSlices=2.0)
    with pytest.raises(InputRefusedError, match="do not lie on one regular grid"):
        load_labelmap(path)


def test_fractions_are_cut_at_one_half_and_that_is_said(tmp_path, scan):
    fractions = np.zeros(scan.volume.shape, np.float32)
    fractions[3:6, 10:20, 10:20], fractions[3:6, 10:20, 20:24], fractions[3:6, 10:20, 24:26] = 1.0, 0.7, 0.3
    more = {"fractional_type": "PROBABILITY", "max_fractional_value": 200}
    read = load_labelmap(theirs(tmp_path / "seg.dcm", scan, fractions, [described(1, "tumor")], "FRACTIONAL", **more))
    np.testing.assert_array_equal(placed_on_scan(read, scan).volume.array != 0, fractions >= 0.5)
    assert any("voxels of one half or more" in note and "(probability)" in note for note in read.notes)


def test_fractions_of_nothing_and_all_are_a_mask_of_which_nothing_has_to_be_said(tmp_path, scan):
    whole = (divided_tumor(scan).array != 0).astype(np.float32)
    read = load_labelmap(
        theirs(tmp_path / "seg.dcm", scan, whole, [described(1, "tumor")], "FRACTIONAL", max_fractional_value=255)
    )
    assert not read.notes
    np.testing.assert_array_equal(placed_on_scan(read, scan).volume.array != 0, whole != 0)


def test_another_frame_of_reference_is_refused(tmp_path, scan):
    seg, _ = result_of(scan, divided_tumor(scan), IDENTIFIED).write(tmp_path / "out")
    other = left_spec(orientation=OBLIQUE)  # the same place by numbers, in another examination
    with pytest.raises(InputRefusedError, match="made in another frame of reference"):
        placed_on_scan(load_labelmap(seg), write_scan(tmp_path / "other", other))


def test_another_grid_in_the_same_frame_is_refused(tmp_path):
    spec = left_spec()
    scan = write_scan(tmp_path / "dicom", spec)
    seg, _ = result_of(scan, divided_tumor(scan), IDENTIFIED).write(tmp_path / "out")
    finer = left_spec(tags=spec.tags, spacing_dhw_mm=(3.0, 0.8, 1.1))
    with pytest.raises(GeometryError, match="must have the voxels of the scan"):
        placed_on_scan(load_labelmap(seg), write_scan(tmp_path / "finer", finer))


@pytest.mark.parametrize("share", [0.3, 0.8, 0.99])
def test_a_truncated_object_is_refused(tmp_path, scan, share):
    seg, _ = result_of(scan, divided_tumor(scan)).write(tmp_path / "out")
    content = seg.read_bytes()
    seg.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputRefusedError, match="export it again"):
        load_labelmap(seg)


@pytest.mark.parametrize(
    ("tag", "value"), [("Rows", 60000), ("NumberOfFrames", "100000"), ("BitsAllocated", 64), ("SegmentationType", "X")]
)
def test_a_header_that_promises_what_is_not_there_is_refused(tmp_path, scan, tag, value):
    seg, _ = result_of(scan, divided_tumor(scan)).write(tmp_path / "out")
    dataset = pydicom.dcmread(seg)
    setattr(dataset, tag, value)
    save_part_10(dataset, seg)
    with pytest.raises(InputRefusedError):
        load_labelmap(seg)


def test_two_numbers_of_one_segment_are_refused(tmp_path, scan):
    seg, _ = result_of(scan, divided_tumor(scan)).write(tmp_path / "out")
    dataset = pydicom.dcmread(seg)
    dataset.SegmentSequence[1].SegmentNumber = 1
    save_part_10(dataset, seg)
    with pytest.raises(InputRefusedError, match="no numbers of their own"):
        load_labelmap(seg)


@pytest.mark.parametrize(("count", "is_read"), [(500, True), (501, False)])
def test_five_hundred_segments_are_read_and_more_are_refused(tmp_path, scan, count, is_read):
    pixels = np.zeros(scan.volume.shape, np.uint8)
    pixels[2:5, 10:14, 10:14] = 1
    path = theirs(tmp_path / "seg.dcm", scan, pixels, [described(1, "Tumor")])
    dataset = pydicom.dcmread(path)
    for number in range(2, count + 1):
        empty = copy.deepcopy(dataset.SegmentSequence[0])
        empty.SegmentNumber, empty.SegmentLabel = number, f"S{number}"
        dataset.SegmentSequence.append(empty)
    save_part_10(dataset, path)
    if is_read:
        assert load_labelmap(path).volume.array.any()
    else:
        with pytest.raises(InputRefusedError, match="or are too many"):
            load_labelmap(path)


def test_components_of_one_label_are_joined_in_a_label_map():
    grid = SimpleNamespace(shape=(2, 1, 3), slices=(1, 0))
    frames = np.array([[[1, 2, 0]], [[2, 2, 3]]], np.uint16)
    layer = _label_layer(frames, grid, {1, 2, 3}, {1: 1, 2: 1, 3: 3})
    assert layer.tolist() == [[[1, 1, 3]], [[1, 1, 0]]]


def test_a_dicom_file_of_another_kind_is_refused_with_what_would_do(tmp_path, scan):
    image = next((tmp_path / "dicom").iterdir())
    with pytest.raises(InputRefusedError, match=r"is no segmentation \(SEG\)"):
        load_labelmap(image)
    write_rtstruct(tmp_path / "rs.dcm", {"TV": [np.eye(3) * 5]})
    with pytest.raises(InputRefusedError, match="measure it first"):
        load_labelmap(tmp_path / "rs.dcm")


def test_names_of_the_patient_are_in_no_message(tmp_path, scan):
    dataset = pydicom.dcmread(theirs(tmp_path / "seg.dcm", scan, divided_tumor(scan).array, [
        described(1, "A"), described(2, "B"),
    ]))  # fmt: skip
    dataset.PatientName, dataset.SegmentationType = "PLANTED^MARKER", "PLANTED"
    save_part_10(dataset, tmp_path / "seg.dcm")
    with pytest.raises(InputRefusedError) as refusal:
        load_labelmap(tmp_path / "seg.dcm")
    assert "PLANTED" not in str(refusal.value)


def test_the_kind_of_tumor_is_told_by_our_own_objects_alone(tmp_path, scan):
    seg, _ = result_of(scan, divided_tumor(scan)).write(tmp_path / "out")
    dataset = pydicom.dcmread(seg)
    assert task_of_labelmap(seg) is DEFAULT_TASK
    dataset.ContentLabel = "GLIOMA"
    save_part_10(dataset, seg)
    assert task_of_labelmap(seg).name == "glioma"
    dataset.Manufacturer = "Somebody"
    save_part_10(dataset, seg)
    assert task_of_labelmap(seg) is DEFAULT_TASK


@pytest.mark.parametrize("bits", [8, 16])
def test_fewer_values_than_the_header_promises_are_refused_before_they_are_taken(bits):
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames, dataset.BitsAllocated = 4, 4, 2, bits
    dataset.PixelData = bytes(2 * 4 * 4 * bits // 8 - 2)
    with pytest.raises(InputRefusedError):
        stored_frames(dataset)
    dataset.PixelData += b"\0\0"
    assert stored_frames(dataset).shape == (2, 4, 4)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_label_map_of_eight_or_sixteen_bits_comes_back(tmp_path, scan, bits):
    labels = divided_tumor(scan).array
    segments = [described(1, "extrameatal"), described(2, "intrameatal")]
    path = theirs(tmp_path / "seg.dcm", scan, labels, segments, "LABELMAP")
    dataset = pydicom.dcmread(path)
    frames = dataset.pixel_array.astype(f"<u{bits // 8}")
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset["PixelData"].VR = "OW" if bits == 16 else "OB"
    dataset.PixelData = frames.tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    save_part_10(dataset, path)
    np.testing.assert_array_equal(placed_on_scan(load_labelmap(path), scan).volume.array, labels)
