"""A whole adaptation on small scans: every step once, interrupted and gone on with, and the model that comes out."""

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import Training.__main__ as command
from Testing.support.command import in_this_process
from Testing.support.toy_scans import ORDERS, toy_adaptation, toy_scan, write_toy_domains
from Training.adaptation.adapting import Adaptation, generator_of_run, train_translation
from Training.adaptation.config import TranslationDataConfig
from Training.adaptation.labeling import Labeler, pseudo_label_scans
from Training.adaptation.measured import validate_translations
from Training.adaptation.opinions import opinion_of
from Training.adaptation.recipe import read_adaptation_recipe
from Training.adaptation.scans import entries_of, read_source_scan, validation_scans
from Training.data.manifest import read_manifest
from Training.running.run_folder import read_rows
from Training.running.session import Machine
from Training.tables import to_table, to_toml
from Training.weights import load_checkpoint
from VSSegmentationLib.errors import CancelledError, ConfigError, ModelError, UsageError
from VSSegmentationLib.imageio import read_volume, write_image
from VSSegmentationLib.networks import NetworkOutput

CPU = Machine(device="cpu")


@pytest.fixture(scope="module")
def domains(tmp_path_factory):
    return write_toy_domains(tmp_path_factory.mktemp("domains"))


@pytest.fixture(scope="module")
def adapted(domains, tmp_path_factory):
    out = tmp_path_factory.mktemp("adapted") / "run"
    said = []
    last = Adaptation(toy_adaptation(*domains), out, CPU, say=said.append).run()
    return out, last, said


def weights(file):
    return {name: value.tolist() for name, value in load_checkpoint(file)["model"].items()}


def test_every_step_leaves_its_folder_and_the_last_network_learned_from_both(adapted):
    out, last, said = adapted
    assert {path.name for path in out.iterdir()} == {
        "translation", "translated", "round_0", "labels_1", "mixed_1", "round_1",
    }  # fmt: skip
    assert last == out / "round_1" / "checkpoint.pt"
    assert load_checkpoint(last)["step"] == 2
    mixed = read_manifest(out / "mixed_1")
    assert {entry.modality for entry in mixed.entries} == {"T2"}
    assert {entry.patient.split("_")[0] for entry in mixed.entries} == {"source", "target"}
    assert all(entry.labels is not None for entry in mixed.entries)
    assert said[0] == "translation: 4 steps"


@pytest.mark.parametrize(
    "asked", [2, 6, pytest.param(9, marks=pytest.mark.slow)]
)  # in the translation, in round 0; in round 1, which goes as round 0
def test_it_goes_on_in_whatever_step_it_was_stopped_and_comes_to_the_same_weights(domains, adapted, tmp_path, asked):
    _, last, _ = adapted
    recipe, calls = toy_adaptation(*domains), iter(range(1, 1000))
    with pytest.raises(CancelledError, match="goes on"):
        Adaptation(recipe, tmp_path, CPU, should_stop=lambda: next(calls) >= asked).run()
    assert weights(Adaptation(recipe, tmp_path, CPU).run()) == weights(last)


def test_another_recipe_of_the_translation_is_refused_though_that_is_done(domains, adapted, tmp_path):
    out, _, _ = adapted
    shutil.copytree(out, tmp_path / "run")
    recipe = toy_adaptation(*domains)
    other = replace(recipe, translation=replace(recipe.translation, seed=5))
    with pytest.raises(ConfigError, match=r"another recipe: seed was 0, is 5"):
        Adaptation(other, tmp_path / "run", CPU).run()


def test_commands_do_the_same_and_the_model_segments_a_scan(domains, adapted, tmp_path, capsys, monkeypatch):
    _, last, _ = adapted
    file = tmp_path / "toy.toml"
    table = to_table(toy_adaptation(*domains))
    rounds = "".join(f"\n[[rounds]]\n{to_toml(each)}" for each in table.pop("rounds"))
    file.write_text(to_toml(table) + rounds)
    assert command.main(["adapt", str(file), "--out", str(tmp_path / "run"), "--device", "cpu", "--threads", "1"]) == 0
    assert "done: round_1/checkpoint.pt" in capsys.readouterr().out
    assert weights(tmp_path / "run" / "round_1" / "checkpoint.pt") == weights(last)

    model = tmp_path / "models" / "from_cet1.pt"
    words = ["export", str(last), "--out", str(model), "--role", "segmenter", "--trained-on", "toy scans"]
    assert command.main([*words, "--license", "CC0-1.0"]) == 0
    card = json.loads(model.with_name("from_cet1.card.json").read_text(encoding="utf-8"))
    assert card["labels"] == {"1": "Extrameatal tumor", "2": "Intrameatal tumor", "3": "Cochlea"}
    scan, (image, _) = tmp_path / "sagittal.nii.gz", toy_scan(1, "T2", (24, 64, 72))  # 36 mm wide
    write_image(scan, image)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert in_this_process("models", "import", model).code == 0
    assert "from_cet1" in in_this_process("models", "list").out
    words = ["segment", scan, "--out", tmp_path / "case", "--model", "from_cet1", "--modality", "T2", "--device", "cpu"]
    done = in_this_process(*words, "--format", "nii.gz,json")
    assert done.code == 0, done.err
    (file,) = (tmp_path / "case").glob("*.nii.gz")
    labelmap = read_volume(file)
    np.testing.assert_allclose(labelmap.dhw_to_ras, read_volume(scan).dhw_to_ras, atol=1e-4)
    assert set(np.unique(labelmap.array)) <= {0, 1, 2, 3}


def test_the_translate_command_makes_a_data_set_of_other_scans(domains, adapted, tmp_path, capsys):
    out, _, _ = adapted
    words = ["translate", str(out / "translation" / "checkpoint.pt"), "--source", str(domains[0])]
    assert command.main([*words, "--out", str(tmp_path / "made"), "--device", "cpu"]) == 0
    assert len(read_manifest(tmp_path / "made").entries) == 4
    assert "manifest.csv" in capsys.readouterr().out


def test_a_challenge_folder_has_a_file_a_case_on_the_scans_own_grid(domains, adapted, tmp_path):
    _, last, _ = adapted
    words = ["pseudo-label", str(last), str(domains[1]), "--crossmoda", "--probability", "0.3", "--device", "cpu"]
    assert command.main([*words, "--out", str(tmp_path / "out")]) == 0
    entries = read_manifest(domains[1]).entries
    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"{entry.case}.nii.gz" for entry in entries}
    for entry in entries:
        file = tmp_path / "out" / f"{entry.case}.nii.gz"
        made = read_volume(file)
        np.testing.assert_allclose(made.dhw_to_ras, read_volume(entry.image).dhw_to_ras, atol=1e-4)
        assert set(np.unique(made.array)) <= {0, 1, 2, 3}
        header = gzip.decompress(file.read_bytes())[:348]
        assert int.from_bytes(header[70:72], "little") == 2  # uint8, by the NIfTI standard


class Knows(nn.Module):
    """A network that sees a toy T2 scan as it is: dark is tumor, bright is cochlea."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        logits = torch.zeros(len(x), 4, *x.shape[2:])
        logits[:, 0] = 4
        logits[:, 1] = torch.where(x[:, 0] < -1, 8.0, 0.0)
        logits[:, 3] = torch.where(x[:, 0] > 1, 8.0, 0.0)
        return NetworkOutput(logits, [], [])


def labeler(**options):
    return Labeler(network=Knows(), spacing_dhw_mm=(1.5, 0.5, 0.5), patch_dhw=(8, 32, 32), **options)


@pytest.mark.parametrize("select", ["threshold", "votes"])
@pytest.mark.parametrize("number", range(len(ORDERS)))
def test_pseudo_labels_lie_on_what_the_network_saw_whatever_the_order_of_axes(domains, number, select):
    entry = entries_of(str(domains[1]), "training", "T2", labeled=False)[number]
    image = read_source_scan(entry, "T2", (0.0, 1.0)).image
    labels = labeler(select=select).labels(image)
    _, truth = toy_scan(50 + number, "T2")
    for found, true in ((labels == 1, (truth.array == 1) | (truth.array == 2)), (labels == 3, truth.array == 3)):
        assert found.sum() == pytest.approx(true.sum(), rel=0.15)
        places = [np.argwhere(mask).mean(0) for mask in (found, true)]
        affines = (image.dhw_to_ras, truth.dhw_to_ras)
        ras = [affine[:3, :3] @ place + affine[:3, 3] for affine, place in zip(affines, places, strict=True)]
        np.testing.assert_allclose(*ras, atol=0.3)


def test_an_opinion_of_an_even_handed_network_is_unanimous_and_adds_up(domains):
    entry = entries_of(str(domains[1]), "training", "T2", labeled=False)[0]
    opinion = opinion_of(Knows(), read_source_scan(entry, "T2", (0.0, 1.0)).image, (1.5, 0.6, 0.5), (10, 40, 44))
    np.testing.assert_allclose(opinion.probability.sum(0), 1, atol=1e-5)
    assert set(np.unique(opinion.votes.round(3))) == {0, 1}


def test_scans_in_which_nothing_is_sure_are_left_out_and_listed(domains, tmp_path):
    entries = entries_of(str(domains[1]), "training", "T2", labeled=False)
    bright = entries_of(str(domains[0]), "training", "ceT1", labeled=True)[0].image  # no dark tumor
    blank = replace(entries[0], image=bright)
    made = read_manifest(pseudo_label_scans(labeler(), [blank, *entries[1:]], "T2", (0.0, 1.0), tmp_path))
    assert [entry.case for entry in made.entries] == ["target_1", "target_2"]
    assert [left.case for left in made.left_out] == ["target_0"]
    assert made.left_out[0].reason.startswith("no tumor was found surely enough")
    with pytest.raises(UsageError, match="in none of the scans"):
        pseudo_label_scans(labeler(), [blank], "T2", (0.0, 1.0), tmp_path / "none")


class Times(nn.Module):
    """A generator that turns bright and dark round, or not."""

    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, x):
        return self.factor * x


class KnowsThroughNoise(nn.Module):
    """A fixed segmenter of toy scans: what is dark over 5 x 5 voxels is tumor."""

    def forward(self, x):
        logits = torch.zeros(len(x), 2, *x.shape[2:])
        logits[:, 1] = torch.where(nn.functional.avg_pool3d(x, (1, 5, 5), 1, (0, 2, 2))[:, 0] < -1, 8.0, -8.0)
        return NetworkOutput(logits, [], [])


def test_translations_are_measured_by_what_a_fixed_segmenter_finds_in_them(domains, monkeypatch):
    monkeypatch.setattr("Training.masks.predict._loaded", lambda _model: (KnowsThroughNoise(), (1,)))
    source, target = domains
    data = TranslationDataConfig(source=str(source), target=str(target), crop=(0, 1), size=64, segmenter="known")
    validate = validate_translations(data, validation_scans(data))
    good, bad = validate(Times(-1.0)), validate(Times(1.0))
    assert good["dice"] > 0.7  # the mean over 2.5 mm rounds its outline off
    assert bad["dice"] < 0.1
    with pytest.raises(ConfigError, match="names none"):
        validate_translations(replace(data, segmenter=None), [])


def test_the_generator_taken_is_the_one_that_measured_best(domains, tmp_path, monkeypatch):
    values = iter([{"dice": 0.5, "flicker": 0.0}, {"dice": 0.3, "flicker": 0.0}])
    monkeypatch.setattr(
        "Training.adaptation.adapting.validate_translations", lambda _data, _scans: lambda _net: next(values)
    )
    recipe = toy_adaptation(*domains).translation
    recipe = replace(recipe, data=replace(recipe.data, segmenter="known"))
    file = train_translation(recipe, tmp_path, CPU)
    assert file.name == "best.pt"
    assert load_checkpoint(file)["step"] == 2
    assert [row["dice"] for row in read_rows(tmp_path / "validation.csv")] == ["0.5", "0.3"]
    generator, kept = generator_of_run(file)
    assert kept == recipe
    assert not generator.training


def test_what_is_no_translator_and_no_recipe_is_refused(adapted, tmp_path):
    _, last, _ = adapted
    with pytest.raises(ModelError, match="holds no translator"):
        generator_of_run(last)
    (tmp_path / "r.toml").write_text("name = 'x'\n[translation]\nname = 'x'\nrun = {steps = 1}\n[segmentation]\n")
    with pytest.raises(ConfigError, match=r"translation\.data must say"):
        read_adaptation_recipe(tmp_path / "r.toml")
