"""Segmentation objects, read back by another program: the same voxels in the same place, coded and named."""

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from Testing.support.dicom_files import AXIAL, CORONAL, OBLIQUE, SAGITTAL, SeriesSpec, write_enhanced, write_series
from Testing.support.dicom_results import (
    MODEL,
    SHAPE,
    divided_tumor,
    left_spec,
    result_of,
    world_points,
    write_scan,
)
from Testing.support.dicom_tools import needs_validator, read_segments, validator_errors
from VSSegmentationLib.errors import EmptyMaskError, GeometryError, VSSegmentationError
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity
from VSSegmentationLib.volume import Volume, crop, reorder

FORWARD = tuple(3.0 * i for i in range(SHAPE[0]))


def names(segments):
    return [attributes["SegmentLabel"] for attributes, _ in segments]


def code(attributes, name):
    found = attributes[name]
    return (found[0] if isinstance(found, list) else found)["CodeValue"]


@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE, SAGITTAL, CORONAL])
@pytest.mark.parametrize("places", [FORWARD, FORWARD[::-1]], ids=["forward", "reversed"])
def test_another_program_reads_the_same_voxels_in_the_same_place(tmp_path, orientation, places):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=orientation, positions_mm=places))
    labelmap = divided_tumor(scan)
    seg, _ = result_of(scan, labelmap).write(tmp_path / "out")
    segments = read_segments(seg, tmp_path / "read")
    assert names(segments) == ["Extrameatal tumor", "Intrameatal tumor"]
    for label, (_, volume) in zip((Label.EXTRAMEATAL, Label.INTRAMEATAL), segments, strict=True):
        np.testing.assert_allclose(world_points(volume), world_points(labelmap, label), atol=1e-3)
        assert sorted(volume.spacing_dhw_mm) == pytest.approx([0.9, 1.1, 3.0], abs=1e-5)


@pytest.mark.parametrize("how", ["permuted and mirrored", "cropped"])
def test_a_labelmap_saved_otherwise_lands_on_the_same_slices(tmp_path, how):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=OBLIQUE))
    labelmap = divided_tumor(scan)
    other = (
        crop(labelmap, (2, 8, 6), (11, 30, 33))
        if how == "cropped"
        else reorder(labelmap, AxisOrder((2, 0, 1), (True, False, True)))
    )
    seg, _ = result_of(scan, other).write(tmp_path / "out")
    (_, extrameatal), _ = read_segments(seg, tmp_path / "read")
    np.testing.assert_allclose(world_points(extrameatal), world_points(labelmap, Label.EXTRAMEATAL), atol=1e-3)


def test_each_frame_refers_to_the_slice_at_its_place(tmp_path):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=OBLIQUE, positions_mm=FORWARD[::-1]))
    seg, _ = result_of(scan, divided_tumor(scan), DicomIdentity(with_identifiers=True)).write(tmp_path / "out")
    places = {}
    for path in (tmp_path / "dicom").iterdir():
        header = pydicom.dcmread(path)
        places[header.SOPInstanceUID] = np.array(header.ImagePositionPatient, dtype=float)
    frames = pydicom.dcmread(seg).PerFrameFunctionalGroupsSequence
    assert len(frames) == 7 + 4  # slices 3 to 9 of the one part, 4 to 7 of the other; empty ones are left out
    for frame in frames:
        source = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        place = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        np.testing.assert_allclose(place, places[source], atol=1e-4)


def test_frames_of_an_enhanced_object_are_referred_to_by_their_number_in_it(tmp_path):
    (tmp_path / "dicom").mkdir()
    order = [3, 0, 1, 2, 5, 4, 6, 7, 8, 9, 11, 10]
    voxels = np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.int16)
    write_enhanced(tmp_path / "dicom" / "enhanced.dcm", voxels, left_spec(orientation=SAGITTAL), order=order)
    scan = read_scan(tmp_path / "dicom")
    labelmap = divided_tumor(scan)
    seg, sr = result_of(scan, labelmap, DicomIdentity(with_identifiers=True)).write(tmp_path / "out")
    stored = pydicom.dcmread(tmp_path / "dicom" / "enhanced.dcm").PerFrameFunctionalGroupsSequence
    for frame in pydicom.dcmread(seg).PerFrameFunctionalGroupsSequence:
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        there = stored[source.ReferencedFrameNumber - 1].PlanePositionSequence[0].ImagePositionPatient
        here = frame.PlanePositionSequence[0].ImagePositionPatient
        np.testing.assert_allclose(np.array(here, dtype=float), np.array(there, dtype=float), atol=1e-4)
    (_, extrameatal), _ = read_segments(seg, tmp_path / "read")
    np.testing.assert_allclose(world_points(extrameatal), world_points(labelmap, Label.EXTRAMEATAL), atol=1e-3)
    assert sr.exists()


def test_segments_are_coded_with_side_part_and_color(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    labels = divided_tumor(scan).array.copy()
    labels[5, 34:37, 34:38] = Label.COCHLEA
    seg, _ = result_of(scan, scan.volume.with_array(labels), side="left").write(tmp_path / "out")
    (extrameatal, _), (intrameatal, _), (cochlea, _) = read_segments(seg, tmp_path / "read")
    for attributes, part in ((extrameatal, "VS-EXTRA"), (intrameatal, "VS-INTRA")):
        assert code(attributes, "SegmentedPropertyCategoryCodeSequence") == "49755003"
        assert code(attributes, "SegmentedPropertyTypeCodeSequence") == "108369006"
        assert code(attributes, "SegmentedPropertyTypeModifierCodeSequence") == part
        assert code(attributes, "AnatomicRegionSequence") == "361078006"
        assert code(attributes, "AnatomicRegionModifierSequence") == "7771000"  # left: x of LPS is positive
        assert attributes["SegmentAlgorithmType"] == "MANUAL"
    assert code(cochlea, "SegmentedPropertyTypeCodeSequence") == "22945000"
    color = np.array(extrameatal["recommendedDisplayRGBValue"])
    assert (
        np.abs(color - VESTIBULAR_SCHWANNOMA_LABELS.of_value(Label.EXTRAMEATAL).color_rgb).max() <= 1
    )  # rounded in CIELab


def test_the_right_side_is_coded_right(tmp_path):
    scan = write_scan(tmp_path / "dicom", left_spec(origin_lps_mm=(-60.0, -10.0, 5.0)))
    seg, _ = result_of(scan, divided_tumor(scan), side="right").write(tmp_path / "out")
    assert code(read_segments(seg, tmp_path / "read")[0][0], "AnatomicRegionModifierSequence") == "24028007"


@pytest.mark.parametrize("side", [None, "right"])
def test_without_a_side_and_against_the_header_nothing_else_gets_one(tmp_path, side):
    scan = write_scan(tmp_path / "dicom")
    labels = divided_tumor(scan).array.copy()
    labels[5, 34:37, 34:38] = Label.COCHLEA
    seg, _ = result_of(scan, scan.volume.with_array(labels), side=side).write(tmp_path / "out")
    (extrameatal, _), _, (cochlea, _) = read_segments(seg, tmp_path / "read")
    assert ("AnatomicRegionModifierSequence" in extrameatal) is (side is not None)
    told = pydicom.dcmread(seg).SegmentSequence[2]
    meanings = [
        c.CodeMeaning for c in told.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence
    ]
    assert meanings == ["Cochlea"]
    assert cochlea["SegmentLabel"] == "Cochlea"


@pytest.mark.parametrize("label", [Label.UNDIVIDED_TUMOR, Label.EXTRAMEATAL, Label.INTRAMEATAL])
def test_a_part_that_is_not_there_is_no_segment(tmp_path, label):
    scan = write_scan(tmp_path / "dicom")
    whole = scan.volume.with_array(np.where(divided_tumor(scan).array, np.uint8(label), np.uint8(0)))
    seg, _ = result_of(scan, whole).write(tmp_path / "out")
    ((attributes, volume),) = read_segments(seg, tmp_path / "read")
    assert attributes["SegmentLabel"] == VESTIBULAR_SCHWANNOMA_LABELS.of_value(label).name
    np.testing.assert_allclose(world_points(volume), world_points(whole), atol=1e-3)


def test_components_beside_the_measured_tumor_are_segments_of_their_own(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    labels = divided_tumor(scan).array.copy()
    labels[0:2, 36:39, 0:3] = Label.EXTRAMEATAL
    labels[11, 0:2, 40:43] = Label.EXTRAMEATAL
    labelmap = scan.volume.with_array(labels)
    assert ndimage.label(labels)[1] == 3
    seg, _ = result_of(scan, labelmap).write(tmp_path / "out")
    segments = read_segments(seg, tmp_path / "read")
    assert names(segments) == ["Extrameatal tumor", "Intrameatal tumor", "Extrameatal tumor, other component"]
    counts = [np.count_nonzero(volume.array) for _, volume in segments]
    assert counts[2] == 18 + 6
    assert sum(counts) == np.count_nonzero(labels)


def test_tumors_on_both_sides_are_told_apart(tmp_path):
    scan = write_scan(tmp_path / "dicom", left_spec(spacing_dhw_mm=(3.0, 0.9, 2.0), origin_lps_mm=(-43.0, -10.0, 5.0)))
    labels = np.zeros(SHAPE, np.uint8)
    labels[3:9, 10:28, 34:40] = Label.EXTRAMEATAL  # x of LPS up to +35 mm: left
    labels[4:7, 12:18, 3:8] = Label.EXTRAMEATAL
    seg, _ = result_of(scan, scan.volume.with_array(labels), side="left").write(tmp_path / "out")
    (left, _), (right, _) = read_segments(seg, tmp_path / "read")
    assert code(left, "AnatomicRegionModifierSequence") == "7771000"
    assert code(right, "AnatomicRegionModifierSequence") == "24028007"


def test_a_model_is_named_with_its_version_and_checksum(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    seg, _ = result_of(scan, divided_tumor(scan), provenance=MODEL).write(tmp_path / "out")
    (segment, *_) = pydicom.dcmread(seg).SegmentSequence
    (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
    assert (segment.SegmentAlgorithmType, segment.SegmentAlgorithmName) == ("AUTOMATIC", "toy")
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("toy", "2.1")
    assert "5a" * 32 in algorithm.AlgorithmParameters


@pytest.mark.parametrize("reviewed", [False, True])
def test_draft_or_reviewed_stands_on_the_object(tmp_path, reviewed):
    scan = write_scan(tmp_path / "dicom")
    seg, _ = result_of(scan, divided_tumor(scan), reviewed=reviewed).write(tmp_path / "out")
    dataset = pydicom.dcmread(seg)
    word = "REVIEWED" if reviewed else "DRAFT"
    assert word in dataset.SeriesDescription
    assert word in dataset.ContentDescription
    assert "research use only" in dataset.SeriesDescription


@pytest.mark.parametrize("with_identifiers", [False, True])
@needs_validator
def test_the_validator_finds_no_error(tmp_path, with_identifiers):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=OBLIQUE))
    labels = divided_tumor(scan).array.copy()
    labels[0, 36:39, 0:3] = Label.UNDIVIDED_TUMOR
    labels[5, 34:37, 34:38] = Label.COCHLEA
    identity = DicomIdentity(with_identifiers=with_identifiers)
    seg, _ = result_of(scan, scan.volume.with_array(labels), identity, provenance=MODEL).write(tmp_path / "out")
    assert validator_errors(seg) == []


def test_a_labelmap_of_another_scan_is_refused(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    labelmap = divided_tumor(scan)
    shifted = labelmap.dhw_to_ras.copy()
    shifted[:3, 3] += 0.3
    with pytest.raises(GeometryError, match="must have the voxels of the scan"):
        result_of(scan, Volume(labelmap.array, shifted)).write(tmp_path / "out")


def test_an_empty_labelmap_is_refused(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    with pytest.raises(EmptyMaskError, match="at least one segment"):
        result_of(scan, scan.volume.with_array(np.zeros(SHAPE, np.uint8))).write(tmp_path / "out")


def test_a_series_without_a_frame_of_reference_is_refused(tmp_path):
    scan = write_scan(tmp_path / "dicom", SeriesSpec(spacing_dhw_mm=(3.0, 0.9, 1.1)))
    with pytest.raises(VSSegmentationError, match="states no frame of reference"):
        result_of(scan, divided_tumor(scan)).write(tmp_path / "out")


def test_a_resampled_scan_is_refused(tmp_path):
    spec = left_spec(positions_mm=(*FORWARD[:-1], FORWARD[-1] + 3.0))  # a slice is missing before the last
    write_series(tmp_path / "dicom", np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.int16), spec)
    scan = read_scan(tmp_path / "dicom", accept_resampling=True)
    with pytest.raises(VSSegmentationError, match="was resampled"):
        result_of(scan, divided_tumor(scan)).write(tmp_path / "out")


def test_a_series_that_went_away_is_refused(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    for path in (tmp_path / "dicom").iterdir():
        path.unlink()
    with pytest.raises(VSSegmentationError, match="could not be read again"):
        result_of(scan, divided_tumor(scan)).write(tmp_path / "out")
