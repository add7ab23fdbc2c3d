"""Results of experiments that are made up: sixteen skull bases of eight heads, two cases each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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
