"""`evaluate` and `compare`, early stop, and the picture of predictions."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from Testing.support.toy_source import BallsInNoise
from Testing.support.toy_training import toy_recipe, train_toy
from Training.__main__ import main
from Training.recipes import ExportOptions
from Training.release.export import export_run
from Training.running.devices import make_fabric
from Training.running.loop import train
from Training.scoring.held_out import comparison_table, measured, read_scores, summary_lines, write_scores
from Training.scoring.validation import draw_predictions
from Training.weights import network_of_run
from VSSegmentationLib.errors import InputRefusedError, ModelError, UsageError


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluate") / "run"
    train_toy(
        toy_recipe(steps=60, validate_every=60, checkpoint_every=60), folder, draw=draw_predictions(BallsInNoise(), 3)
    )
    return folder


def test_a_network_is_measured_on_samples_with_a_tumor_and_written_case_by_case(run_folder: Path, tmp_path: Path):
    network, recipe = network_of_run(run_folder / "best.pt")
    assert recipe.name == "toy"
    found = measured(network, BallsInNoise(), 5, (1.5, 0.5, 0.5))
    assert all(each["volume_cm3"] > 0 for each in found)
    assert np.mean([each["dice"] for each in found]) > 0.5  # it has learned what a ball is
    write_scores(tmp_path / "one.csv", found)
    again = read_scores(tmp_path / "one.csv")
    assert [again[n]["dice"] for n in range(5)] == pytest.approx([each["dice"] for each in found], rel=1e-5)
    assert summary_lines(found)[0].startswith("Dice: ")
    assert summary_lines(found)[0].endswith("over 5 samples")


def rows(dice: list[float], assd: list[float | None]) -> dict:
    return {
        n: {"dice": d, "assd_mm": a, "rve": 0.1, "volume_cm3": 1.0 + n}
        for n, (d, a) in enumerate(zip(dice, assd, strict=True))
    }


def test_evaluations_are_set_side_by_side_and_tested_in_pairs():
    first = rows([0.5, 0.6, 0.7, 0.8, 0.9, 0.65], [1.0, 1.0, None, 1.0, 1.0, 1.0])
    better = rows([0.51, 0.63, 0.74, 0.85, 0.96, 0.67], [1.0] * 6)
    table = comparison_table([("a", first), ("b", better)]).splitlines()
    assert "| a | 6 | 69.17 ±" in table[2]
    assert "1.00 ± 0.00" in table[2]
    assert table[3].rstrip(" |").endswith("0.0312")  # six differences of one sign: 2 / 2^6
    with pytest.raises(UsageError, match="not of the same samples"):
        comparison_table([("a", first), ("b", {0: first[0]})])


def test_a_table_of_another_kind_or_a_file_without_a_network_is_refused(run_folder: Path, tmp_path: Path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputRefusedError, match="must have the columns sample, dice"):
        read_scores(tmp_path / "x.csv")
    with pytest.raises(UsageError, match="make one with"):
        read_scores(tmp_path / "none.csv")
    export_run(run_folder / "best.pt", tmp_path / "toy.pt", ExportOptions())
    with pytest.raises(ModelError):
        network_of_run(tmp_path / "toy.pt")


def test_the_commands_lead_from_runs_to_a_comparison(run_folder: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr("Training.scoring.commands.build_source", lambda *_: BallsInNoise())
    for name in ("one", "two"):
        file = str(tmp_path / f"{name}.csv")
        assert main(["evaluate", str(run_folder / "best.pt"), "--samples", "4", "--out", file]) == 0
    with (tmp_path / "one.csv").open(newline="") as table:
        assert len(list(csv.DictReader(table))) == 4
    capsys.readouterr()
    assert main(["compare", str(tmp_path / "one.csv"), str(tmp_path / "two.csv")]) == 0
    assert "| two | 4 |" in capsys.readouterr().out


def test_resume_goes_on_in_the_folder_alone_and_says_what_a_run_folder_is(
    run_folder: Path, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.setattr("Training.running.session.build_source", lambda *_: BallsInNoise())
    assert main(["resume", str(run_folder)]) == 0
    assert "done: 60 steps" in capsys.readouterr().out
    assert main(["resume", str(tmp_path)]) == 2
    assert "it has no recipe.toml" in capsys.readouterr().err


def test_after_a_validation_there_is_a_picture_of_truth_and_prediction(run_folder: Path):
    picture = np.asarray(Image.open(run_folder / "predictions.png").convert("RGB")).astype(int)
    colored = np.abs(picture[..., 0] - picture[..., 2]) > 60
    half = picture.shape[0] // 2
    assert colored[:half].any()  # the truth's outline
    assert colored[half:].any()  # and the prediction's


def test_a_run_ends_when_nothing_gets_better_and_stays_ended(tmp_path: Path):
    recipe = toy_recipe(steps=40, validate_every=2, patience=2)
    worse = iter([0.5, 0.6, 0.6, 0.55, 0.9])
    calls = []

    def validate(_network):
        calls.append(next(worse))
        return {"dice": calls[-1]}

    def run(*, resume: bool):
        fabric = make_fabric("cpu", 1, recipe.run.precision)
        return train(recipe, BallsInNoise(), tmp_path / "run", fabric=fabric, validate=validate, resume=resume)

    state = run(resume=False)
    assert (state.step, state.best["step"], calls) == (8, 4, [0.5, 0.6, 0.6, 0.55])
    assert run(resume=True).step == 8
    assert len(calls) == 4
