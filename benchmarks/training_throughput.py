"""Measure optimizer steps per second of our training beside a plain MONAI and PyTorch loop, on the CPU.

python -m benchmarks.training_throughput RECIPE.toml [--stage NAME] [--steps 12] [--rounds 3] [--threads 1]
                                         [--equal-precision]

Both train the same network on patches of the same size, in batches of the same size, with one process that makes
them. The plain loop is what a tutorial would have: images in NIfTI files, MONAI's transforms and loader, its Dice and
cross-entropy loss, float32, Adam. Ours is the recipe as it stands, with its images drawn on the way, its attention
loss and its precision. With `--equal-precision` the plain loop computes in the recipe's precision, too: what is left of
the ratio then is not that of half as wide numbers. The two take turns, so that what else the machine does hits both.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
from monai.data import DataLoader, Dataset
from monai.losses import DiceCELoss
from monai.transforms import (
    Compose,
    EnsureChannelFirstd,
    LoadImaged,
    NormalizeIntensityd,
    RandAdjustContrastd,
    RandFlipd,
    RandGaussianNoised,
    RandSpatialCropd,
)

from Training.builders import build_source
from Training.recipes import Recipe, read_recipe
from Training.running.devices import make_fabric
from Training.running.loop import train
from Training.running.run_folder import read_rows
from Training.synthesis import SynthesisConfig
from VSSegmentationLib.networks import build_network

_WARM_UP = 3
_KEYS = ("image", "label")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path, help="of ours; network, patch and batch hold for both")
    parser.add_argument("--stage", help="of a recipe that has several")
    parser.add_argument("--steps", type=int, default=12, help="measured steps a round, after 3 that are not counted")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the training process")
    parser.add_argument("--equal-precision", action="store_true", help="the plain loop in the recipe's precision, too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    total = options.steps + _WARM_UP
    changes = [f"run.{key}={total}" for key in ("steps", "validate_every", "log_every")]
    recipe = read_recipe(options.recipe, changes, options.stage)
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        files = write_images(recipe, Path(folder), count=8)
        for turn in range(options.rounds):
            plain.append(plain_steps_per_second(recipe, files, options.steps, equally=options.equal_precision))
            ours.append(our_steps_per_second(recipe, Path(folder) / f"run{turn}"))
            print(f"round {turn + 1}: plain {plain[-1]:.3f}, ours {ours[-1]:.3f} steps/s", flush=True)
    print("| loop | steps/s, median | lowest to highest |\n|---|---|---|")
    precision = recipe.run.precision if options.equal_precision else "32-true"
    for name, rates in ((f"plain MONAI + PyTorch ({precision})", plain), (f"ours ({recipe.run.precision})", ours)):
        print(f"| {name} | {statistics.median(rates):.3f} | {min(rates):.3f} to {max(rates):.3f} |")
    ratios = [mine / theirs for mine, theirs in zip(ours, plain, strict=True)]
    print(f"ratio, median of the rounds: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def write_images(recipe: Recipe, folder: Path, count: int) -> list[dict[str, str]]:
    """Write what the plain loop trains on: images of one and a half times the patch's sides."""
    options = dict(recipe.data.options)
    patch = options.get("patch_dhw", SynthesisConfig.patch_dhw)
    options["patch_dhw"] = [round(1.5 * n / 2) * 2 for n in patch]
    source = build_source(replace(recipe.data, options=options), recipe.seed)
    files = []
    for index in range(count):
        image, labels = source.sample(index)
        pair = {key: str(folder / f"{index}_{key}.nii.gz") for key in _KEYS}
        sitk.WriteImage(sitk.GetImageFromArray(image[0]), pair["image"])
        sitk.WriteImage(sitk.GetImageFromArray(labels), pair["label"])
        files.append(pair)
    return files


def plain_steps_per_second(recipe: Recipe, files: Sequence[dict[str, str]], steps: int, *, equally: bool) -> float:
    """Train the recipe's network as a tutorial would, in float32 or as the recipe does."""
    halved = equally and recipe.run.precision == "bf16-mixed"
    patch = recipe.data.options.get("patch_dhw", SynthesisConfig.patch_dhw)
    transforms = Compose([
        LoadImaged(_KEYS), EnsureChannelFirstd(_KEYS), NormalizeIntensityd("image"),
        RandSpatialCropd(_KEYS, roi_size=patch[::-1], random_size=False), RandFlipd(_KEYS, prob=0.5, spatial_axis=0),
        RandGaussianNoised("image", prob=0.5), RandAdjustContrastd("image", prob=0.5),
    ])  # fmt: skip
    batch_size = recipe.run.batch_size
    rounds = -(-(steps + _WARM_UP) * batch_size // len(files))
    loader = DataLoader(Dataset(list(files) * rounds, transforms), batch_size=batch_size, shuffle=True, num_workers=1)
    torch.manual_seed(recipe.seed)
    network = build_network(recipe.network)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    loss = DiceCELoss(softmax=True, to_onehot_y=True)
    started = 0.0
    for step, batch in zip(range(steps + _WARM_UP), loader, strict=False):
        if step == _WARM_UP:
            started = time.perf_counter()
        optimizer.zero_grad()
        # Files have W first; the network wants slices first, as everywhere here.
        image, label = (torch.as_tensor(batch[key]).permute(0, 1, 4, 3, 2).contiguous() for key in _KEYS)
        with torch.autocast("cpu", torch.bfloat16, enabled=halved):
            logits = network(image).logits
        loss(logits.float(), label).backward()
        optimizer.step()
    return steps / (time.perf_counter() - started)


def our_steps_per_second(recipe: Recipe, folder: Path) -> float:
    """Train the recipe as it stands, without validation; the log has the clock."""
    train(recipe, build_source(recipe.data, recipe.seed), folder, fabric=make_fabric("cpu", 1, recipe.run.precision))
    seconds = np.array([float(row["seconds"]) for row in read_rows(folder / "log.csv")])
    return float((len(seconds) - _WARM_UP) / (seconds[-1] - seconds[_WARM_UP - 1]))


if __name__ == "__main__":
    main()
