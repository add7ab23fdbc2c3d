"""`segment` on a DICOM folder: the mask of a model as DICOM objects that name the model and not the patient."""

import re

import numpy as np
import pydicom
import pytest

from Testing.support.command import in_this_process
from Testing.support.dicom_files import SeriesSpec, write_series
from Testing.support.dicom_results import uids, world_points
from Testing.support.dicom_tools import needs_validator, read_segments, validator_errors
from Testing.support.toy_models import toy_segmenter
from Testing.support.toy_run import one_sentence
from VSSegmentationLib.imageio import read_labelmap
from VSSegmentationLib.inference import save_model


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A model, and series with and without something bright that it takes for tumor."""
    folder = tmp_path_factory.mktemp("given")
    save_model(folder / "model.pt", toy_segmenter())
    for name, brightness in (("tumor", 1000), ("nothing", 50)):
        voxels = np.random.default_rng(3).integers(1, 100, (24, 64, 60)).astype(np.int16)
        voxels[8:14, 28:36, 20:28] = brightness
        tags = uids() | {"ScanningSequence": "GR", "EchoTime": "140", "RepetitionTime": "3000"}
        spec = SeriesSpec(
            spacing_dhw_mm=(2.0, 1.0, 1.0), origin_lps_mm=(10, -32, 0), patient="PLANTED^MARKER", tags=tags
        )
        write_series(folder / name, voxels, spec)
    return folder


def segmented(given, out, *more, scan="tumor"):
    toy = ("--model", given / "model.pt", "--divider", "none")
    return in_this_process("segment", given / scan, "--out", out, *toy, *more)


@needs_validator
def test_the_objects_hold_the_mask_and_name_the_model(given, tmp_path):
    out = tmp_path / "out"
    done = segmented(given, out, "--format", "nii.gz,dicom-seg,dicom-sr")
    assert done.code == 0, done.err
    ((attributes, volume),) = read_segments(out / "segmentation.dcm", tmp_path / "read")
    assert (attributes["SegmentLabel"], attributes["SegmentAlgorithmType"]) == ("Tumor (not divided)", "AUTOMATIC")
    assert attributes["SegmentAlgorithmName"] == "toy-segmenter"
    labelmap = read_labelmap(out / "segmentation.nii.gz")
    np.testing.assert_allclose(world_points(volume), world_points(labelmap), atol=1e-3)
    for name in ("segmentation.dcm", "measurements_sr.dcm"):
        assert validator_errors(out / name) == []
        assert not re.search(b"planted|marker", (out / name).read_bytes(), re.IGNORECASE)
    assert pydicom.dcmread(out / "measurements_sr.dcm").CompletionFlag == "PARTIAL"


def test_a_scan_without_tumor_is_a_result_without_dicom_objects(given, tmp_path):
    done = segmented(given, tmp_path / "out", "--format", "json,dicom-seg", scan="nothing")
    assert done.code == 0, done.err
    assert "needs at least one segment" in done.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"measurements.json", "provenance.json"}


def test_a_pseudonym_that_does_not_fit_is_refused_before_the_model_is_loaded(given, tmp_path):
    done = in_this_process(
        "segment", given / "tumor", "--out", tmp_path / "out", "--model", given / "absent.pt",
        "--format", "dicom-seg", "--case", "A^B",
    )  # fmt: skip
    assert "a pseudonym may have up to 64 letters" in one_sentence(done, 2)
