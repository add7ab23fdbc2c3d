"""`measure` on labelmaps and contours: which mask, which scan, divided where, written as what."""

import json

import numpy as np
import pydicom
import pytest

from Testing.support.command import in_this_process
from Testing.support.dicom_files import write_rtstruct
from Testing.support.dicom_results import divided_tumor, left_spec, write_scan
from Testing.support.dicom_tools import needs_validator, validator_errors
from Testing.support.toy_run import one_sentence
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.volume import crop

TURN = np.linspace(0, 2 * np.pi, 60, endpoint=False)
CENTER_LPS_MM = (36.0, 8.0)
"""In the middle of the series of `left_spec`."""


def cylinder(radius_mm, heights_mm, center=CENTER_LPS_MM):
    """Contours of a cylinder along the patient's long axis."""
    x, y = center[0] + radius_mm * np.cos(TURN), center[1] + radius_mm * np.sin(TURN)
    return [np.column_stack([x, y, np.full_like(x, z)]) for z in heights_mm]


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A folder with a DICOM series, contours on planes between its slices, and labelmaps."""
    folder = tmp_path_factory.mktemp("given")
    scan = write_scan(folder / "dicom", left_spec())
    tumor = cylinder(7.0, np.arange(12.0, 28, 3.0))  # 6 planes stand for 18 mm
    cochlea = cylinder(1.5, (15.0, 18.0, 21.0), (48.0, 8.0))
    write_rtstruct(folder / "rs.dcm", {"TV": tumor, "Cochlea": cochlea})
    write_rtstruct(folder / "one.dcm", {"Only": tumor})
    write_image(folder / "labelmap.nii.gz", divided_tumor(scan))
    write_image(folder / "cropped.nii.gz", crop(divided_tumor(scan), (2, 8, 6), (11, 30, 33)))
    write_image(folder / "empty.nii.gz", scan.volume.with_array(np.zeros(scan.volume.shape, np.uint8)))
    write_image(folder / "scan.nii.gz", scan.volume)
    return folder


def measured(given, mask, out, *more, image="dicom"):
    return in_this_process("measure", given / mask, "--out", out, "--image", given / image, *more)


def values(out):
    return {m["id"]: m["value"] for m in json.loads((out / "measurements.json").read_text())}


@needs_validator
def test_one_command_goes_from_contours_to_pdf_segmentation_and_report(given, tmp_path):
    out = tmp_path / "out"
    plane = "--porus-plane=-40,-8,20,1,0,0"  # 4 mm lateral of the middle; the brain is to the patient's right
    done = measured(
        given,
        "rs.dcm",
        out,
        "--roi",
        "TV",
        "--cochlea-roi",
        "Cochlea",
        plane,
        "--side",
        "left",
        "--format",
        "pdf,json,dicom-seg,dicom-sr",
    )
    assert done.code == 0, done.err
    names = {"report.pdf", "measurements.json", "segmentation.dcm", "measurements_sr.dcm", "provenance.json"}
    assert {path.name for path in out.iterdir()} == names
    assert values(out)["vol_total"] == pytest.approx(np.pi * 0.49 * 1.8, rel=0.05)
    segment = 0.49 * (np.arccos(4 / 7) - 4 / 7 * np.sqrt(1 - (4 / 7) ** 2)) * 1.8  # of the circle beyond the plane
    assert values(out)["vol_im"] == pytest.approx(segment, rel=0.08)
    assert values(out)["gap_cochlea"] is not None
    segments = pydicom.dcmread(out / "segmentation.dcm").SegmentSequence
    assert [s.SegmentLabel for s in segments] == ["Extrameatal tumor", "Intrameatal tumor", "Cochlea"]
    assert segments[0].AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0].CodeMeaning == "Left"
    assert validator_errors(out / "segmentation.dcm") == validator_errors(out / "measurements_sr.dcm") == []


def test_structures_are_listed_when_it_is_not_clear_which_is_meant(given, tmp_path):
    assert "TV, Cochlea" in one_sentence(measured(given, "rs.dcm", tmp_path / "out"), 2)
    assert "TV, Cochlea" in one_sentence(measured(given, "rs.dcm", tmp_path / "out", "--roi", "tumour"), 2)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["Cochlea", "Right cochlea", "*Skull", "Brainstem"])
def test_a_structure_that_is_no_tumor_by_its_name_is_not_measured_as_one(given, tmp_path, name):
    write_rtstruct(tmp_path / "rs.dcm", {name: cylinder(7.0, np.arange(12.0, 28, 3.0))})
    said = one_sentence(measured(given, tmp_path / "rs.dcm", tmp_path / "out", "--roi", name), 2)
    assert f"the structure '{name}' is no tumor by its name" in said


@pytest.mark.parametrize(
    ("name", "part"),
    [("Extrameatal tumor, left", "vol_em"), ("intrameataler Anteil", "vol_im"), ("VS right", None), ("Vol2016", None)],
)
def test_a_structure_is_the_part_that_its_name_says(given, tmp_path, name, part):
    write_rtstruct(tmp_path / "rs.dcm", {name: cylinder(7.0, np.arange(12.0, 28, 3.0))})
    assert measured(given, tmp_path / "rs.dcm", tmp_path / "out", "--format", "json").code == 0
    found = values(tmp_path / "out")
    assert found["vol_total"] == pytest.approx(np.pi * 0.49 * 1.8, rel=0.05)
    for volume in ("vol_em", "vol_im"):
        assert found[volume] == (None if part is None else found["vol_total"] if volume == part else 0.0)


def test_the_only_structure_needs_no_name(given, tmp_path):
    assert measured(given, "one.dcm", tmp_path / "out", "--format", "json").code == 0
    assert values(tmp_path / "out")["vol_total"] == pytest.approx(np.pi * 0.49 * 1.8, rel=0.05)


def test_contours_without_a_scan_are_refused(given, tmp_path):
    done = in_this_process("measure", given / "rs.dcm", "--roi", "TV", "--out", tmp_path / "out")
    assert "give its folder with --image" in one_sentence(done, 2)


def test_contours_on_a_scan_that_states_no_frame_of_reference_carry_a_warning(given, tmp_path):
    done = measured(given, "one.dcm", tmp_path / "out", "--format", "json", image="scan.nii.gz")
    assert done.code == 0
    assert "could not be checked" in done.err


def test_names_of_structures_with_a_labelmap_are_refused(given, tmp_path):
    done = measured(given, "labelmap.nii.gz", tmp_path / "out", "--roi", "TV")
    assert "the mask given is a labelmap" in one_sentence(done, 2)


def test_a_plane_divides_a_labelmap_and_keeps_the_whole(given, tmp_path):
    for name, more in (("as_it_is", ()), ("divided", ("--porus-plane=-40,-8,20,1,0,0",))):
        done = measured(given, "labelmap.nii.gz", tmp_path / name, "--format", "json,report.json", *more)
        assert done.code == 0, done.err
    before, after = values(tmp_path / "as_it_is"), values(tmp_path / "divided")
    assert after["vol_total"] == pytest.approx(before["vol_total"], rel=1e-12)
    assert after["vol_im"] != pytest.approx(before["vol_im"], rel=0.05)
    plane = json.loads((tmp_path / "divided" / "report.json").read_text())["segmentation"]["plane"]
    assert (plane["source"], plane["origin_ras_mm"]) == ("user", [-40, -8, 20])


def test_a_point_at_the_fundus_gives_the_gap(given, tmp_path):
    done = measured(given, "labelmap.nii.gz", tmp_path / "out", "--format", "json", "--fundus=-10,-4,20")
    assert done.code == 0, done.err
    assert values(tmp_path / "out")["fundus_gap"] is not None


@pytest.mark.parametrize("typed", ["1,2,3", "1,2,3,4,5,x", "1,2,3,4,5,nan", "1,2,3,0,0,0"])
def test_what_is_no_plane_does_not_fit(given, tmp_path, typed):
    done = measured(given, "labelmap.nii.gz", tmp_path / "out", f"--porus-plane={typed}")
    assert done.code in (2, 3)
    assert "Traceback" not in done.err


def test_a_cropped_labelmap_is_measured_on_its_scan(given, tmp_path):
    for name in ("labelmap.nii.gz", "cropped.nii.gz"):
        assert measured(given, name, tmp_path / name, "--format", "json,html,dicom-seg").code == 0
    assert values(tmp_path / "labelmap.nii.gz") == pytest.approx(values(tmp_path / "cropped.nii.gz"))


def test_dicom_objects_of_a_nifti_scan_are_refused_before_anything_is_measured(given, tmp_path):
    done = measured(given, "labelmap.nii.gz", tmp_path / "out", "--format", "dicom-seg", image="scan.nii.gz")
    assert "belong to a DICOM series" in one_sentence(done, 2)
    assert not (tmp_path / "out").exists()


def test_all_formats_are_all_that_the_scan_allows(given, tmp_path):
    done = measured(given, "labelmap.nii.gz", tmp_path / "out", "--format", "all", image="scan.nii.gz")
    assert done.code == 0, done.err
    assert "No DICOM object was written" in done.err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "report.pdf" in names
    assert not names & {"segmentation.dcm", "measurements_sr.dcm"}


def test_a_structured_report_brings_the_segmentation_it_refers_to(given, tmp_path):
    assert measured(given, "labelmap.nii.gz", tmp_path / "out", "--format", "dicom-sr").code == 0
    assert (tmp_path / "out" / "segmentation.dcm").exists()


def test_an_empty_labelmap_gives_no_dicom_object_and_says_so(given, tmp_path):
    done = measured(given, "empty.nii.gz", tmp_path / "out", "--format", "json,dicom-seg,dicom-sr")
    assert done.code == 0, done.err
    assert "needs at least one segment" in done.err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"measurements.json", "provenance.json"}


def test_identifiers_come_only_when_asked_for_and_with_a_warning(given, tmp_path):
    hidden = measured(given, "labelmap.nii.gz", tmp_path / "hidden", "--format", "dicom-seg", "--case", "Case 7")
    shown = measured(given, "labelmap.nii.gz", tmp_path / "shown", "--format", "dicom-seg", "--identify")
    assert pydicom.dcmread(tmp_path / "hidden" / "segmentation.dcm").PatientID == "Case 7"
    assert str(pydicom.dcmread(tmp_path / "shown" / "segmentation.dcm").PatientName) == "Nobody^Known"
    assert "carry the patient" in shown.err
    assert "carry the patient" not in hidden.err


def test_without_highdicom_one_sentence_says_what_to_install(given, tmp_path, monkeypatch):
    monkeypatch.setattr("VSSegmentationLib.reporting.dicom.writing.find_spec", lambda _: None)
    done = measured(given, "labelmap.nii.gz", tmp_path / "out", "--format", "dicom-seg")
    assert "pip install highdicom" in one_sentence(done, 2)
    assert measured(given, "labelmap.nii.gz", tmp_path / "out", "--format", "json").code == 0


def written_as_seg(folder, given):
    """The divided tumor as this software writes it, with the numbers of the labelmap it was made from."""
    done = in_this_process(
        "measure", given / "labelmap.nii.gz", "--image", given / "dicom", "--side", "left", "--identify",
        "--out", folder, "--format", "json,dicom-seg",
    )  # fmt: skip
    assert done.code == 0, done.err
    return folder / "segmentation.dcm"


def values_in(folder):
    return {
        each["id"]: each["value"] for each in json.loads((folder / "measurements.json").read_text()) if each["valid"]
    }


@pytest.mark.parametrize("image", ["with the scan", "alone"])
def test_a_dicom_segmentation_gives_the_numbers_of_the_labelmap_it_was_made_from(given, tmp_path, image):
    seg = written_as_seg(tmp_path / "first", given)
    shown = ("--image", given / "dicom") if image == "with the scan" else ()
    done = in_this_process("measure", seg, *shown, "--out", tmp_path / "out", "--format", "json")
    assert done.code == 0, done.err
    assert values_in(tmp_path / "out") == pytest.approx(values_in(tmp_path / "first"), rel=1e-6)


def test_a_dicom_segmentation_is_compared_with_a_labelmap(given, tmp_path):
    seg = written_as_seg(tmp_path / "first", given)
    done = in_this_process(
        "compare", given / "labelmap.nii.gz", seg, "--days", "0,380", "--side", "left", "--out", tmp_path / "out"
    )
    assert done.code == 0, done.err
    told = json.loads((tmp_path / "out" / "growth.json").read_text())
    (volume,) = [series for series in told["series"] if series["id"] == "vol_total"]
    voxels = 4 * 6 * 8 + 7 * 18 * 14 - 2 * 3 * 4
    assert volume["values"][1]["value"] == pytest.approx(voxels * 3.0 * 0.9 * 1.1 / 1000, rel=1e-6)
    assert volume["changes"][0]["delta"]["value"] == pytest.approx(0.0, abs=1e-6)


def test_info_lists_the_segments_of_a_dicom_segmentation(given, tmp_path):
    done = in_this_process("info", written_as_seg(tmp_path / "first", given))
    assert done.code == 0
    assert "1  Extrameatal tumor: " in done.out
    assert "2  Intrameatal tumor: 192 voxels" in done.out  # 4 x 6 x 8
