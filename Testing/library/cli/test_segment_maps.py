"""`segment --maps`: what the network said, as files beside the results."""

import json
from pathlib import Path

import numpy as np
import pytest

from Testing.support.command import in_this_process
from Testing.support.toy_models import attending_network, toy_segmenter
from Testing.support.toy_run import DEFAULT_FILES, fill_toy_folder, segment
from VSSegmentationLib.imageio import read_labelmap, read_volume
from VSSegmentationLib.inference import save_model

MAPS = {"probability.nrrd", "attention_1.nrrd", "attention_2.nrrd"}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = fill_toy_folder(tmp_path_factory.mktemp("toy"))
    network, config = attending_network(2.0, -6.0, 1.0, -3.0)
    save_model(folder / "attending.pt", toy_segmenter(network=network, network_config=config))
    return folder


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_maps_are_written_on_the_grid_of_the_scan_and_said_to_be_uncalibrated(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--maps", "--model", toy / "attending.pt")
    assert done.code == 0, done.err
    assert files(tmp_path / "out") > MAPS
    scan, labelmap = read_volume(toy / "scan.nii.gz"), read_labelmap(tmp_path / "out" / "segmentation.nii.gz")
    for name in MAPS:
        volume = read_volume(tmp_path / "out" / name)
        assert volume.same_grid(scan)
        assert 0 <= volume.array.min() < volume.array.max() <= 1
    probability = read_volume(tmp_path / "out" / "probability.nrrd").array
    assert labelmap.array.any()
    assert probability[labelmap.array > 0].min() >= 0.5 - 1e-3  # no hole was filled in a ball
    assert "not calibrated: probability.nrrd, attention_1.nrrd, attention_2.nrrd" in done.out
    assert "certain" not in done.out
    told = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert "not calibrated" in told["run"]["maps"]["probability"]
    assert told["run"]["maps"]["attention_levels"] == 2


def test_without_being_asked_for_none_is_written(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--model", toy / "attending.pt")
    assert done.code == 0, done.err
    assert not MAPS & files(tmp_path / "out")
    assert "Maps" not in done.out


def test_a_model_without_attention_says_so(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--maps")
    assert files(tmp_path / "out") >= {"probability.nrrd"}
    assert not {"attention_1.nrrd"} & files(tmp_path / "out")
    assert "probability.nrrd (The model 'toy-segmenter' has no attention maps.)" in done.out


def test_a_program_is_told_their_names_and_a_later_run_replaces_them(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--maps", "--model", toy / "attending.pt", "--progress", "json")
    last = json.loads(done.out.splitlines()[-1])
    assert set(last["result"]["maps"] if "result" in last else last["maps"]) == MAPS
    assert segment(toy, tmp_path / "out", "--force").code == 0
    assert not MAPS & files(tmp_path / "out")
    assert files(tmp_path / "out") - {"key_crop.nii.gz"} == DEFAULT_FILES


def test_a_scan_without_a_tumor_has_its_maps_too(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--maps", scan="empty.nii.gz")
    assert done.code == 0, done.err
    assert np.isfinite(read_volume(tmp_path / "out" / "probability.nrrd").array).all()


def test_measuring_knows_no_such_option(toy: Path, tmp_path: Path):
    done = in_this_process("measure", toy / "scan.nii.gz", "--out", tmp_path / "out", "--maps")
    assert done.code == 2
