"""A model that was trained with scans left out runs without them; any other says what it lacks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import VSSegmentationLib as vs
from Testing.library.tasks.test_glioma import EDEMA, ENHANCING, LABELS, NECROSIS, three_regions
from Testing.support.command import in_this_process
from Testing.support.lying_scans import empty_scan, with_ball
from Testing.support.reports import Page
from Testing.support.toy_models import toy_segmenter
from VSSegmentationLib import pipeline
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import read_labelmap, read_scan, write_image, write_segmentation
from VSSegmentationLib.inference import ModelInput, PreprocessingConfig, engines, load_model, save_model
from VSSegmentationLib.networks import NestedRegions
from VSSegmentationLib.pipeline import PipelineOptions
from VSSegmentationLib.tasks.glioma import GLIOMA

CENTER, BRIGHT = (10.0, -7.0, 12.0), 100.0
RADII = {"vol_whole": 18.0, "vol_core": 13.0, "vol_enhancing": 8.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scans, lying each its own way, and a model that looks at three: T1, T1 with contrast agent, T2."""
    folder = tmp_path_factory.mktemp("left_out")
    scans = {
        name: with_ball(empty_scan(grid, (75.0, 75.0, 75.0)), CENTER, radius, BRIGHT)
        for name, grid, radius in (
            ("flair", "axial", 18.0), ("t1", "oblique", 18.0), ("t1ce", "sagittal", 8.0), ("t2", "coronal", 13.0),
        )
    }  # fmt: skip
    network, config = three_regions([("t1", 1), ("t2", 3), ("t1ce", 2)], scans, BRIGHT)
    model = toy_segmenter(
        name="toy_glioma", network=NestedRegions(network), network_config=config, nested=True, task="glioma",
        label_set=LABELS, labels=(0, EDEMA, NECROSIS, ENHANCING), modality="FLAIR",
        inputs=tuple(ModelInput(each.name, each.modalities[0], each.name == "flair") for each in GLIOMA.inputs),
        preprocessing=PreprocessingConfig(spacing_dhw_mm=(1.2, 1.0, 1.0), intensity="scan"),
    )  # fmt: skip
    save_model(folder / "some.pt", model)
    save_model(folder / "all.pt", replace(model, inputs=tuple(replace(each, optional=False) for each in model.inputs)))
    for name, scan in scans.items():
        write_image(folder / f"{name}.nii.gz", scan)
    return folder


def words(folder: Path, *names: str) -> list[str]:
    return [word for name in names for word in ("--input", f"{name}={folder / f'{name}.nii.gz'}")]


def assert_regions(values) -> None:
    for name, radius in RADII.items():
        assert values[name] == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=0.08), name


def test_without_the_first_scan_the_result_lies_on_the_next_and_the_report_says_so(folder: Path, tmp_path: Path):
    done = in_this_process(
        "segment", *words(folder, "t2", "t1", "t1ce"), "--model", folder / "some.pt", "--out", tmp_path / "out",
        "--format", "seg.nrrd,json,html",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert_regions({m["id"]: m["value"] for m in json.loads((tmp_path / "out" / "measurements.json").read_text())})
    labelmap = read_labelmap(tmp_path / "out" / "segmentation.seg.nrrd", LABELS)
    first = read_scan(folder / "t1.nii.gz", rules=GLIOMA.scan_rules).volume
    assert labelmap.same_grid(first)
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert list(provenance["run"]["further_scans"]) == ["t1ce", "t2"]
    text = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text
    assert "The model ran without 'flair'" in text


def test_a_scan_that_the_model_needs_is_asked_for_in_one_sentence(folder: Path, tmp_path: Path):
    def refused(model: str, *names: str) -> str:
        done = in_this_process("segment", *words(folder, *names), "--model", folder / model, "--out", tmp_path / "out")
        assert done.code == 2
        assert not (tmp_path / "out").exists()
        return done.err

    assert "got flair, t1, t2" in refused("all.pt", "flair", "t1", "t2")
    assert "of which flair may be left out; got t1, t2" in refused("some.pt", "t1", "t2")
    assert "got t1, t1ce, t2" in refused("all.pt", "t1", "t1ce", "t2")


def test_the_python_door_takes_scans_by_their_names(folder: Path):
    scans = {name: folder / f"{name}.nii.gz" for name in ("t2", "t1ce", "t1")}
    result = vs.segment(scans, model=folder / "some.pt", device="cpu")
    assert_regions({name: each.value for name, each in result.measurements.items()})
    with pytest.raises(UsageError, match="takes scans for flair, t1, t1ce, t2, each once; got t1, t1ce, t2"):
        vs.segment(scans, model=folder / "all.pt", device="cpu")
    with pytest.raises(UsageError, match="without further= and modality="):
        vs.segment(scans, model=folder / "some.pt", modality="T1", device="cpu")
    with pytest.raises(UsageError, match="the scan for flair is given first"):
        vs.segment(folder / "flair.nii.gz", further={"flair": folder / "t1.nii.gz"}, model=folder / "some.pt")


def test_a_model_file_keeps_which_scans_are_optional_and_refuses_others_to_be_left_out(folder: Path):
    model = load_model(folder / "some.pt")
    assert model.optional_inputs == ("flair",)
    assert load_model(folder / "all.pt").optional_inputs == ()
    assert model.shown(("flair", "t1", "t1ce", "t2")) is model
    part = model.shown(("t2", "t1", "t1ce"))
    assert [each.name for each in part.inputs] == ["t2", "t1", "t1ce"]
    assert (part.modality, part.network_config.in_channels) == ("T2", 3)
    for names in (("t1", "t2"), ("t1", "t1ce", "t2", "pd"), (), ("t1", "t1", "t1ce", "t2")):
        with pytest.raises(InputRefusedError, match="of which flair may be left out"):
            model.shown(names)


def test_a_graph_kept_for_some_inputs_is_taken_for_no_others(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """T1 and T2 exchanged have as many channels, and another graph."""
    kept = []

    def compiled(network, by_torch, *, kept_as, **_options):
        kept.append(kept_as)
        return by_torch

    monkeypatch.setattr(engines, "compiled_network", compiled)
    model = load_model(folder / "some.pt")
    choices = (("flair", "t1", "t1ce", "t2"), ("t1", "t1ce", "t2"), ("t2", "t1ce", "t1"))
    for names in choices:
        engines.ready_to_run(model.shown(names), torch.device("cpu"), engines.ComputedBy("openvino", "float32"))
    assert None not in kept
    assert len(set(kept)) == len(choices)


def test_the_demo_of_gliomas_shows_every_region_beside_the_truth(folder: Path, tmp_path: Path):
    sample = tmp_path / "sample"
    sample.mkdir()
    for each in GLIOMA.inputs:
        (sample / f"exam1_{each.name}.nii.gz").write_bytes((folder / f"{each.name}.nii.gz").read_bytes())
    grid = empty_scan("axial", (75.0, 75.0, 75.0))
    balls = [with_ball(grid, CENTER, radius, 1.0).array > 0.5 for radius in RADII.values()]
    truth = np.select(balls[::-1], [ENHANCING, NECROSIS, EDEMA], 0).astype(np.uint8)
    write_segmentation(sample / "exam1_truth.nii.gz", grid.with_array(truth), LABELS)
    words = ("demo", "--task", "glioma", "--sample", sample, "--out", tmp_path / "out", "--format", "json")
    done = in_this_process(*words, "--model", folder / "all.pt")
    assert done.code == 0, done.err
    overlaps = {
        line.rsplit(maxsplit=2)[0]: float(line.split()[-2]) for line in done.out.splitlines() if "verlap" in line
    }
    assert overlaps.keys() == {"Overlap with the truth (Dice)", "Overlap, tumor core", "Overlap, enhancing tumor"}
    assert min(overlaps.values()) > 0.85
    assert (tmp_path / "out" / "exam1" / "measurements.json").is_file()
    other = in_this_process("demo", "--sample", sample, "--out", tmp_path / "no", "--model", folder / "all.pt")
    assert (other.code, other.err.count("\n")) == (2, 1)
    assert "for the task glioma, and the sample for vestibular schwannoma" in other.err
    assert not (tmp_path / "no").exists()


def test_scans_with_a_skull_are_told_of_where_the_model_takes_the_head_alone_for_what_is_not_zero(folder: Path):
    model = load_model(folder / "all.pt")
    head_alone = PreprocessingConfig(spacing_dhw_mm=(1.2, 1.0, 1.0), intensity="nonzero")
    stripped = replace(model, settings=replace(model.settings, preprocessing=head_alone))
    scans = {each.name: read_scan(folder / f"{each.name}.nii.gz", rules=GLIOMA.scan_rules) for each in GLIOMA.inputs}
    options = PipelineOptions(model=str(folder / "all.pt"), device="cpu")

    def warnings(background: float) -> list[str]:
        lifted = {
            name: replace(scan, volume=scan.volume.with_array(scan.volume.array + np.float32(background)))
            for name, scan in scans.items()
        }
        found = pipeline.run(lifted, options, load_bundle=lambda _path, _device: stripped)
        return [each for each in found.content.warnings if "skull was taken off" in each]

    assert warnings(0.0) == []
    told = warnings(30.0)
    assert [next(name for name in scans if f"'{name}'" in each) for each in told] == list(scans)
    assert all("(0 % of it is 0)" in each for each in told)
