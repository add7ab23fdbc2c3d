"""Limits of a model, from synthetic scans to its card: with a stand-in for the network, so that errors are known."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from Testing.support.phantoms import ice_cream
from Testing.training.synthesis.conftest import SMALL, block_head, write_head
from Training.__main__ import main
from Training.release import limits as limits_module
from Training.release import mask_pairs as pairs_module
from Training.release.limits import LimitsOptions, measured_limits, write_limits
from Training.release.mask_pairs import MaskPair, mask_pairs
from Training.synthesis.pool import write_pool
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import Models, load_model
from VSSegmentationLib.labels import Label
from VSSegmentationLib.models import card_path, default_divider, default_model, find_model, read_card, write_card
from VSSegmentationLib.tasks import DEFAULT_TASK


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("limits")
    write_pool([write_head(folder / "blocks.nii.gz", block_head())], folder / "pool", 2, 5, config=SMALL)
    return folder / "pool"


@pytest.fixture(scope="module")
def models() -> Models:
    segmenter = load_model(find_model(default_model("T2")))
    return Models(segmenter=segmenter, divider=load_model(find_model(default_divider())))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How bright the scans were that a stand-in for the network was given; it finds the box of all that is bright."""
    seen: list[float] = []

    def answer(image, _models, *, modality):
        assert modality == "T2"
        seen.append(float(image.array.mean()))
        found = np.zeros(image.shape, np.uint8)
        found[2:5, 20:30, 20:30] = Label.EXTRAMEATAL
        return SimpleNamespace(labelmap=image.with_array(found))

    monkeypatch.setattr(pairs_module, "segment", answer)
    return seen


def test_masks_are_made_once_kept_and_read_again(models: Models, pool: Path, tmp_path: Path, asked: list[float]):
    first = mask_pairs(models, pool, tmp_path, 2, modality="T2")
    assert len(asked) == 2
    again = mask_pairs(models, pool, tmp_path, 2, modality="T2")
    assert len(asked) == 2
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.truth.array, other.truth.array)
        assert one.found.same_grid(one.truth)


def test_masks_of_other_weights_are_kept_apart(models: Models, pool: Path, tmp_path: Path, asked: list[float]):
    mask_pairs(models, pool, tmp_path, 1, modality="T2")
    mask_pairs(replace(models, divider=None), pool, tmp_path, 1, modality="T2")
    assert len(asked) == 2


def test_limits_say_how_many_tumors_were_missed_and_leave_rough_estimates_out():
    truth = ice_cream((1.5, 0.5, 0.5))
    nothing = truth.with_array(np.zeros_like(truth.array))
    pairs = [MaskPair(truth, truth)] * 19 + [MaskPair(nothing, truth)] * 2
    found = measured_limits(pairs, DEFAULT_TASK, data="made up", divider="a" * 64)
    assert (found.scans, found.missed, found.divider_sha256) == (21, 2, "a" * 64)
    left_out = {"vol_ellipsoid", "fundus_gap", *DEFAULT_TASK.measures_of_organs}
    assert {row.measure for row in found.rows} == set(DEFAULT_TASK.definitions) - left_out
    assert {(row.half_width, row.coverage, row.n) for row in found.rows} == {(0.0, 1.0, 19)}  # all masks are right


def test_the_limits_come_into_the_card_and_nothing_else_changes(
    tmp_path: Path, pool: Path, asked: list[float], monkeypatch: pytest.MonkeyPatch
):
    shipped = find_model("spvpa_t2_synthetic")
    file = tmp_path / shipped.name
    shutil.copy(shipped, file)
    before = replace(read_card(card_path(shipped)), limits_measured=None)
    write_card(card_path(file), before)
    monkeypatch.setattr(limits_module, "_pool_of", lambda *_arguments: SimpleNamespace(validation=("one head",)))
    shutil.copytree(pool, tmp_path / "out" / "pools" / "limits")
    card = write_limits(LimitsOptions(name=str(file), heads=tmp_path, out=tmp_path / "out", scans=2))
    assert len(asked) == 2
    assert read_card(card_path(file)) == card
    assert replace(card, limits_measured=None) == before
    assert card.limits_measured.data.startswith("2 synthetic scans with a tumor in one ear, made from 1 heads")
    assert {row.half_width for row in card.limits_measured.rows} <= {None}  # two scans are too few for any limit


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("divider_synthetic", "a segmenter of such; the model divider_synthetic is a divider"),
        ("locator_synthetic", "the model locator_synthetic is a locator"),
    ],
)
def test_only_segmenters_of_what_can_be_drawn_have_limits(name: str, said: str, tmp_path: Path):
    with pytest.raises(UsageError, match=said):
        write_limits(LimitsOptions(name=name, heads=tmp_path, out=tmp_path / "out"))


def test_a_file_without_a_card_is_refused(tmp_path: Path):
    shutil.copy(find_model("spvpa_t2_synthetic"), tmp_path / "mine.pt")
    with pytest.raises(UsageError, match="has no card to write limits into"):
        write_limits(LimitsOptions(name=str(tmp_path / "mine.pt"), heads=tmp_path, out=tmp_path / "out"))


def test_heads_that_are_missing_and_counts_below_one_end_the_command_in_a_sentence(tmp_path: Path, capsys):
    asked_for = ["limits", "spvpa_t2_synthetic", "--heads", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main(asked_for) == 2
    assert "2 of 2 head label maps are not in the folder" in capsys.readouterr().err
    assert main([*asked_for, "--scans", "0"]) == 2
    assert "--scans and --processes must be >= 1, got 0 and 1" in capsys.readouterr().err
