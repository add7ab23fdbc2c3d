import argparse
import os
import signal
import subprocess
import sys
from itertools import product

import pytest
import torch

import Training.__main__ as command
import Training.running.commands as commands
import Training.running.session as session
from Testing.support.toy_source import BallsInNoise
from Testing.support.toy_training import toy_recipe
from Training.running.devices import make_fabric
from Training.tables import to_table, to_toml
from Training.weights.checkpoint import load_checkpoint
from VSSegmentationLib.errors import UsageError


@pytest.fixture
def recipe_file(tmp_path, monkeypatch):
    """A toy recipe, in a place where the synthetic source stands for balls in noise."""
    for place in (session, commands):
        monkeypatch.setattr(place, "build_source", lambda data, seed: BallsInNoise(seed))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    file = tmp_path / "toy.toml"
    file.write_text(to_toml(to_table(toy_recipe(steps=6))))
    yield file
    for number, handler in handlers.items():
        signal.signal(number, handler)


def run(*arguments):
    return command.main([str(argument) for argument in arguments])


def test_train_then_resume_to_a_later_step(recipe_file, tmp_path, capsys):
    folder = tmp_path / "run"
    assert run("train", recipe_file, "--out", folder, "--device", "cpu", "--threads", 1) == 0
    assert "done: 6 steps" in capsys.readouterr().out
    assert run("train", folder / "recipe.toml", "--out", folder, "--device", "cpu", "--resume", "--steps", 8) == 0
    assert load_checkpoint(folder / "checkpoint.pt")["step"] == 8


def test_a_deterministic_run_refuses_kernels_that_are_not(recipe_file, tmp_path, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    try:
        assert run("train", recipe_file, "--out", tmp_path / "run", "--deterministic") == 0
        assert torch.are_deterministic_algorithms_enabled()
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    finally:
        torch.use_deterministic_algorithms(mode=False)


def test_started_from_the_weights_of_another_run(recipe_file, tmp_path):
    run("train", recipe_file, "--out", tmp_path / "one", "--device", "cpu")
    start = tmp_path / "one" / "best.pt"
    assert run("train", recipe_file, "--out", tmp_path / "two", "--device", "cpu", "--start-from", start) == 0
    first_losses = [
        float((tmp_path / name / "log.csv").read_text().splitlines()[1].split(",")[1]) for name in ("one", "two")
    ]
    assert first_losses[1] < first_losses[0]  # on the same first batch


def test_started_from_an_exported_model(recipe_file, tmp_path):
    run("train", recipe_file, "--out", tmp_path / "one", "--device", "cpu")
    model = tmp_path / "toy.pt"
    assert run("export", tmp_path / "one" / "best.pt", "--out", model, "--role", "segmenter") == 0
    assert run("train", recipe_file, "--out", tmp_path / "two", "--device", "cpu", "--start-from", model) == 0
    first_losses = [
        float((tmp_path / name / "log.csv").read_text().splitlines()[1].split(",")[1]) for name in ("one", "two")
    ]
    assert first_losses[1] < first_losses[0]  # on the same first batch


def test_weights_of_another_network_are_refused(recipe_file, tmp_path, capsys):
    run("train", recipe_file, "--out", tmp_path / "one", "--device", "cpu")
    start = tmp_path / "one" / "best.pt"
    wider = ("--set", "network.channels=[4,16]")
    assert run("train", recipe_file, "--out", tmp_path / "two", *wider, "--start-from", start, "--device", "cpu") == 2
    assert "best.pt holds another network" in capsys.readouterr().err


def test_mistakes_end_with_code_two_and_one_sentence(recipe_file, tmp_path, capsys):
    wrong = (
        ("train", tmp_path / "absent.toml", "--out", tmp_path / "x"),
        ("train", recipe_file, "--out", tmp_path, "--device", "cpu"),
        ("train", recipe_file, "--out", tmp_path / "x", "--device", "tpu"),
        ("train", recipe_file, "--out", tmp_path / "x", "--threads", 0),
        ("train", recipe_file, "--out", tmp_path / "x", "--set", "run.stepps=1"),
    )
    for arguments in wrong:
        assert run(*arguments) == 2
        message = capsys.readouterr().err
        assert message.startswith("error: ")
        assert message.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_damaged_checkpoint_ends_with_code_four(recipe_file, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.pt").write_bytes(b"not a checkpoint")
    assert run("train", recipe_file, "--out", tmp_path / "run", "--resume", "--device", "cpu") == 4


def test_interrupt_ends_after_the_step_with_code_130_and_can_be_resumed(recipe_file, tmp_path, monkeypatch):
    class InterruptsAtSample4(BallsInNoise):
        def sample(self, index):
            if index == 4:  # the third step's first
                signal.raise_signal(signal.SIGINT)
            return super().sample(index)

    monkeypatch.setattr(session, "build_source", lambda data, seed: InterruptsAtSample4(seed))
    assert run("train", recipe_file, "--out", tmp_path / "run", "--device", "cpu") == 130
    assert load_checkpoint(tmp_path / "run" / "checkpoint.pt")["step"] == 3


def test_speed_reports_every_combination(recipe_file, capsys):
    assert run("speed", recipe_file, "--steps", 1, "--threads", 1) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    combinations = product(("32-true", "bf16-mixed"), ("False", "True"), ("1",))
    assert [tuple(row[:3]) for row in rows] == list(combinations)
    assert all(float(row[3]) > 0 for row in rows)


def test_help_imports_neither_torch_nor_matplotlib():
    """Seconds of imports would come before every list of commands."""
    program = (
        "import sys, Training.__main__ as command\n"
        "try:\n    command.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'matplotlib', 'monai', 'scipy', 'SimpleITK', 'numpy', 'lightning_fabric'}\n"
        "print('imported:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "imported: []"
    for room in command.ROOMS:
        for name, what in room.commands.items():
            assert name in done.stdout
            assert what.split()[0] in done.stdout


@pytest.mark.parametrize("room", command.ROOMS, ids=lambda room: next(iter(room.commands)))
def test_the_list_of_commands_says_what_the_rooms_say(room):
    parser = argparse.ArgumentParser()
    commands_of_room = parser.add_subparsers()
    room.add(commands_of_room)
    listed = {each.dest: each.help for each in commands_of_room._choices_actions}
    assert listed == dict(room.commands)


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit) as end:
        run("--help")
    assert end.value.code == 0
    assert "--resume" in capsys.readouterr().out


@pytest.mark.parametrize(("device", "devices"), [("gpu", 1), ("cpu:0", 1), ("cuda:x", 1), ("cpu", 0), ("", 1)])
def test_device_that_is_not_there_is_refused(device, devices):
    with pytest.raises(UsageError, match="--device"):
        make_fabric(device, devices, "32-true")
