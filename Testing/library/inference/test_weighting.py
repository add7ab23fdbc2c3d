"""What the image says: the same whatever gain and offset, on either side; nothing where too little is seen."""

from pathlib import Path

import numpy as np
import pytest

from Testing.support.real_data import REAL_DATA, needs_real_data
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.imageio.evidence import Says
from VSSegmentationLib.inference import image_evidence, load_model, locate_pori
from VSSegmentationLib.inference.porus_features import COUNT, SHAPE_DHW, porus_features
from VSSegmentationLib.inference.weighting import CLASSES, WeightingNetwork, load_weighting_network
from VSSegmentationLib.models import SAMPLE_FOLDER, default_locator, find_model

CENTER = tuple((n - 1) / 2 for n in SHAPE_DHW)
# Whether the image may say it of a scan that is one of these.
ALLOWED = {
    "T2": {Says.T2, Says.NOTHING},
    "ceT1": {Says.CE_T1, Says.ANY_T1, Says.NOTHING},
    "T1": {Says.T1, Says.ANY_T1, Says.NOTHING},
}
REAL = {
    "vs_gk/vs_gk_95_t2.nii.gz": "T2",
    "vs_gk/vs_gk_98_t2.nii.gz": "T2",
    "vs_gk/vs_gk_99_t1.nii.gz": "ceT1",
    "vs_seg_001/ceT1_dicom": "ceT1",
    "head_t2/T2.nii.gz": "T2",
    "other_tumour_cet1/brain1_image.nrrd": "ceT1",
    "dicom_edge_cases/enhanced_mr_t1_sagittal": "T1",
    "dicom_edge_cases/compressed_jpeglossless_j2k/5001_anat-T1w_acq-tfl": "T1",
}


@pytest.fixture(scope="module")
def locator():
    return load_model(find_model(default_locator()), "cpu")


def noise() -> np.ndarray:
    return np.random.default_rng(3).gamma(3.0, 1.0, SHAPE_DHW).astype(np.float32)


def test_gain_and_offset_change_nothing():
    features = porus_features(noise(), CENTER, is_left=False)
    assert features.shape == (COUNT,)
    np.testing.assert_allclose(porus_features(37 * noise() - 500, CENTER, is_left=False), features, atol=2e-3)


def test_a_left_ear_is_seen_as_a_right_one_in_the_mirror():
    mirrored = porus_features(noise()[..., ::-1], CENTER, is_left=True)
    np.testing.assert_array_equal(mirrored, porus_features(noise(), CENTER, is_left=False))


def test_what_lies_outside_is_not_known_and_too_little_gives_nothing():
    lateral_cut = noise()[..., : SHAPE_DHW[2] // 2 + 1]
    features = porus_features(lateral_cut, CENTER, is_left=False)
    assert np.isnan(features).any()
    assert np.isfinite(features).any()
    assert porus_features(noise()[:3], CENTER, is_left=False) is None
    assert porus_features(np.ones(SHAPE_DHW, np.float32), CENTER, is_left=False) is None


def test_the_network_gives_probabilities_for_what_is_half_seen_too():
    features = np.full(COUNT, np.nan, np.float32)
    probabilities = load_weighting_network().probabilities(features)
    assert probabilities.shape == (len(CLASSES),)
    assert probabilities.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["", "{}", '{"mean": [1]}', "[1]"])
def test_a_damaged_file_is_a_damaged_installation(tmp_path: Path, text: str):
    (tmp_path / "numbers.json").write_text(text)
    with pytest.raises(ModelError, match="install the program anew"):
        load_weighting_network(tmp_path / "numbers.json")


@pytest.mark.parametrize(
    ("bias", "says"),
    [
        ((9.0, 0.0, 0.0, 0.0), Says.T2),
        ((0.0, 9.0, 0.0, 0.0), Says.CE_T1),
        ((0.0, 0.0, 9.0, 0.0), Says.T1),
        ((0.0, 9.0, 9.0, 0.0), Says.ANY_T1),
        ((9.0, 9.0, 0.0, 0.0), Says.NOTHING),
        ((0.0, 0.0, 0.0, 9.0), Says.NOTHING),
        ((0.0, 0.0, 0.0, 0.0), Says.NOTHING),
    ],
)
def test_it_says_what_is_nearly_certain_and_nothing_else(locator, bias, says):
    network = WeightingNetwork(
        mean=np.zeros(COUNT), deviation=np.ones(COUNT), hidden=(np.zeros((1, COUNT)), np.zeros(1)),
        output=(np.zeros((4, 1)), np.array(bias)),
    )  # fmt: skip
    located = locate_pori(read_scan(SAMPLE_FOLDER / "exam1_t2.nii.gz").volume, locator, device="cpu")
    assert image_evidence(located, network).says is says


def test_the_sample_is_a_t2(locator):
    located = locate_pori(read_scan(SAMPLE_FOLDER / "exam1_t2.nii.gz").volume, locator, device="cpu")
    assert image_evidence(located).says is Says.T2


@needs_real_data
@pytest.mark.parametrize("path", REAL)
def test_no_real_scan_is_taken_for_another_weighting(locator, path):
    scan = read_scan(REAL_DATA / path, accept_resampling=True)
    assert image_evidence(locate_pori(scan.volume, locator, device="cpu")).says in ALLOWED[REAL[path]]
