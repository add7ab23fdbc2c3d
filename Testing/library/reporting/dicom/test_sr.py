"""Structured reports, read back by another program: the same values, each at its place, with what belongs to it."""

import numpy as np
import pydicom
import pytest

from Testing.support.dicom_files import OBLIQUE, SAGITTAL, write_enhanced
from Testing.support.dicom_results import MODEL, SHAPE, divided_tumor, left_spec, result_of, write_scan
from Testing.support.dicom_tools import needs_validator, read_measurement_groups, validator_errors
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement, measure
from VSSegmentationLib.reporting import NOTICE, Correction, Corrections, Provenance
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity
from VSSegmentationLib.reporting.report.fields import UserFields


def items(dataset, meaning):
    """Every content item of that name, at any depth."""
    found = []
    for item in dataset.get("ContentSequence") or ():
        if item.ConceptNameCodeSequence[0].CodeMeaning == meaning:
            found.append(item)
        found += items(item, meaning)
    return found


def group_of(dataset, identifier):
    groups = items(dataset, "Measurement Group")
    return next(g for g in groups if items(g, "Tracking Identifier")[0].TextValue == identifier)


def comments(path):
    return [item.TextValue for item in items(pydicom.dcmread(path), "Comment")]


@pytest.fixture
def written(tmp_path):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=OBLIQUE))
    result = result_of(scan, divided_tumor(scan), side="left")
    return result, *result.write(tmp_path / "out")


def test_another_program_reads_every_value_that_was_measured(written, tmp_path):
    result, seg, sr = written
    groups = {g["TrackingIdentifier"]: g for g in read_measurement_groups(sr, tmp_path / "read")}
    measured = {m.id: m for m in measure(result.labelmap) if m.value is not None}
    assert len(measured) >= 10
    assert set(groups) == {*measured, "tumor"}
    for identifier, measurement in measured.items():
        (item,) = groups[identifier]["measurementItems"]
        assert float(item["value"]) == pytest.approx(measurement.value, rel=1e-9)
        assert item["units"]["CodeValue"] == measurement.unit
        assert groups[identifier]["Laterality"]["CodeMeaning"] == "Left"
    assert groups["vol_em"]["ReferencedSegment"] == 1
    assert groups["vol_im"]["ReferencedSegment"] == 2
    assert groups["vol_em"]["segmentationSOPInstanceUID"] == pydicom.dcmread(seg).SOPInstanceUID
    assert groups["vol_em"]["measurementItems"][0]["quantity"]["CodeValue"] == "118565006"
    assert groups["vol_em"]["measurementMethod"]["CodeValue"] == "126030"


def test_the_volume_of_an_undivided_tumor_is_that_of_its_segment(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    whole = scan.volume.with_array(np.where(divided_tumor(scan).array, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0)))
    _, sr = result_of(scan, whole).write(tmp_path / "out")
    groups = {g["TrackingIdentifier"]: g for g in read_measurement_groups(sr, tmp_path / "read")}
    assert groups["vol_total"]["ReferencedSegment"] == 1
    assert "vol_em" not in groups


def lines_in_world(sr, folder):
    """Each polyline by its id as RAS points, from the slices referred to and the definition of image coordinates."""
    places = {}
    for path in folder.iterdir():
        header = pydicom.dcmread(path)
        places[header.SOPInstanceUID] = header
    lines = {}
    for group in items(pydicom.dcmread(sr), "Measurement Group"):
        for region in items(group, "Image Region"):
            data = np.array(region.GraphicData, dtype=float)
            if region.ValueType == "SCOORD3D":
                lps = data.reshape(-1, 3)
            else:
                image = places[region.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID]
                columns, rows = data.reshape(-1, 2).T - 0.5  # the first pixel's center is at 0.5, 0.5
                directions = np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3)
                between_rows, between_columns = (float(s) for s in image.PixelSpacing)
                lps = (
                    np.array(image.ImagePositionPatient, dtype=float)
                    + np.outer(columns * between_columns, directions[0])
                    + np.outer(rows * between_rows, directions[1])
                )
            identifier = items(group, "Tracking Identifier")[0].TextValue
            lines[identifier] = (region.ValueType, lps * (-1, -1, 1))
    return lines


@pytest.mark.parametrize("orientation", [OBLIQUE, SAGITTAL])
def test_lines_lie_where_they_were_measured(tmp_path, orientation):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=orientation))
    result = result_of(scan, divided_tumor(scan), DicomIdentity(with_identifiers=True))
    _, sr = result.write(tmp_path / "out")
    lines = lines_in_world(sr, tmp_path / "dicom")
    expected = {m.id: m.end_points_ras_mm for m in measure(result.labelmap) if m.end_points_ras_mm is not None}
    assert set(lines) == set(expected)
    for identifier, (_, points) in lines.items():
        np.testing.assert_allclose(points, expected[identifier], atol=2e-3)
    kinds = {kind for kind, _ in lines.values()}
    assert "SCOORD3D" in kinds  # height and depth lie in no slice
    in_slice = lines["em_max_axial"][0]
    assert in_slice == ("SCOORD" if orientation is OBLIQUE else "SCOORD3D")


def test_a_line_on_an_enhanced_object_names_the_frame(tmp_path):
    (tmp_path / "dicom").mkdir()
    order = [3, 0, 1, 2, 5, 4, 6, 7, 8, 9, 11, 10]
    voxels = np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.int16)
    write_enhanced(tmp_path / "dicom" / "enhanced.dcm", voxels, left_spec(), order=order)
    scan = read_scan(tmp_path / "dicom")
    result = result_of(scan, divided_tumor(scan))
    _, sr = result.write(tmp_path / "out")
    (line,) = [m for m in measure(result.labelmap) if m.id == "em_max_axial"]
    region = items(group_of(pydicom.dcmread(sr), "em_max_axial"), "Image Region")[0]
    number = region.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber
    assert order[number - 1] == line.slice_index


@pytest.mark.parametrize("reviewed", [False, True])
def test_a_draft_is_partial_and_nothing_is_ever_verified(tmp_path, reviewed):
    scan = write_scan(tmp_path / "dicom")
    _, sr = result_of(scan, divided_tumor(scan), reviewed=reviewed).write(tmp_path / "out")
    dataset = pydicom.dcmread(sr)
    assert dataset.CompletionFlag == ("COMPLETE" if reviewed else "PARTIAL")
    assert dataset.VerificationFlag == "UNVERIFIED"
    assert ("REVIEWED" if reviewed else "DRAFT") in dataset.SeriesDescription


def test_the_notice_the_warnings_and_the_headline_are_told(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    warnings = ("The mask was drawn by nobody.",)
    result = result_of(scan, divided_tumor(scan), warnings=warnings, user_fields=UserFields(koos="III"))
    _, sr = result.write(tmp_path / "out")
    told = comments(sr)
    assert told[0] == NOTICE
    assert "Warning: The mask was drawn by nobody." in told
    headline = result.report.headline
    assert any(headline.measurement_id in t and headline.policy in t and headline.reason in t for t in told)
    assert any(t.startswith("Uncertainty of vol_total:") for t in told)
    (entered,) = items(pydicom.dcmread(sr), "Koos grade, user-entered")
    assert entered.ConceptCodeSequence[0].CodeMeaning == "III"
    assert entered.ConceptCodeSequence[0].CodingSchemeDesignator == "99VSSEG"


def test_a_mask_corrected_by_clicks_says_with_how_many_and_from_which_volume(tmp_path):
    scan = write_scan(tmp_path / "dicom", left_spec())
    said = Interaction(sign="add", points_ras_mm=((1.0, 2.0, 3.0),))
    told = Corrections(
        model=None, volume_before_cm3=1.25, volume_after_cm3=1.5,
        each=(Correction(interaction=said, voxels_added=20, voxels_removed=0),),
    )  # fmt: skip
    result = result_of(scan, divided_tumor(scan), side="left", provenance=Provenance(corrections=told))
    _, sr = result.write(tmp_path / "out")
    assert (
        "Corrected with 1 interaction (1 to add, 0 to remove): all tumor voxels 1.250 cm3 before, 1.500 cm3 after."
        in comments(sr)
    )


def test_no_koos_grade_is_said_to_be_entered_when_nobody_did(written):
    dataset = pydicom.dcmread(written[2])
    assert not items(dataset, "Koos grade, user-entered")
    (derived,) = items(dataset, "Koos grade, derived by software")
    assert derived.ConceptCodeSequence[0].CodeMeaning == "II or higher"


def test_what_is_not_measurable_is_told_with_its_reason_and_has_no_number(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    labels = np.where(divided_tumor(scan).array, np.uint8(Label.INTRAMEATAL), np.uint8(0))
    result = result_of(scan, scan.volume.with_array(labels))
    _, sr = result.write(tmp_path / "out")
    (missing,) = [m for m in measure(result.labelmap) if m.id == "em_max_axial"]
    assert any("(em_max_axial)" in t and missing.reason in t for t in comments(sr))
    assert "em_max_axial" not in {g["TrackingIdentifier"] for g in read_measurement_groups(sr, tmp_path / "read")}


def test_the_model_stands_beside_each_value(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    _, sr = result_of(scan, divided_tumor(scan), provenance=MODEL).write(tmp_path / "out")
    told = items(group_of(pydicom.dcmread(sr), "vol_em"), "Algorithm Parameters")[0].TextValue
    assert "toy 2.1" in told
    assert "5a" * 32 in told
    assert "AUTOMATIC" in told


def test_a_measure_without_a_public_code_gets_one_of_the_private_scheme(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    labelmap = divided_tumor(scan)
    new = Measurement(
        id="a_measure_that_is_new", region="whole", name="A measure that is new " * 9, value=2.5, unit="mm", method="?"
    )
    _, sr = result_of(scan, labelmap, measurements=(*measure(labelmap), new)).write(tmp_path / "out")
    group = {g["TrackingIdentifier"]: g for g in read_measurement_groups(sr, tmp_path / "read")}[new.id]
    assert float(group["measurementItems"][0]["value"]) == 2.5
    (item,) = [i for i in group_of(pydicom.dcmread(sr), new.id).ContentSequence if i.ValueType == "NUM"]
    code = item.ConceptNameCodeSequence[0]
    assert (code.CodingSchemeDesignator, code.LongCodeValue) == ("99VSSEG", new.id)
    assert len(code.CodeMeaning) <= 64


def test_the_reader_is_named_only_with_identifiers(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    for with_identifiers in (True, False):
        identity = DicomIdentity(with_identifiers=with_identifiers)
        folder = tmp_path / f"out_{with_identifiers}"
        _, sr = result_of(scan, divided_tumor(scan), identity, reviewed=True).write(folder)
        named = [str(i.PersonName) for i in items(pydicom.dcmread(sr), "Person Observer Name")]
        assert named == (["Reader^Anna"] if with_identifiers else [])


@pytest.mark.parametrize("with_identifiers", [False, True])
@pytest.mark.parametrize("reviewed", [False, True])
@needs_validator
def test_the_validator_finds_no_error(tmp_path, with_identifiers, reviewed):
    scan = write_scan(tmp_path / "dicom", left_spec(orientation=OBLIQUE))
    identity = DicomIdentity(with_identifiers=with_identifiers)
    fields = UserFields(koos="IIb, see comment", samii="T3a")
    result = result_of(
        scan, divided_tumor(scan), identity, reviewed=reviewed, provenance=MODEL, user_fields=fields, warnings=("Ä.",)
    )
    _, sr = result.write(tmp_path / "out")
    assert validator_errors(sr) == []


def test_values_have_no_laterality_where_the_side_is_not_determined(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    _, sr = result_of(scan, divided_tumor(scan)).write(tmp_path / "out")
    groups = read_measurement_groups(sr, tmp_path / "read")
    assert groups
    assert not any("Laterality" in each for each in groups)


def test_volumes_of_both_cochleae_are_of_their_own_side_and_no_tumor(tmp_path):
    scan = write_scan(tmp_path / "dicom")
    labels = divided_tumor(scan).array.copy()
    labels[5:8, 14:20, 2:5] = labels[5:8, 14:20, 39:42] = Label.COCHLEA  # 40 mm apart: W runs to the left
    _, sr = result_of(scan, scan.volume.with_array(labels), side="left").write(tmp_path / "out")
    groups = {g["TrackingIdentifier"]: g for g in read_measurement_groups(sr, tmp_path / "read")}
    for side in ("right", "left"):
        group = groups[f"vol_cochlea_{side}"]
        assert group["Laterality"]["CodeMeaning"].lower() == side
        assert group["Finding"]["CodeValue"] == "22945000"
        assert group["FindingSite"]["CodeValue"] == "22945000"
        assert float(group["measurementItems"][0]["value"]) == pytest.approx(3 * 6 * 3 * 3 * 0.9 * 1.1 / 1000)
    assert groups["gap_cochlea"]["Finding"]["CodeValue"] == "108369006"
    assert validator_errors(sr) == []
