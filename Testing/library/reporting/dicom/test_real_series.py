"""From the published contours of a real patient to PDF, segmentation and structured report, as the user guide tells."""

import json

import numpy as np
import pydicom
import pytest

from Testing.support.command import in_this_process
from Testing.support.dicom_results import world_points
from Testing.support.dicom_tools import needs_validator, read_measurement_groups, read_segments, validator_errors
from Testing.support.real_data import REAL_DATA, needs_real_data
from VSSegmentationLib.imageio import read_labelmap
from VSSegmentationLib.labels import Label

pytestmark = [needs_real_data, pytest.mark.slow]  # on made-up scans: the tests of either object


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "results"
    case = REAL_DATA / "vs_seg_001"
    done = in_this_process(
        "measure", case / "rtstruct" / "VS-SEG-001_RTSTRUCT_T2.dcm", "--image", case / "ceT1_dicom", "--roi", "TV",
        "--cochlea-roi", "Cochlea", "--porus-plane=-25.7,13,-47,0.59,-0.81,0", "--out", folder,
        "--format", "pdf,json,nii.gz,dicom-seg,dicom-sr",
    )  # fmt: skip
    assert done.code == 0, done.err
    return folder


def test_every_voxel_comes_back(out, tmp_path):
    labelmap = read_labelmap(out / "segmentation.nii.gz")
    segments = read_segments(out / "segmentation.dcm", tmp_path / "read")
    for label, (_, volume) in zip((Label.EXTRAMEATAL, Label.INTRAMEATAL, Label.COCHLEA), segments, strict=True):
        np.testing.assert_allclose(world_points(volume), world_points(labelmap, label), atol=2e-3)


def test_every_value_comes_back(out, tmp_path):
    measured = {m["id"]: m["value"] for m in json.loads((out / "measurements.json").read_text()) if m["valid"]}
    groups = read_measurement_groups(out / "measurements_sr.dcm", tmp_path / "read")
    read = {g["TrackingIdentifier"]: float(g["measurementItems"][0]["value"]) for g in groups if g["measurementItems"]}
    assert read == pytest.approx(measured, rel=1e-9)
    assert measured["vol_total"] == pytest.approx(3.36, rel=0.03)  # as published for the contours


@needs_validator
def test_the_validator_finds_no_error_in_either_object(out):
    source = next((REAL_DATA / "vs_seg_001" / "ceT1_dicom").glob("*.dcm"))
    assert validator_errors(source)  # the series itself has one: no new ones may come
    assert validator_errors(out / "segmentation.dcm") == []
    assert validator_errors(out / "measurements_sr.dcm") == []


def test_nothing_in_the_objects_leads_to_the_series(out):
    source = pydicom.dcmread(next((REAL_DATA / "vs_seg_001" / "ceT1_dicom").glob("*.dcm")))
    for name in ("segmentation.dcm", "measurements_sr.dcm"):
        content = (out / name).read_bytes()
        for keyword in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "StudyDate"):
            assert str(source[keyword].value).encode() not in content, keyword
