"""Tiny recipes of models on a head of blocks, and a program that makes one and may be killed on the way.

`python -m Testing.support.toy_reproduction MODEL RECIPES HEADS OUT [--kill-after STEPS]`
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from Training.release import ReproduceOptions, Reproduction
from Training.running.session import Machine

ROOT = Path(__file__).parents[2]
_COMMON = """\
name = "{name}"
seed = 3

[network]
channels = [4, 8]
kernels_dhw = [[1, 3, 3], [3, 3, 3]]
strides_dhw = [[1, 2, 2]]
in_channels = {channels}
out_channels = 3

[loss]
cross_entropy_weight = 1.0

[optimizer]
learning_rate = 1e-2
schedule = {{ kind = "cosine", warmup_steps = 2 }}

[data]
kind = "synthetic"

[data.options]
pool = "pools/training"
patch_dhw = [6, 24, 24]

[validation]
samples = 2

[validation.options]
pool = "pools/validation"

[run]
batch_size = 1
validate_every = 4
checkpoint_every = 1
num_workers = 0

[heads]
source = "a test"
training = ["blocks.nii.gz"]
validation = ["held_out.nii.gz"]

[[pool]]
folder = "pools/training"
heads = "training"
count = 1
seed = 31

[[pool]]
folder = "pools/training"
heads = "training"
count = 2
seed = 32
tumor_cm3 = [6.0, 9.0]

[[pool]]
folder = "pools/validation"
heads = "validation"
count = 1
seed = 12
"""
_STAGES = {
    "toy": """
[[stage]]
name = "first"
steps = 8
keep_after = [4]

[[stage]]
name = "second"
start_from = "first/best"
steps = 4
[stage.change]
seed = 7
data.options.tumor_share = 1.0
data.options.ear_share = 0.0

[[stage]]
name = "mean"
mean_of = ["first", "first/4", "second"]

[export]
role = "segmenter"
modality = "ceT1"
locator_name = "toy_locator"
least_mean_probability = 0.7
version = "5"
""",
    "follows": """
[[stage]]
name = "only"
start_from = "toy:first"
steps = 2

[export]
version = "2"
""",
    "divides": """
[data.mask]
predicted_share = 1.0
least_dice = 0.0
model = "toy"

[[stage]]
name = "only"
steps = 2

[export]
role = "divider"
modality = "unknown"
boundary_spread_mm = [0.4, 2.0]
""",
}


def write_recipes(folder: Path) -> Path:
    """Write the recipes `toy`, `follows` and `divides`, the last two of which need the first."""
    for name, stages in _STAGES.items():
        text = _COMMON.format(name=name, channels=2 if name == "divides" else 1) + stages
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def reproduction(
    recipes: Path, heads: Path, out: Path, *, should_stop: Callable[[], bool] = lambda: False, **options: object
) -> Reproduction:
    machine = Machine(device="cpu")
    settings = ReproduceOptions(recipes=recipes, heads=heads, out=out, machine=machine, **options)
    return Reproduction(settings, should_stop=should_stop)


def make_in_a_process(model: str, recipes: Path, heads: Path, out: Path, *options: str) -> int:
    """Make a model in a process of its own, with one thread; return how it ended."""
    command = [sys.executable, "-m", "Testing.support.toy_reproduction", model, str(recipes), str(heads), str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, *options], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False
    ).returncode


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    for name in ("recipes", "heads", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--kill-after", type=int)
    options = parser.parse_args()
    torch.set_num_threads(1)
    steps = iter(range(1, 1000))

    def kill_when_due() -> bool:
        if next(steps) == options.kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return False

    reproduction(options.recipes, options.heads, options.out, should_stop=kill_when_due).make_model(options.model)


if __name__ == "__main__":
    main()
