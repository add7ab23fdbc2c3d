"""Tiny slices of two kinds, dark on bright and bright on dark, and a program that trains a translator on them.

`python -m Testing.support.toy_translation RECIPE FOLDER [--kill-after STEP]`
"""

import argparse
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from Testing.support.toy_training import ROOT
from Training.adaptation.config import TranslationRecipe
from Training.adaptation.loop import train_translator
from Training.adaptation.slices import UnpairedSlices
from Training.adaptation.state import TranslationState
from Training.running.devices import make_fabric
from Training.tables import from_table, to_table, to_toml

SIZE = 32


class Same(nn.Module):
    """A translator that leaves slices as they are, with a weight to tell its device by."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return x


def discs(seed: int, *, inside: float, outside: float, count: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """A scan (D, SIZE, SIZE) with one disc in each slice, and its labels."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((SIZE, SIZE))
    labels = np.zeros((count, SIZE, SIZE), np.uint8)
    for each in labels:
        row, column, radius = rng.uniform(10, 22), rng.uniform(10, 22), rng.uniform(4, 8)
        each[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = 1
    image = np.where(labels == 1, inside, outside) + rng.normal(0, 0.05, labels.shape)
    return np.clip(image, -1, 1).astype(np.float32), labels


def toy_slices(depth: int = 1) -> UnpairedSlices:
    originals, labels = discs(1, inside=0.7, outside=-0.5)
    targets, _ = discs(2, inside=-0.7, outside=0.5)
    return UnpairedSlices([originals], [targets], [labels], seed=3, depth=depth)


def toy_translation(loss: dict | None = None, **run: object) -> TranslationRecipe:
    table = {
        "name": "toy",
        "seed": 3,
        "translator": {"width": 4, "blocks": 5, "discriminator_width": 4, "embedding": 8},
        "loss": {"patches": 32, **(loss or {})},
        "optimizer": {"learning_rate": 2e-3},
        "run": {
            "steps": 8, "batch_size": 2, "num_workers": 0, "checkpoint_every": 3, "validate_every": 4, "log_every": 1,
            **run,
        },
    }  # fmt: skip
    return from_table(TranslationRecipe, table, "recipe")


def train_toy_translator(recipe: TranslationRecipe, folder: Path, **options: object) -> TranslationState:
    fabric = make_fabric("cpu", 1, recipe.run.precision)
    return train_translator(recipe, toy_slices(recipe.translator.depth), folder, fabric=fabric, **options)


def run_toy_translation(recipe: TranslationRecipe, folder: Path, *options: str) -> int:
    """Train in a process of its own, with one thread; return how it ended."""
    file = folder.with_suffix(".toml")
    file.write_text(to_toml(to_table(recipe)))
    command = [sys.executable, "-m", "Testing.support.toy_translation", str(file), str(folder), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False).returncode


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("recipe", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kill-after", type=int)
    options = parser.parse_args()
    torch.set_num_threads(1)
    recipe = from_table(TranslationRecipe, tomllib.loads(options.recipe.read_text()), "recipe")
    steps = iter(range(1, recipe.run.steps + 1))

    def kill_when_due() -> bool:
        if next(steps) == options.kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return False

    train_toy_translator(recipe, options.folder, should_stop=kill_when_due)


if __name__ == "__main__":
    main()
