"""What the JSON file beside a NIfTI says; keys and units (seconds) are those of dcm2niix and BIDS."""

import json

import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import read_scan, write_image
from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.imageio.weighting import sidecar_evidence
from VSSegmentationLib.volume import Volume

CISS = {
    "ScanningSequence": "GR", "SequenceVariant": "SS\\SP", "SequenceName": "_ci3d1", "EchoTime": 0.00443,
    "RepetitionTime": 0.00995, "FlipAngle": 70, "SeriesDescription": "anything",
}  # fmt: skip
MPRAGE = {
    "ScanningSequence": "GR\\IR", "SequenceVariant": "SK\\SP\\MP", "EchoTime": 0.00297, "RepetitionTime": 1.9,
    "InversionTime": 1.1, "FlipAngle": 15,
}  # fmt: skip


def beside(tmp_path, told, name="scan.nii.gz"):
    sidecar = tmp_path / (name.split(".")[0] + ".json")
    sidecar.write_text(told if isinstance(told, str) else json.dumps(told))
    return sidecar_evidence(tmp_path / name)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (CISS, Says.T2),
        (MPRAGE, Says.ANY_T1),
        (MPRAGE | {"ContrastBolusIngredient": "GADOLINIUM"}, Says.CE_T1),
        (MPRAGE | {"ContrastBolusAgent": "none"}, Says.T1),
        (MPRAGE | {"SeriesDescription": "t1_mprage_gd"}, Says.CE_T1),
        ({"ProtocolName": "t2_space"}, Says.T2),
        ({"SeriesDescription": "t2_flair"}, Says.OTHER),
        ({"EchoTime": "soon", "RepetitionTime": True, "FlipAngle": None, "ScanningSequence": 3}, Says.NOTHING),
        ("[1, 2]", Says.NOTHING),
        ("{broken", Says.NOTHING),
    ],
)
@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_a_sidecar_is_read_as_headers_are(tmp_path, told, says, name):
    assert beside(tmp_path, told, name) == Evidence(Source.SIDECAR, says)


def test_without_one_or_beside_another_format_there_is_none(tmp_path):
    assert sidecar_evidence(tmp_path / "scan.nii.gz") is None
    (tmp_path / "scan.json").write_text("{}")
    assert sidecar_evidence(tmp_path / "scan.nrrd") is None


def test_a_phase_image_is_refused(tmp_path):
    with pytest.raises(InputRefusedError, match="phase images"):
        beside(tmp_path, {"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]})


def test_a_scan_carries_what_sidecar_and_name_say(tmp_path):
    voxels = np.random.default_rng(1).random((20, 40, 40), np.float32)
    write_image(tmp_path / "head_t1.nii.gz", Volume(voxels, np.diag([2.0, 2.0, 2.0, 1.0])))
    (tmp_path / "head_t1.json").write_text(json.dumps(MPRAGE | {"ContrastBolusIngredient": "GADOLINIUM"}))
    assert read_scan(tmp_path / "head_t1.nii.gz").told == (
        Evidence(Source.SIDECAR, Says.CE_T1),
        Evidence(Source.NAME, Says.ANY_T1),
    )


@pytest.mark.parametrize("number", ["9" * 400, "9" * 5000, "-" + "9" * 400, "1e400", "NaN", "-Infinity", "1e306"])
def test_a_number_that_no_echo_time_can_be_says_nothing_and_the_rest_does(tmp_path, number):
    told = json.dumps(CISS | {"EchoTime": "HERE"}).replace('"HERE"', number)
    without = {key: value for key, value in CISS.items() if key != "EchoTime"}
    assert beside(tmp_path, told) == beside(tmp_path, without)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        ({"EchoTime": 0.03, "RepetitionTime": 1.0}, Says.ANY_T1),
        ({"EchoTime": 0.03, "RepetitionTime": 1.001}, Says.NOTHING),
    ],
)
def test_a_second_has_a_thousand_milliseconds(tmp_path, seconds, says):
    """Up to 1000 ms between pulses a spin echo is T1."""
    assert beside(tmp_path, seconds | {"ScanningSequence": "SE"}).says is says


@pytest.mark.parametrize(("size", "is_read"), [(4 * 1024**2, True), (4 * 1024**2 + 1, False)])
def test_a_sidecar_of_up_to_4_mb_is_read(tmp_path, size, is_read):
    told = beside(tmp_path, json.dumps(CISS).ljust(size))
    assert told == (Evidence(Source.SIDECAR, Says.T2) if is_read else None)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"PulseSequenceName": "ciss"}, Says.T2),
        ({"SequenceName": "*ci3d1", "PulseSequenceName": "x"}, Says.T2),
        (MPRAGE | {"ContrastBolusAgent": "none", "ContrastBolusIngredient": "GADOLINIUM"}, Says.T1),
        ({"SeriesDescription": "t1", "ProtocolName": "t2"}, Says.ANY_T1),
    ],
)
def test_of_two_keys_the_nearer_one_counts(tmp_path, told, says):
    assert beside(tmp_path, told).says is says
