"""What each subcommand does, with a model whose answer is known."""

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from Testing.support.command import in_this_process
from Testing.support.lying_scans import empty_scan, with_ball
from Testing.support.nnunet_models import CONFIGS, dataset_of, write_model
from Testing.support.toy_run import DEFAULT_FILES, fill_toy_folder, noisy_scan, one_sentence, segment
from VSSegmentationLib import __version__, pipeline
from VSSegmentationLib.formats import PROVENANCE_FILE_NAME
from VSSegmentationLib.imageio import write_image


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_toy_folder(tmp_path_factory.mktemp("toy"))


def test_every_line_of_json_progress_parses_and_the_last_one_is_the_result(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--progress", "json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    fractions = [line["progress"] for line in lines if "progress" in line]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    result = lines[-1]["result"]
    assert {*result["files"], PROVENANCE_FILE_NAME} == DEFAULT_FILES
    assert {each["id"] for each in result["measurements"]} >= {"vol_total", "whole_max_axial"}
    assert done.err == ""


def test_an_error_is_a_json_line_too(toy: Path, tmp_path: Path):
    done = in_this_process("segment", toy / "absent", "--out", tmp_path / "out", "--progress", "json")
    assert done.code == 2
    last = json.loads(done.out.splitlines()[-1])
    assert last["exit_code"] == 2
    assert done.err == f"Error: {last['error']}\n"


def test_provenance_tells_model_software_and_the_hash_of_the_voxels(toy: Path, tmp_path: Path):
    assert segment(toy, tmp_path / "out", "--format", "json").code == 0
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["software"]["version"] == __version__
    assert provenance["model"]["name"] == "toy-segmenter"
    assert len(provenance["model"]["sha256"]) == 64
    assert len(provenance["source"]["voxels_sha256"]) == 64


def test_what_a_file_does_not_tell_of_its_weighting_can_be_said(toy: Path, tmp_path: Path):
    assert segment(toy, tmp_path / "said", "--modality", "ceT1", "--format", "json").code == 0
    told = json.loads((tmp_path / "said" / "provenance.json").read_text(encoding="utf-8"))
    assert told["source"]["modality"] == "ceT1"
    assert segment(toy, tmp_path / "silent", "--format", "json").code == 0
    told = json.loads((tmp_path / "silent" / "provenance.json").read_text(encoding="utf-8"))
    assert told["source"]["modality"] == "unknown"


@pytest.mark.parametrize("command", ["segment", "measure", "models", "info", "demo"])
def test_the_help_of_every_command_shows_examples(command: str):
    done = in_this_process(command, "--help")
    assert done.code == 0
    assert f"examples:\n  vs-segmentation {command}" in done.out


def test_info_tells_grid_and_orientation(toy: Path, tmp_path: Path):
    sagittal = empty_scan("sagittal", extents_mm=(40.0, 50.0, 60.0))
    noise = np.random.default_rng(1).random(sagittal.shape)
    write_image(tmp_path / "scan.nrrd", sagittal.with_array(noise.astype(np.float32)))
    done = in_this_process("info", tmp_path / "scan.nrrd")
    assert done.code == 0, done.err
    assert "NRRD" in done.out
    # 60, 50 and 40 mm in steps of 0.9, 0.9 and 1.2; rotated by 8, 4 and 6 degrees, so the slices by acos(cos 4 cos 6)
    assert "67 x 56 x 34 voxels of 0.9 x 0.9 x 1.2 mm" in done.out
    assert "sagittal, tilted by 7 degrees" in done.out


def test_measure_gives_the_volume_of_a_box_and_draws_on_the_image(tmp_path: Path):
    scan = noisy_scan(radius_mm=0.0)
    labels = np.zeros(scan.shape, np.uint8)
    labels[10:15, 20:30, 20:32] = 1
    write_image(tmp_path / "labels.nrrd", scan.with_array(labels))
    write_image(tmp_path / "scan.nii.gz", scan)
    done = in_this_process(
        "measure", tmp_path / "labels.nrrd", "--out", tmp_path / "out", "--image", tmp_path / "scan.nii.gz"
    )
    assert done.code == 0, done.err
    measurements = json.loads((tmp_path / "out" / "measurements.json").read_text(encoding="utf-8"))
    volumes = {each["id"]: each["value"] for each in measurements}
    assert volumes["vol_total"] == pytest.approx(5 * 10 * 12 * 1.2 * 0.8 * 0.8 / 1000)
    assert volumes["vol_em"] is None  # a mask of one value is not divided


def test_measure_refuses_an_image_on_another_grid(tmp_path: Path):
    write_image(tmp_path / "scan.nii.gz", noisy_scan("axial"))
    write_image(
        tmp_path / "labels.nii.gz", noisy_scan("coronal").with_array(np.zeros(noisy_scan("coronal").shape, "u1"))
    )
    done = in_this_process(
        "measure", tmp_path / "labels.nii.gz", "--out", tmp_path / "out", "--image", tmp_path / "scan.nii.gz"
    )
    assert "grid" in one_sentence(done, 3)
    assert not (tmp_path / "out").exists()


def _demo_sample(sample: Path) -> Path:
    sample.mkdir()
    for name, radius_mm in (("exam1", 5.0), ("exam2", 7.0)):
        scan = with_ball(noisy_scan("axial", radius_mm=0.0), (6.0, -7.0, 12.0), radius_mm, brightness=200.0)
        truth = with_ball(empty_scan("axial", (50.0, 50.0, 50.0)), (6.0, -7.0, 12.0), radius_mm, brightness=1.0)
        write_image(sample / f"{name}_t2.nii.gz", scan)
        write_image(sample / f"{name}_truth.nii.gz", truth.with_array((4 * (truth.array > 0.5)).astype(np.uint8)))
    return sample


def test_the_demo_says_what_is_left_of_a_run_that_fails_amid_writing(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    words = ("demo", "--out", tmp_path / "out", "--sample", _demo_sample(tmp_path / "sample"))
    write, names = pipeline.write_outputs, iter(("first", "second", "first"))

    def write_the_first(*arguments: Any, **options: Any) -> None:
        if next(names) == "second":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*arguments, **options)

    monkeypatch.setattr(pipeline, "write_outputs", write_the_first)
    sentence = one_sentence(in_this_process(*words, "--model", toy / "model.pt"), 2)
    assert "the disk is full; what was finished before is kept" in sentence
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["exam1"]
    monkeypatch.setattr(pipeline, "write_outputs", _full)
    sentence = one_sentence(in_this_process(*words, "--force", "--model", toy / "model.pt"), 2)
    assert "the disk is full; nothing was written" in sentence  # of this run


def _full(*_arguments: Any, **_options: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_demo_shows_what_was_measured_beside_the_truth(toy: Path, tmp_path: Path):
    sample = _demo_sample(tmp_path / "sample")
    done = in_this_process("demo", "--out", tmp_path / "out", "--sample", sample, "--model", toy / "model.pt")
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"exam1", "exam2"}
    assert {path.name for path in (tmp_path / "out" / "exam2").iterdir()} == {*DEFAULT_FILES, "key_crop.nii.gz"}
    overlaps = [line.split()[-2] for line in done.out.splitlines() if line.startswith("Overlap with the truth")]
    assert all(float(overlap) > 0.8 for overlap in overlaps)  # a ball of 5 mm on slices of 1.5 mm
    volumes = [line for line in done.out.splitlines() if line.startswith("Volume, whole tumor")]
    assert len(volumes) == 2
    assert f"{4 / 3 * np.pi * 0.5**3:.1f}" in volumes[0].rsplit(maxsplit=2)[1]  # the truth, 0.5 cm3


def test_models_import_is_told_what_the_labels_of_a_model_of_nnunet_mean(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    folder = tmp_path / "trained"
    write_model(folder, CONFIGS["plain"])
    dataset = dataset_of(CONFIGS["plain"], ("background", "peritumoral edema", "nodule"))
    (folder / "dataset.json").write_text(json.dumps(dataset), encoding="utf-8")
    refused = in_this_process("models", "import", folder)
    assert refused.code == 4
    assert "1 'peritumoral edema', 2 'nodule'" in refused.err
    assert '--labels "1=...,2=..."' in refused.err
    assert in_this_process("models", "import", folder, "--labels", "1=none,2=swelling").code == 2
    assert in_this_process("models", "import", folder, "--labels", "1=none,2=vestibular schwannoma").code == 0
    (card,) = tmp_path.rglob("Dataset801_Toy.card.json")
    assert json.loads(card.read_text(encoding="utf-8"))["labels"] == {"4": "Tumor (not divided)"}
    assert in_this_process("models", "import", toy / "model.pt", "--labels", "1=im").code == 2


def test_models_import_takes_a_file_in_once_and_verify_finds_damage(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert in_this_process("models", "import", toy / "model.pt").code == 0
    assert "toy-segmenter" in in_this_process("models", "list").out
    assert in_this_process("models", "verify", "toy-segmenter").code == 0
    assert in_this_process("models", "import", toy / "model.pt").code == 4
    (taken_in,) = tmp_path.rglob("toy-segmenter.pt")
    taken_in.write_bytes(taken_in.read_bytes()[:-1] + b"x")
    assert in_this_process("models", "verify", "toy-segmenter").code == 4
    assert in_this_process("models", "verify").code == 4
