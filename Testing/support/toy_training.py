"""A tiny recipe on `BallsInNoise`, and a program that trains it: `python -m Testing.support.toy_training FOLDER`."""

import argparse
from pathlib import Path

import torch

from Testing.support.toy_source import BallsInNoise
from Training.devices import make_fabric
from Training.loop import train
from Training.recipe import Recipe, recipe_from_table
from Training.validation import validate_on_samples


def toy_recipe(**run) -> Recipe:
    return recipe_from_table(
        {
            "name": "toy",
            "seed": 3,
            "network": {
                "channels": [4, 8],
                "kernels_dhw": [[1, 3, 3], [3, 3, 3]],
                "strides_dhw": [[1, 2, 2]],
                "dropout": 0.1,
            },
            "loss": {"cross_entropy_weight": 1.0},
            "optimizer": {"learning_rate": 1e-2, "schedule": {"kind": "cosine", "warmup_steps": 3}},
            "validation": {"samples": 4},
            "run": {"steps": 12, "batch_size": 2, "num_workers": 0, "checkpoint_every": 4, "validate_every": 6, **run},
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    recipe = toy_recipe(steps=options.steps, num_workers=options.workers, ema_decay=0.9, log_every=1)
    fabric = make_fabric("cpu", 1, recipe.run.precision)
    validate = validate_on_samples(BallsInNoise(), recipe.validation.samples)
    train(recipe, BallsInNoise(), options.folder, fabric=fabric, validate=validate, resume=options.resume)


if __name__ == "__main__":
    main()
