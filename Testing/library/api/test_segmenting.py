"""Segmenting through the door: with a model whose answer can be worked out by hand, and with the embedded ones."""

from pathlib import Path

import numpy as np
import pytest

import VSSegmentationLib as vs
from Testing.support.lying_scans import GRIDS, with_ball
from Testing.support.toy_models import attending_network, half_way, toy_segmenter
from Testing.support.toy_run import BALL_CM3, RADIUS_MM, noisy_scan
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.inference import save_model


@pytest.fixture(scope="module")
def toy_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "toy.pt"
    save_model(path, toy_segmenter(half_way(noisy_scan(), 200.0)))
    return path


@pytest.mark.parametrize("grid", list(GRIDS))
def test_the_ball_is_found_on_the_grid_of_the_scan_with_its_volume_whatever_brings_the_scan(grid: str, tmp_path: Path):
    scan = noisy_scan(grid)
    save_model(tmp_path / "toy.pt", toy_segmenter(half_way(scan, 200.0)))
    segmenter = vs.Segmenter(model=tmp_path / "toy.pt", divider="none", device="cpu")
    write_image(tmp_path / "scan.nii.gz", scan)
    results = [segmenter(each) for each in (scan, scan.to_sitk(), scan.to_nibabel(), tmp_path / "scan.nii.gz")]
    for result in results:
        assert result.labelmap.same_grid(scan, tolerance_mm=1e-3)
        assert result.measurements["vol_total"].value == pytest.approx(BALL_CM3, rel=0.1)
        np.testing.assert_array_equal(result.labelmap.array, results[0].labelmap.array)


def test_a_scan_without_tumor_gives_a_result_that_says_so(toy_model: Path):
    result = vs.segment(noisy_scan(radius_mm=0.0), model=str(toy_model), divider="none", device="cpu")
    assert result.findings == "No tumor was found. This is no evidence of absence: a small tumor can be missed."
    assert (result.side, result.headline.value_mm) == (None, None)
    assert "No tumor was found." in repr(result)
    assert "No tumor was found." in result._repr_html_()


def test_without_canals_and_without_a_whole_head_the_side_is_not_determined(toy_model: Path):
    scan = with_ball(noisy_scan("axial", radius_mm=0.0), (16.0, -7.0, 12.0), RADIUS_MM, 200.0)
    shifted = scan.dhw_to_ras.copy()
    shifted[0, 3] += 30.0
    result = vs.segment(vs.Volume(scan.array, shifted), model=toy_model, divider="none", device="cpu")
    assert result.side is None
    assert "VS, side not determined" in result.sentence


def test_a_segmenter_reads_a_model_once(toy_model: Path):
    segmenter = vs.Segmenter(model=toy_model, divider="none", device="cpu")
    assert "read from files so far: 0" in repr(segmenter)
    for _ in range(2):
        segmenter.segment(noisy_scan())
    assert "read from files so far: 1" in repr(segmenter)
    assert "toy.pt" in repr(segmenter)
    assert str(toy_model.parent) not in repr(segmenter)


def test_a_model_or_device_that_is_not_there_is_told_before_any_scan_is_read():
    with pytest.raises(ModelError, match="no model named 'absent'; there are"):
        vs.Segmenter(model="absent")
    with pytest.raises(ModelError, match="no model named 'absent'"):
        vs.Segmenter(divider="absent")
    with pytest.raises(UsageError, match="device"):
        vs.Segmenter(device="abacus")


def test_progress_is_told_up_to_the_end(toy_model: Path):
    told: list[tuple[float, str]] = []
    vs.segment(
        noisy_scan(), model=toy_model, divider="none", device="cpu",
        on_progress=lambda fraction, stage: told.append((fraction, stage)),
    )  # fmt: skip
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_modality_case_and_policy_reach_the_report(toy_model: Path):
    result = vs.segment(
        noisy_scan(), modality="T2", case="VS-007", policy="Kanzaki", model=toy_model, divider="none", device="cpu"
    )
    report = result.to_dict()
    assert (report["source"]["modality"], report["case"]) == ("T2", "VS-007")
    assert result.headline.policy == "Kanzaki"
    assert "VS-007" in repr(result)


def test_the_embedded_models_find_the_tumor_of_the_sample_where_it_is(segmented: vs.Result):
    truth = vs.read_labelmap(vs.SAMPLE_FOLDER / "exam1_truth.nii.gz")
    assert vs.evaluate(segmented.labelmap, truth)["whole"]["dice"].value > 0.8
    assert segmented.side == "left"


def test_maps_of_the_network_are_there_when_asked_for_on_the_grid_of_the_scan_and_saved(tmp_path: Path):
    scan = noisy_scan("sagittal")
    network, config = attending_network(2.0, -6.0, 1.0, -3.0)
    save_model(tmp_path / "toy.pt", toy_segmenter(network=network, network_config=config))
    result = vs.segment(scan, model=tmp_path / "toy.pt", divider="none", device="cpu", maps=True)
    assert result.probability.same_grid(scan)
    assert [each.same_grid(scan) for each in result.attention] == [True, True]
    assert result.probability.array[result.labelmap.array > 0].min() >= 0.5 - 1e-3
    saved = result.save(tmp_path / "out", formats=[])
    names = ["attention_1.nrrd", "attention_2.nrrd", "probability.nrrd", "provenance.json"]
    assert sorted(path.name for path in saved.iterdir()) == names


def test_without_being_asked_for_maps_are_not_there_and_how_to_ask_is_said(toy_model: Path):
    result = vs.segment(noisy_scan(), model=toy_model, divider="none", device="cpu")
    for name in ("probability", "attention"):
        with pytest.raises(UsageError, match="segment the scan with maps=True"):
            getattr(result, name)


def test_attention_of_a_model_without_it_is_refused_with_the_reason(toy_model: Path):
    result = vs.segment(noisy_scan(), model=toy_model, divider="none", device="cpu", maps=True)
    with pytest.raises(UsageError, match="The model 'toy-segmenter' has no attention maps"):
        _ = result.attention
