"""RT structure sets, read back: the same voxels, an image for every contour, and nothing calls them approved."""

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from Testing.support.dicom_files import AXIAL, CORONAL, OBLIQUE, SAGITTAL, write_enhanced
from Testing.support.dicom_results import MODEL, SHAPE, divided_tumor, left_spec, result_of, write_scan
from Testing.support.dicom_tools import needs_validator, validator_errors
from VSSegmentationLib.errors import EmptyMaskError, VSSegmentationError
from VSSegmentationLib.imageio import list_rois, load_rtstruct_roi, read_scan
from VSSegmentationLib.labels import Label
from VSSegmentationLib.reporting.dicom.planar_contours import keyhole_contours
from VSSegmentationLib.reporting.dicom.rtstruct import write_structure_set
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity

IDENTIFIED = DicomIdentity(with_identifiers=True)


def written(folder, scan, labelmap, identity=IDENTIFIED, **content):
    result = result_of(scan, labelmap, identity, **content)
    path = folder / "structures.dcm"
    write_structure_set(path, result.labelmap, result.report, result.link, result.task)
    return path


def read_back(path, name, scan):
    return load_rtstruct_roi(path, name, scan.volume, scan.dicom_source.frame_of_reference_uid)


def ball(scan, *, hollow):
    """Of the label for the whole tumor, elliptic in voxels, with two voids and a channel that opens one of them."""
    d, h, w = np.indices(scan.volume.shape) - np.array([5.5, 20, 22])[:, None, None, None]
    inside = (d / 4.5) ** 2 + (h / 14) ** 2 + (w / 16) ** 2 <= 1
    if hollow:
        inside &= (h / 4) ** 2 + ((w - 6) / 4) ** 2 > 1
        inside &= (h / 4) ** 2 + ((w + 6) / 4) ** 2 > 1
    return scan.volume.with_array(np.where(inside, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0)))


@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE, SAGITTAL, CORONAL])
@pytest.mark.parametrize("hollow", [False, True], ids=["solid", "hollow"])
def test_every_voxel_comes_back(tmp_path, orientation, hollow):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=orientation))
    labelmap = ball(scan, hollow=hollow)
    structure = read_back(written(tmp_path, scan, labelmap), "Tumor (not divided)", scan)
    np.testing.assert_array_equal(structure.mask.array, labelmap.array != 0)
    assert structure.notes == ()


def test_a_divided_tumor_is_there_in_parts_and_as_a_whole(tmp_path):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=OBLIQUE))
    labels = divided_tumor(scan).array.copy()
    labels[5, 34:37, 34:38] = Label.COCHLEA
    path = written(tmp_path, scan, scan.volume.with_array(labels), side="left")
    names = [name.removesuffix(", left") for name in list_rois(path)]
    assert names == ["Whole tumor", "Extrameatal tumor", "Intrameatal tumor", "Cochlea"]
    tumor = (labels != 0) & (labels != Label.COCHLEA)
    for name, mask in (
        ("Whole tumor, left", tumor),
        ("Extrameatal tumor, left", labels == Label.EXTRAMEATAL),
        ("Intrameatal tumor, left", labels == Label.INTRAMEATAL),
    ):
        np.testing.assert_array_equal(read_back(path, name, scan).mask.array, mask)


def even_odd(contour, shape):
    """Pixels whose centers a ray from the left enters once more than it leaves, independent of how they are read."""
    rows, columns = np.indices(shape)
    inside = np.zeros(shape, bool)
    for (r0, c0), (r1, c1) in zip(contour, np.roll(contour, -1, axis=0), strict=True):
        crosses = (r0 <= rows) != (r1 <= rows)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = c0 + (rows - r0) / (r1 - r0) * (c1 - c0)
        inside ^= crosses & (at < columns)
    return inside


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("filled", [0.35, 0.6, 0.8])
def test_contours_of_anything_enclose_it_and_have_no_void(seed, filled):
    mask = np.random.default_rng(seed).random((11, 13)) < filled
    contours = keyhole_contours(mask)
    assert len(contours) == ndimage.label(mask)[1]  # one for each piece: no contour is a void
    joined = np.zeros_like(mask)
    for contour in contours:
        own = even_odd(contour, mask.shape)
        assert not (joined & own).any()
        joined |= own
        rows, columns = contour.T
        enclosed = abs((columns * np.roll(rows, -1) - np.roll(columns, -1) * rows).sum()) / 2
        assert enclosed == pytest.approx(own.sum())  # the channels have no width
    np.testing.assert_array_equal(joined, mask)


def test_a_void_within_an_island_within_a_void_is_one(tmp_path):
    mask = np.zeros((15, 15), bool)
    mask[1:14, 1:14] = True
    mask[3:12, 3:12] = False
    mask[5:10, 5:10] = True
    mask[7, 7] = False
    assert len(keyhole_contours(mask)) == 2
    np.testing.assert_array_equal(sum(even_odd(c, mask.shape).astype(int) for c in keyhole_contours(mask)), mask)


def test_contours_lie_on_the_slices_they_name_and_all_slices_are_listed(tmp_path):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=OBLIQUE))
    dataset = pydicom.dcmread(written(tmp_path, scan, divided_tumor(scan)))
    sources = {header.SOPInstanceUID: header for header in map(pydicom.dcmread, (tmp_path / "dicom").iterdir())}
    (frame,) = dataset.ReferencedFrameOfReferenceSequence
    (study,) = frame.RTReferencedStudySequence
    (series,) = study.RTReferencedSeriesSequence
    first = next(iter(sources.values()))
    assert frame.FrameOfReferenceUID == first.FrameOfReferenceUID
    assert study.ReferencedSOPInstanceUID == first.StudyInstanceUID == dataset.StudyInstanceUID
    assert series.SeriesInstanceUID == first.SeriesInstanceUID
    assert {each.ReferencedSOPInstanceUID for each in series.ContourImageSequence} == sources.keys()
    for roi in dataset.ROIContourSequence:
        for contour in roi.ContourSequence:
            (image,) = contour.ContourImageSequence
            source = sources[image.ReferencedSOPInstanceUID]
            orientation = np.array(source.ImageOrientationPatient, float).reshape(2, 3)
            points = np.array(contour.ContourData, float).reshape(-1, 3) - np.array(source.ImagePositionPatient, float)
            assert len(points) == contour.NumberOfContourPoints
            assert np.abs(points @ np.cross(*orientation)).max() < 2e-3


def test_contours_on_an_enhanced_object_name_the_frame(tmp_path):
    (tmp_path / "dicom").mkdir()
    order = [3, 0, 1, 2, 5, 4, 6, 7, 8, 9, 11, 10]
    voxels = np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.int16)
    write_enhanced(tmp_path / "dicom" / "enhanced.dcm", voxels, left_spec(), order=order)
    scan = read_scan(tmp_path / "dicom")
    dataset = pydicom.dcmread(written(tmp_path, scan, divided_tumor(scan)))
    stored = pydicom.dcmread(tmp_path / "dicom" / "enhanced.dcm").PerFrameFunctionalGroupsSequence
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    place = stored[contour.ContourImageSequence[0].ReferencedFrameNumber - 1].PlanePositionSequence[0]
    assert float(contour.ContourData[2]) == pytest.approx(float(place.ImagePositionPatient[2]), abs=1e-3)


@pytest.mark.parametrize("reviewed", [False, True])
def test_it_is_a_draft_or_reviewed_and_never_approved(tmp_path, reviewed):
    scan = write_scan(tmp_path / "dicom")
    dataset = pydicom.dcmread(written(tmp_path, scan, divided_tumor(scan), provenance=MODEL, reviewed=reviewed))
    word = "REVIEWED" if reviewed else "DRAFT"
    assert dataset.StructureSetLabel.startswith(word)
    assert len(dataset.StructureSetLabel) <= 16
    assert "research use only" in dataset.SeriesDescription
    assert dataset.ApprovalStatus == "UNAPPROVED"
    assert {roi.ROIGenerationAlgorithm for roi in dataset.StructureSetROISequence} == {"AUTOMATIC"}
    assert {roi.RTROIInterpretedType for roi in dataset.RTROIObservationsSequence} == {""}  # what it is for is open


def test_no_number_has_more_letters_than_dicom_allows(tmp_path):
    scan = write_scan(
        tmp_path / "dicom", left_spec(orientation=OBLIQUE, origin_lps_mm=(-612.123456789, 1e-7, 499.98765))
    )
    dataset = pydicom.dcmread(written(tmp_path, scan, divided_tumor(scan)))
    numbers = [str(x) for roi in dataset.ROIContourSequence for c in roi.ContourSequence for x in c.ContourData]
    assert max(map(len, numbers)) <= 16


@pytest.mark.parametrize("identity", [IDENTIFIED, DicomIdentity()], ids=["identified", "hidden"])
@needs_validator
def test_the_validator_finds_no_error(tmp_path, identity):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=OBLIQUE))
    labels = divided_tumor(scan).array.copy()
    labels[5, 34:37, 34:38] = Label.COCHLEA
    path = written(tmp_path, scan, scan.volume.with_array(labels), identity, provenance=MODEL, side="left")
    assert validator_errors(path) == []


def test_without_identifiers_nothing_leads_to_the_source(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    content = written(tmp_path, scan, divided_tumor(scan), DicomIdentity()).read_bytes()
    source = pydicom.dcmread(next((tmp_path / "dicom").iterdir()))
    for keyword in ("PatientName", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID"):
        assert str(source[keyword].value).encode() not in content, keyword
    assert pydicom.dcmread(tmp_path / "structures.dcm").StructureSetDate == ""


def test_an_empty_labelmap_is_refused(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    with pytest.raises(EmptyMaskError, match="at least one structure"):
        written(tmp_path, scan, scan.volume.with_array(np.zeros(SHAPE, np.uint8)))


def test_it_needs_the_voxels_of_the_series(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    other = write_scan(tmp_path / "other", left_spec(spacing_dhw_mm=(3.0, 0.8, 1.1)))
    with pytest.raises(VSSegmentationError, match="must have the voxels of the scan"):
        written(tmp_path, scan, divided_tumor(other))
