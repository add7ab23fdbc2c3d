import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import Training.__main__ as command
from Testing.support.toy_training import toy_recipe, train_toy
from Training.builders import spacing_of
from Training.recipes import DataConfig, ExportOptions
from Training.release.export import TRAINED_ON, export_run
from Training.weights.checkpoint import load_checkpoint, save_checkpoint
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference import Models, load_model, locate_pori, segment
from VSSegmentationLib.inference.model_file import file_sha256
from VSSegmentationLib.models import card_path, read_card
from VSSegmentationLib.networks import build_network
from VSSegmentationLib.volume import Volume


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "run"
    train_toy(toy_recipe(steps=4, validate_every=4), folder)
    return folder


@pytest.fixture(scope="module")
def locator_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "locator"
    train_toy(toy_recipe({"out_channels": 3}, steps=2), folder)
    return folder


@pytest.mark.parametrize("file", ["best.pt", "checkpoint.pt"])
def test_the_model_file_gives_the_logits_of_the_averaged_weights(run_folder: Path, tmp_path: Path, file: str):
    content = load_checkpoint(run_folder / file)
    network = build_network(toy_recipe().network).eval()
    network.load_state_dict(content.get("average") or content["model"])
    export_run(run_folder / file, tmp_path / "toy.pt", ExportOptions())
    image = torch.randn(1, 1, 5, 20, 24, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = network(image).logits
        found = load_model(tmp_path / "toy.pt").network(image).logits
    assert found.shape == (1, 2, 5, 20, 24)
    # Weights are stored in half precision: 11 bits each.
    assert (found - expected).abs().max() < 0.01 * expected.abs().max()


def test_the_card_has_the_checksum_of_the_file_and_what_the_run_knows(run_folder: Path, tmp_path: Path):
    options = ExportOptions(version="7", modality="T2", locator_name="finder")
    sha256 = export_run(run_folder / "best.pt", tmp_path / "toy.pt", options)
    card = read_card(card_path(tmp_path / "toy.pt"))
    assert card.sha256 == sha256 == file_sha256(tmp_path / "toy.pt")
    assert (card.name, card.version, card.modality, card.locator_name) == ("toy", "7", "T2", "finder")
    assert card.labels == {"4": "Tumor (not divided)"}  # a network of two outputs
    assert card.spacing_dhw_mm == (1.5, 0.5, 0.5)
    assert card.trained_on == TRAINED_ON
    bundle = load_model(tmp_path / "toy.pt")
    assert bundle.provenance["recipe"] == "toy"
    assert bundle.provenance["steps"] == 4


def test_a_network_of_three_outputs_divides_the_tumor_or_locates_the_poruses(locator_run: Path, tmp_path: Path):
    export_run(locator_run / "best.pt", tmp_path / "both.pt", ExportOptions())
    export_run(locator_run / "best.pt", tmp_path / "finder.pt", ExportOptions(role="locator"))
    assert load_model(tmp_path / "both.pt").labels == (0, 1, 2)
    finder = load_model(tmp_path / "finder.pt")
    assert finder.role == "locator"
    assert finder.settings.preprocessing.spacing_dhw_mm == (1.5, 0.5, 0.5)  # that of its samples
    assert spacing_of(DataConfig(kind="whole_heads")) == (3, 3, 3)
    card = read_card(card_path(tmp_path / "finder.pt"))
    assert card.labels == {"1": "right porus", "2": "left porus"}
    assert card.role == "locator"


def test_what_cannot_be_exported_is_refused_and_nothing_written(run_folder: Path, tmp_path: Path):
    with pytest.raises(UsageError, match=r"ends in \.pt, got \.pth"):
        export_run(run_folder / "best.pt", tmp_path / "toy.pth", ExportOptions())
    with pytest.raises(ModelError, match="no checkpoint"):
        export_run(tmp_path / "absent.pt", tmp_path / "toy.pt", ExportOptions())
    with pytest.raises(UsageError, match=r"locator has three outputs, or five .* has 2"):
        export_run(run_folder / "best.pt", tmp_path / "toy.pt", ExportOptions(role="locator"))
    assert list(tmp_path.iterdir()) == []


def test_a_network_of_four_outputs_gives_the_cochlea_where_its_data_kept_it(tmp_path: Path):
    train_toy(toy_recipe({"out_channels": 4}, steps=2), tmp_path / "run")
    content = load_checkpoint(tmp_path / "run" / "checkpoint.pt")
    with pytest.raises(UsageError, match=r"four where its data keep the cochlea; .* 'toy' has 4, and its data do not"):
        export_run(tmp_path / "run" / "checkpoint.pt", tmp_path / "x.pt", ExportOptions())
    data = {**content["recipe"]["data"], "options": {"keep_cochlea": True}}
    save_checkpoint(tmp_path / "kept.pt", {**content, "recipe": {**content["recipe"], "data": data}})
    export_run(tmp_path / "kept.pt", tmp_path / "cochlea.pt", ExportOptions())
    assert read_card(card_path(tmp_path / "cochlea.pt")).labels == {
        "1": "Extrameatal tumor", "2": "Intrameatal tumor", "3": "Cochlea",
    }  # fmt: skip
    bundle = load_model(tmp_path / "cochlea.pt")
    assert (bundle.labels, bundle.tumor_classes, bundle.organ_classes) == ((0, 1, 2, 3), (1, 2), (3,))
    image = np.random.default_rng(0).normal(size=(12, 48, 48)).astype(np.float32)
    found = segment(Volume(image, np.diag([1.5, 0.5, 0.5, 1.0])[[2, 1, 0, 3]]), Models(segmenter=bundle), device="cpu")
    assert set(np.unique(found.labelmap.array)) <= {0, 1, 2, 3}


def test_limits_of_certainty_go_into_the_file(run_folder: Path, tmp_path: Path):
    options = ExportOptions(
        least_mean_probability=0.55, sure_mean_probability=0.8, porus_distance_mm=(6, 8.5), boundary_spread_mm=(0.4, 2)
    )
    assert options.certainty.boundary_spread_mm == (0.4, 2)
    export_run(run_folder / "best.pt", tmp_path / "toy.pt", options)
    certainty = load_model(tmp_path / "toy.pt").settings.certainty
    assert (certainty.mean_probability, certainty.porus_distance_mm) == ((0.8, 0.55), (6, 8.5))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"porus_distance_mm": (9, 8)}, "--porus-distance must be CERTAIN ACCEPTED in mm, .* got 9 8"),
        ({"boundary_spread_mm": (0, 1)}, "--boundary-spread must be CERTAIN ACCEPTED in mm, .* got 0 1"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(limits: dict, said: str):
    with pytest.raises(UsageError, match=said):
        ExportOptions(**limits)


def test_the_command_exports(run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    target = tmp_path / "models" / "mine.pt"
    words = ["export", str(run_folder / "best.pt"), "--out", str(target), "--role", "segmenter"]
    assert command.main([*words, "--model-version", "2.1", "--modality", "ceT1", "--locator", "finder"]) == 0
    said = capsys.readouterr().out
    card = json.loads((tmp_path / "models" / "mine.card.json").read_text(encoding="utf-8"))
    assert (card["version"], card["modality"], card["locator_name"]) == ("2.1", "ceT1", "finder")
    assert card["sha256"] in said
    assert load_model(target).modality == "ceT1"
    assert load_model(target).settings.certainty.mean_probability == (0.6, 0.6)
    assert command.main([*words, "--least-mean-probability", "0.75"]) == 0
    assert load_model(target).settings.certainty.mean_probability == (0.75, 0.75)
    assert command.main([*words, "--least-mean-probability", "0.55", "--sure-mean-probability", "0.7"]) == 0
    assert load_model(target).settings.certainty.mean_probability == (0.7, 0.55)
    assert command.main([*words, "--porus-distance", "7", "9"]) == 0
    assert load_model(target).settings.certainty.porus_distance_mm == (7, 9)
    assert command.main([*words, "--sure-mean-probability", "0.5"]) == 2


def test_the_command_refuses_in_one_sentence(run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    damaged = tmp_path / "damaged.pt"
    shutil.copy(run_folder / "best.pt", damaged)
    damaged.write_bytes(damaged.read_bytes()[:1000])
    out = str(tmp_path / "x.pt")
    assert command.main(["export", str(damaged), "--out", out, "--role", "segmenter"]) == 4
    assert capsys.readouterr().err.startswith("error: damaged.pt is damaged")
    assert command.main(["export", str(run_folder / "best.pt"), "--out", out, "--role", "locator"]) == 2
    capsys.readouterr()
    words = ["export", str(run_folder / "best.pt"), "--out", out, "--role", "segmenter"]
    assert command.main([*words, "--least-mean-probability", "70"]) == 2
    assert capsys.readouterr().err == "error: --least-mean-probability must be from 0 to 1, got 70.0\n"
    assert not Path(out).exists()


def test_averaged_runs_give_the_mean_of_their_weights(run_folder: Path, tmp_path: Path):
    first = load_checkpoint(run_folder / "checkpoint.pt")
    other = {**first, "average": {name: value + 2 for name, value in (first["average"] or first["model"]).items()}}
    save_checkpoint(tmp_path / "other.pt", other)
    export_run(run_folder / "checkpoint.pt", tmp_path / "alone.pt", ExportOptions())
    export_run(
        run_folder / "checkpoint.pt", tmp_path / "mean.pt", ExportOptions(), average_with=[tmp_path / "other.pt"]
    )
    alone, mean = (load_model(tmp_path / f"{name}.pt").network.state_dict() for name in ("alone", "mean"))
    for name, value in alone.items():
        if value.is_floating_point():
            torch.testing.assert_close(mean[name], value + 1, atol=2e-3, rtol=2e-3)  # stored as float16
    export_run(tmp_path / "other.pt", tmp_path / "with_model.pt", ExportOptions(), average_with=[tmp_path / "alone.pt"])
    with_model = load_model(tmp_path / "with_model.pt")
    assert with_model.provenance["averaged_with"] == ["alone version 1"]
    for name, value in with_model.network.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, mean[name], atol=2e-3, rtol=2e-3)


def test_runs_of_different_networks_are_not_averaged(run_folder: Path, locator_run: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="holds another network than the recipe"):
        export_run(run_folder / "best.pt", tmp_path / "x.pt", ExportOptions(), average_with=[locator_run / "best.pt"])


def test_a_network_trained_ear_by_ear_is_exported_to_look_so(run_folder: Path, tmp_path: Path):
    content = load_checkpoint(run_folder / "checkpoint.pt")
    data = {**content["recipe"]["data"], "options": {"centered_on_pori": True, "patch_dhw": [20, 80, 96]}}
    save_checkpoint(tmp_path / "ears.pt", {**content, "recipe": {**content["recipe"], "data": data}})
    export_run(tmp_path / "ears.pt", tmp_path / "by_ear.pt", ExportOptions())
    window = load_model(tmp_path / "by_ear.pt").settings.window
    assert (window.at_pori, window.size_dhw, window.medial_of_porus_mm) == (True, (20, 80, 96), 5.0)  # the usual place
    data["options"]["medial_of_porus_mm"] = 2.0
    save_checkpoint(tmp_path / "offset.pt", {**content, "recipe": {**content["recipe"], "data": data}})
    export_run(tmp_path / "offset.pt", tmp_path / "nearer.pt", ExportOptions())
    assert load_model(tmp_path / "nearer.pt").settings.window.medial_of_porus_mm == 2.0
    data["options"] = {"centered_on_pori": False}
    save_checkpoint(tmp_path / "all_over.pt", {**content, "recipe": {**content["recipe"], "data": data}})
    export_run(tmp_path / "all_over.pt", tmp_path / "anywhere.pt", ExportOptions())
    assert not load_model(tmp_path / "anywhere.pt").settings.window.at_pori


def test_three_outputs_of_data_that_keep_the_cochlea_mean_nothing_and_are_refused(locator_run: Path, tmp_path: Path):
    content = load_checkpoint(locator_run / "best.pt")
    data = {**content["recipe"]["data"], "options": {"keep_cochlea": True}}
    save_checkpoint(tmp_path / "kept.pt", {**content, "recipe": {**content["recipe"], "data": data}})
    with pytest.raises(UsageError, match=r"just four where its data keep the cochlea; .* has 3, and its data keep"):
        export_run(tmp_path / "kept.pt", tmp_path / "x.pt", ExportOptions())
    assert not (tmp_path / "x.pt").exists()


def test_a_locator_of_five_outputs_finds_the_tips_of_the_fundi_too(tmp_path: Path):
    train_toy(toy_recipe({"out_channels": 5}, steps=2), tmp_path / "run")
    export_run(tmp_path / "run" / "checkpoint.pt", tmp_path / "finder.pt", ExportOptions(role="locator"))
    assert read_card(card_path(tmp_path / "finder.pt")).labels == {
        "1": "right porus", "2": "left porus", "3": "right fundus", "4": "left fundus",
    }  # fmt: skip
    image = np.random.default_rng(0).normal(size=(20, 48, 48)).astype(np.float32)
    locate_pori(Volume(image, np.diag([3.0, 3.0, 3.0, 1.0])[[2, 1, 0, 3]]), load_model(tmp_path / "finder.pt"))
