"""A tiny recipe on `BallsInNoise`, and a program that trains a recipe on them.

`python -m Testing.support.toy_training RECIPE FOLDER [--kill-after STEP] [--devices N]`
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import torch

from Testing.support.toy_source import BallsInNoise
from Training.recipes import Recipe, read_recipe, recipe_from_table
from Training.running.devices import leaving_together, make_fabric
from Training.running.loop import train
from Training.running.state import TrainingState
from Training.scoring.validation import validate_on_samples
from Training.tables import to_table, to_toml

ROOT = Path(__file__).parents[2]


def toy_table() -> dict:
    return {
        "name": "toy",
        "seed": 3,
        "network": {
            "channels": [4, 8],
            "kernels_dhw": [[1, 3, 3], [3, 3, 3]],
            "strides_dhw": [[1, 2, 2]],
            "dropout": 0.1,
        },
        "loss": {"cross_entropy_weight": 1.0},
        "optimizer": {"learning_rate": 2e-2, "schedule": {"kind": "cosine", "warmup_steps": 3}},
        "validation": {"samples": 4},
        "run": {
            "steps": 12,
            "batch_size": 2,
            "num_workers": 0,
            "checkpoint_every": 4,
            "validate_every": 6,
            "log_every": 1,
            "ema_decay": 0.9,
        },
    }


def toy_recipe(network: dict | None = None, **run: object) -> Recipe:
    table = toy_table()
    table["network"] |= network or {}
    table["run"] |= run
    return recipe_from_table(table)


def train_toy(recipe: Recipe, folder: Path, **options: object) -> TrainingState:
    fabric = make_fabric("cpu", 1, recipe.run.precision)
    validate = validate_on_samples(BallsInNoise(), recipe.validation.samples)
    return train(recipe, BallsInNoise(), folder, fabric=fabric, validate=validate, **options)


def run_toy_program(recipe: Recipe, folder: Path, *options: str) -> int:
    """Train in a process of its own, with one thread; return how it ended."""
    file = folder.with_suffix(".toml")
    file.write_text(to_toml(to_table(recipe)))
    command = [sys.executable, "-m", "Testing.support.toy_training", str(file), str(folder), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    # A killed process's workers outlive it by seconds: nothing waits for their ends of a pipe.
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False).returncode


def run_toy_under_torchrun(recipe: Recipe, folder: Path, processes: int) -> int:
    """Train in as many processes as torchrun starts; return how it ended."""
    file = folder.with_suffix(".toml")
    file.write_text(to_toml(to_table(recipe)))
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes),
        "-m", "Testing.support.toy_training", str(file), str(folder), "--devices", str(processes),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr)  # noqa: T201 - pytest shows it where the test fails
    return done.returncode


@leaving_together()
def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("recipe", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kill-after", type=int)
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--go-on", action="store_true", help="with what is in the folder")
    options = parser.parse_args()
    torch.set_num_threads(1)
    recipe = read_recipe(options.recipe)
    fabric = make_fabric("cpu", options.devices, recipe.run.precision)
    fabric.launch()
    steps = iter(range(1, recipe.run.steps + 1))

    def kill_when_due() -> bool:
        if next(steps) == options.kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return False

    validate = validate_on_samples(BallsInNoise(), recipe.validation.samples)
    train(
        recipe, BallsInNoise(), options.folder, fabric=fabric, validate=validate, should_stop=kill_when_due,
        resume=options.go_on,
    )  # fmt: skip


if __name__ == "__main__":
    main()
