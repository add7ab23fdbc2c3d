import json
import platform
from pathlib import Path

import pytest

from Testing.support.toy_training import toy_recipe, train_toy
from Training.recipes import read_recipe
from Training.running.curves import draw_curves
from Training.running.run_folder import LOG_COLUMNS, RunFolder, read_rows
from VSSegmentationLib.errors import UsageError


def row(step):
    return dict.fromkeys(LOG_COLUMNS, "0.5") | {"step": str(step)}


def test_run_folder_holds_what_a_run_leaves(tmp_path):
    recipe = toy_recipe(steps=6)
    train_toy(recipe, tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "recipe.toml", "environment.json", "log.csv", "validation.csv", "curves.png", "checkpoint.pt", "best.pt",
    }  # fmt: skip
    assert read_recipe(tmp_path / "run" / "recipe.toml") == recipe
    assert (tmp_path / "run" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_environment_names_versions_and_no_place_or_machine(tmp_path):
    train_toy(toy_recipe(steps=1), tmp_path)
    text = (tmp_path / "environment.json").read_text()
    assert {"torch", "python", "threads", "device", "precision"} <= json.loads(text).keys()
    for secret in (platform.node(), str(Path.home()), str(tmp_path), str(Path.cwd())):
        assert f'"{secret}"' not in text
    assert "/" not in text


def test_logs_are_cut_back_to_the_checkpoint(tmp_path):
    run = RunFolder(tmp_path)
    run.append_log([row(1), row(2)])
    run.append_log([row(3)])
    run.append_validation(2, {"dice": 0.25})
    run.append_validation(3, {"dice": 0.5})
    run.prepare(toy_recipe(), {}, finished_steps=2)
    assert [entry["step"] for entry in read_rows(run.log)] == ["1", "2"]
    assert read_rows(run.validation) == [{"step": "2", "dice": "0.25"}]


def test_logs_cut_back_to_nothing_start_with_their_heading_again(tmp_path):
    run = RunFolder(tmp_path)
    run.append_log([row(1)])
    run.prepare(toy_recipe(), {}, finished_steps=0)
    run.append_log([row(1)])
    assert read_rows(run.log) == [row(1)]


def test_line_that_a_kill_cut_off_is_dropped(tmp_path):
    run = RunFolder(tmp_path)
    run.append_log([row(1)])
    with run.log.open("a") as file:
        file.write("2,0.4,0.")
    run.prepare(toy_recipe(), {}, finished_steps=1)
    run.append_log([row(2)])
    assert read_rows(run.log) == [row(1), row(2)]


def test_validation_may_measure_more_than_at_first(tmp_path):
    run = RunFolder(tmp_path)
    run.append_validation(1, {"dice": 0.25})
    run.append_validation(2, {"false_positive_voxels": 3.0})
    assert read_rows(run.validation) == [
        {"step": "1", "dice": "0.25", "false_positive_voxels": ""},
        {"step": "2", "dice": "", "false_positive_voxels": "3"},
    ]
    draw_curves(run)
    assert run.curves.exists()


def test_empty_folder_is_free_to_use(tmp_path):
    RunFolder(tmp_path).refuse_if_used()
    RunFolder(tmp_path / "absent").refuse_if_used()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="not empty"):
        RunFolder(tmp_path).refuse_if_used()
