"""`refine`: results corrected by clicks, in the order typed; and what is said where it can't be done."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from Testing.support.command import in_this_process
from Testing.support.toy_models import toy_refiner
from Testing.support.toy_run import noisy_scan
from VSSegmentationLib.imageio import read_labelmap, write_image, write_segmentation
from VSSegmentationLib.inference import save_model
from VSSegmentationLib.labels import Label
from VSSegmentationLib.models import default_refiner


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A scan with a bright ball, and a mask of its lower half."""
    folder = tmp_path_factory.mktemp("given")
    scan = noisy_scan()
    write_image(folder / "scan.nii.gz", scan)
    save_model(folder / "refiner.pt", toy_refiner())
    tumor = scan.array > 100
    center = np.argwhere(tumor).mean(axis=0)
    points = scan.dhw_to_ras[:3, :3] @ center + scan.dhw_to_ras[:3, 3]
    half = tumor & (np.indices(scan.shape)[0] < center[0])
    write_segmentation(folder / "half.nii.gz", scan.with_array(half.astype(np.uint8) * np.uint8(Label.EXTRAMEATAL)))
    return folder, tumor, half, points + scan.dhw_to_ras[:3, 0] / np.linalg.norm(scan.dhw_to_ras[:3, 0]) * 3.0


def refined(given, result, out, *more):
    folder = given[0]
    return in_this_process(
        "refine", result, "--image", folder / "scan.nii.gz", "--out", out, "--refiner", folder / "refiner.pt",
        "--device", "cpu", "--divider", "none", *more,
    )  # fmt: skip


def typed(point):
    return ",".join(f"{number:.3f}" for number in point)


def test_a_click_on_a_mask_and_another_one_on_its_results(given, tmp_path):
    folder, tumor, half, above = given
    done = refined(given, folder / "half.nii.gz", tmp_path / "one", f"--add={typed(above)}")
    assert done.code == 0, done.err
    assert "Corrected with 1 interaction (1 to add, 0 to remove)" in done.out
    after = read_labelmap(tmp_path / "one" / "segmentation.seg.nrrd").array > 0
    assert (after & tumor).sum() > 0.95 * tumor.sum()
    assert after[half].all()
    page = (tmp_path / "one" / "report.html").read_text(encoding="utf-8")
    assert "Corrected with 1 interaction" in page
    assert "add here" in page
    far = above + np.array([0.0, 0.0, 0.5])
    done = refined(
        given, tmp_path / "one", tmp_path / "two", f"--remove={typed(far)}", "--format", "report.json,nii.gz"
    )
    assert done.code == 0, done.err
    told = json.loads((tmp_path / "two" / "provenance.json").read_text(encoding="utf-8"))["corrections"]
    assert [one["interaction"]["sign"] for one in told["each"]] == ["add", "remove"]
    assert told["each"][1]["voxels_added"] == 0
    edits = json.loads((tmp_path / "two" / "report.json").read_text(encoding="utf-8"))["segmentation"]["edits"]
    assert [edit["tool"].partition(" (")[0] for edit in edits] == ["add here", "remove here"]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ((), 2, "at least one click"),
        (("--add", "1,2"), 2, "a point is three numbers"),
        (("--add=900,0,0",), 2, "must lie in the scan, and 900.0, 0.0, 0.0"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence_and_nothing_is_written(given, tmp_path, more, code, said):
    done = refined(given, given[0] / "half.nii.gz", tmp_path / "out", *more)
    assert done.code == code
    assert said in done.err
    assert not (tmp_path / "out").exists()


def test_without_a_model_the_command_says_which_one_it_needs(given, tmp_path, monkeypatch):
    none = partial(default_refiner, folder=tmp_path)
    monkeypatch.setattr("VSSegmentationLib.pipeline.refining.default_refiner", none)
    folder = given[0]
    done = in_this_process(
        "refine", folder / "half.nii.gz", "--image", folder / "scan.nii.gz", "--out", tmp_path / "out", "--add", "0,0,0"
    )
    assert done.code == 4
    assert "needs a model of the role refiner, and none is installed" in done.err


def test_a_refiner_that_was_taken_in_says_how_it_is_used_and_answers_without_being_named(given, tmp_path, monkeypatch):
    folder, _, half, above = given
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    done = in_this_process("models", "import", folder / "refiner.pt")
    assert "use it with: vs-segmentation refine ... --refiner toy-refiner" in done.out
    none_embedded = partial(default_refiner, folder=tmp_path / "nothing embedded")
    monkeypatch.setattr("VSSegmentationLib.pipeline.refining.default_refiner", none_embedded)
    done = in_this_process(
        "refine", folder / "half.nii.gz", "--image", folder / "scan.nii.gz", "--out", tmp_path / "out",
        f"--add={typed(above)}", "--divider", "none", "--device", "cpu",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert (read_labelmap(tmp_path / "out" / "segmentation.seg.nrrd").array > 0).sum() > half.sum()
