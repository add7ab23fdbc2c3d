"""Results of experiments that are made up: sixteen skull bases of eight heads, two cases each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from Training.experiments import StudyOptions
from Training.experiments.stored import CASES as CASES_FILE
from Training.experiments.stored import unit_file, write_json

BENCHMARK = "made up"
CASES: Mapping[str, list[Any]] = {
    "skull_base": [number // 2 for number in range(32)],
    "head": [str(number // 2 % 8) for number in range(32)],
    "stratum": ["noisy"] * 32,
    "volume_cm3": [1.0] * 32,
}


def write_kept(folder: Path, cases: Mapping[str, list[Any]] = CASES) -> None:
    """Write what is known of the test cases."""
    write_json(dict(cases), folder / CASES_FILE)


def write_unit(
    folder: Path, arm: str, seed: int, options: Mapping[str, Any], columns: Mapping[str, Sequence[Any]], **more: object
) -> None:
    """Write the result of one run, with a curve that has leveled off."""
    steps = list(range(100, 1700, 100))
    dice = [0.8] * len(steps)
    content = {
        "arm": arm, "seed": seed, "options": dict(options), "parameters": 1, "training_seconds": 60.0,
        "curve": {"step": steps, "dice": dice, "dice_intrameatal": dice}, "cases": dict(columns), **more,
    }  # fmt: skip
    write_json(content, unit_file(folder, arm, seed))


MEANS = {"unet_2d": 0.70, "unet_3d": 0.75, "unet_25d": 0.74, "gates": 0.7405, "pa": 0.7405, "spvpa": 0.80}


def made_up(folder: Path, means: dict[str, float], seeds: int = 3, **options: object) -> Path:
    """Write results: every case at the arm's mean, plus what the head and the seed add to this arm."""
    write_kept(folder)
    used = {**asdict(StudyOptions()), "benchmark": BENCHMARK, **options}
    for order, (name, mean) in enumerate(means.items()):
        for seed in range(seeds):
            luck = 0.002 * np.random.default_rng([order, seed]).normal(size=len(set(CASES["head"])))
            dice = [
                mean + 0.01 * base + luck[int(head)]
                for base, head in zip(CASES["skull_base"], CASES["head"], strict=True)
            ]
            count = len(dice)
            columns = {
                "dice": dice,
                "assd_mm": [0.5] * count,
                "rve": [0.1] * (count - 1) + [50.0],
                "seconds": [0.2] * count,
            }
            write_unit(folder, name, seed, used, columns)
    return folder
