"""Stage 1 once, with predictions of patches that it was not trained on; then every arm with every seed."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from Training.devices import make_fabric
from Training.experiments.boundary.arms import ARMS, BASELINE, GAMMAS, BoundaryArm
from Training.experiments.boundary.patches import SPACING_DHW_MM, Patches, PatchSource, load_patches
from Training.experiments.jobs import Job, OnDone, run_jobs
from Training.experiments.stored import RESULT, hold_to
from Training.loop import train
from Training.masks import largest_piece
from Training.recipe import Recipe, recipe_from_table
from Training.sources import ImageAndLabels, SampleSource
from Training.validation import validate_on_samples
from VSSegmentationLib.atomic import write_atomically, write_text_atomically
from VSSegmentationLib.evaluation import boundary_distances, dice
from VSSegmentationLib.geometry import as_affine
from VSSegmentationLib.inference import DivisionConfig, divide
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.networks import build_network

_STAGE_1 = "stage_1"
_WARM = "weights.pt"
Cases = list[dict[str, float | None]]


@dataclass(frozen=True, kw_only=True)
class BoundaryOptions:
    """How long and how wide; the same for every arm."""

    steps: int = 300
    warm_up: int = 0
    """Steps before these, without the boundary loss and on true masks, that all arms of a seed have in common, so that
    they are not done again for each. The one stage has its own, stage 1 that many more."""
    channels: tuple[int, ...] = (6, 12, 24, 32, 40)
    batch_size: int = 2
    learning_rate: float = 2e-3
    seeds: int = 3
    precision: str = "bf16-mixed"


def run_boundary(
    patches: Path,
    folder: Path,
    options: BoundaryOptions,
    *,
    arms: tuple[BoundaryArm, ...] = ARMS,
    processes: int = 1,
    on_done: OnDone = lambda _done, _all, _what: None,
) -> None:
    """Train and measure what is not there yet.

    Stage 1 is one network for all arms, as in the paper. Two more, each trained on half of the training patches,
    predict the masks of the other half: a network's masks of what it was trained on are too good to learn from.

    Args:
        patches: The file that `make_patches` wrote.
        folder: A folder `NAME/seed_N` is made for every run; an interrupted run goes on from its checkpoint.
        options: The same for all.
        arms: To be trained.
        processes: How many runs at the same time, each with one thread.
        on_done: Told how many of the runs of a stage are done, and which was the last.

    Raises:
        UsageError: If the folder holds runs of other options.
    """
    hold_to(asdict(options), folder)
    first = [
        Job(
            title=f"stage 1, {part}",
            result=folder / _STAGE_1 / f"{part}.npz",
            do=partial(_stage_1, part, patches, folder / _STAGE_1, options),
        )
        for part in ("whole", "even", "odd")
    ]
    if options.warm_up:
        bases = {_base_of(arm).name: _base_of(arm) for arm in arms}.values()
        first += [
            Job(
                title=f"warm-up, {'one stage' if base.mask == 'none' else 'two stages'}, seed {seed}",
                result=_warm_up_folder(folder, base, seed) / _WARM,
                do=partial(_warm_up, base, seed, patches, folder, options),
            )
            for seed in range(options.seeds)
            for base in bases
        ]
    run_jobs(first, processes=processes, on_done=on_done)
    second = [
        Job(
            title=f"{arm.title}, seed {seed}",
            result=folder / arm.name / f"seed_{seed}" / RESULT,
            do=partial(_stage_2, arm, seed, patches, folder, options),
        )
        for seed in range(options.seeds)
        for arm in arms
    ]
    run_jobs(second, processes=processes, on_done=on_done)


def recipe_of(arm: BoundaryArm | None, seed: int, options: BoundaryOptions, *, steps: int | None = None) -> Recipe:
    """Return the recipe of one run; of stage 1 for None; of as many steps as the options say, by default."""
    length = options.steps if steps is None else steps
    two_stage = arm is not None and arm.mask != "none"
    loss: dict[str, Any] = {
        "hardness": 0.0, "include_background": False, "batch_dice": True, "cross_entropy_weight": 1.0,
        "attention_weight": 0.0,
    }  # fmt: skip
    if arm is not None:
        loss |= {"boundary_weight": arm.gamma, "boundary_tau_mm": arm.tau_mm, "boundary_gradient": arm.gradient}
        if not two_stage:
            loss["class_weights"] = [1.0, 2.0, 2.0]  # weighted, as the paper's baseline; it does not say how
    table = {
        "name": f"{'stage_1' if arm is None else arm.name}_{seed}",
        "seed": seed,
        "network": {
            "base": "divider", "channels": list(options.channels), "in_channels": 2 if two_stage else 1,
            "out_channels": 2 if arm is None else 3,
        },
        "loss": loss,
        "optimizer": {
            "kind": "AdamW", "learning_rate": options.learning_rate, "weight_decay": 1e-5, "gradient_clip": 5.0,
            "schedule": {"kind": "cosine", "warmup_steps": min(20, length)},
        },
        "data": {"kind": "synthetic"},
        "validation": {"samples": 16},
        "run": {
            "steps": length, "batch_size": options.batch_size, "validate_every": length,
            "checkpoint_every": max(1, length // 4), "log_every": 100, "precision": options.precision,
            "num_workers": 0, "channels_last": True,
        },
    }  # fmt: skip
    return recipe_from_table(table)


def _stage_1(part: str, patches_file: Path, folder: Path, options: BoundaryOptions) -> None:
    """Train on all training patches, or on the even or odd ones, and keep the masks of test and training patches."""
    patches = load_patches(patches_file)
    count = len(patches.images["training"])
    kept = None if part == "whole" else np.arange({"even": 0, "odd": 1}[part], count, 2)
    source = _Whole(PatchSource(patches, "training", 0, kept=kept))
    recipe = recipe_of(None, 0, options, steps=options.warm_up + options.steps)
    network = _trained(recipe, source, _Whole(PatchSource(patches, "validation", 0)), folder / part)
    masks = {split: _masks(network, patches.images[split]) for split in ("training", "test")}
    write_atomically(folder / f"{part}.npz", lambda file: np.savez_compressed(file, allow_pickle=False, **masks))


def predicted_masks(folder: Path) -> dict[str, NDArray[np.bool_]]:
    """Return stage 1's masks (N, D, H, W) of test patches, and of training patches from the half that lacks them."""
    stored = {}
    for part in ("whole", "even", "odd"):
        with np.load(folder / _STAGE_1 / f"{part}.npz") as arrays:
            stored[part] = {split: arrays[split] for split in ("training", "test")}
    training = stored["odd"]["training"].copy()
    training[1::2] = stored["even"]["training"][1::2]
    return {"training": training, "test": stored["whole"]["test"]}


def _base_of(arm: BoundaryArm) -> BoundaryArm:
    """Return the arm that an arm's warm-up is one of."""
    return BASELINE if arm.mask == "none" else GAMMAS[0]


def _warm_up_folder(folder: Path, base: BoundaryArm, seed: int) -> Path:
    return folder / f"warm_up_{base.name}" / f"seed_{seed}"


def _warm_up(base: BoundaryArm, seed: int, patches_file: Path, folder: Path, options: BoundaryOptions) -> None:
    patches, run = load_patches(patches_file), _warm_up_folder(folder, base, seed)
    source = PatchSource(patches, "training", seed, mask=base.mask)
    held_out = PatchSource(patches, "validation", seed, mask=base.mask)
    network = _trained(recipe_of(base, seed, options, steps=options.warm_up), source, held_out, run)
    write_atomically(run / _WARM, lambda file: torch.save(network.state_dict(), file))


def _stage_2(arm: BoundaryArm, seed: int, patches_file: Path, folder: Path, options: BoundaryOptions) -> None:
    patches, predicted = load_patches(patches_file), predicted_masks(folder)
    run = folder / arm.name / f"seed_{seed}"
    warm, drawn = None, seed
    if options.warm_up:
        warm = torch.load(_warm_up_folder(folder, _base_of(arm), seed) / _WARM, weights_only=True)
        drawn = options.seeds + seed  # patches in another order than in the warm-up, but the same for all arms
    source = PatchSource(patches, "training", drawn, mask=arm.mask, predicted=predicted["training"])
    held_out = PatchSource(patches, "validation", seed, mask="none" if arm.mask == "none" else "true")
    network = _trained(recipe_of(arm, drawn, options), source, held_out, run, warm)
    content: dict[str, Any] = {
        "arm": arm.name, "seed": seed, "options": asdict(options),
        "parameters": sum(each.numel() for each in network.parameters()),
        "cases": measure(network, arm, patches, predicted["test"]),
    }  # fmt: skip
    if arm.mask != "none":
        content["cases_of_true_masks"] = measure(
            network, arm, patches, VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(patches.labels["test"])
        )
    write_text_atomically(run / RESULT, json.dumps(content) + "\n")


def _trained(
    recipe: Recipe,
    source: SampleSource,
    held_out: SampleSource,
    folder: Path,
    initial_weights: Mapping[str, Tensor] | None = None,
) -> nn.Module:
    logging.disable(logging.INFO)
    fabric = make_fabric("cpu", 1, recipe.run.precision)
    fabric.launch()
    validate = validate_on_samples(held_out, recipe.validation.samples)
    state = train(
        recipe, source, folder, fabric=fabric, validate=validate, resume=True, initial_weights=initial_weights
    )
    network = build_network(recipe.network)
    network.load_state_dict(state.measured_network.state_dict())
    return network.eval()


class _Whole:
    """Another source's samples with one tumor label."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def sample(self, index: int) -> ImageAndLabels:
        image, labels = self._source.sample(index)
        return image, VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels).astype(np.uint8)


@torch.inference_mode()
def _masks(network: nn.Module, images: NDArray[np.float32]) -> NDArray[np.bool_]:
    masks = []
    for image in images:
        found = network(torch.from_numpy(image)[None, None]).logits.argmax(1)[0].numpy() > 0
        masks.append(largest_piece(found) if found.any() else found)
    return np.stack(masks)


def measure(network: nn.Module, arm: BoundaryArm, patches: Patches, masks: NDArray[np.bool_]) -> Cases:
    """Return Dice of background, both parts and the whole, and the boundary's ASSD, of every test patch.

    Args:
        network: Takes one channel for the baseline, else image and mask.
        arm: Whose network it is.
        patches: Whose test patches are measured.
        masks: (N, D, H, W) for stage 2; inside them the output rules decide, outside all is background.
    """
    predict: Callable[[NDArray[np.float32], NDArray[np.bool_]], NDArray[np.uint8]]
    predict = partial(_one_stage, network) if arm.mask == "none" else partial(_two_stages, network)
    pairs = zip(patches.images["test"], patches.labels["test"], masks, strict=True)
    return [_compared(predict(image, mask), truth) for image, truth, mask in pairs]


@torch.inference_mode()
def _one_stage(network: nn.Module, image: NDArray[np.float32], _mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    labels: NDArray[np.uint8] = (
        network(torch.from_numpy(image)[None, None]).logits.argmax(1)[0].numpy().astype(np.uint8)
    )
    if not labels.any():
        return labels
    return np.where(largest_piece(labels > 0), labels, np.uint8(0))  # as stage 1's mask is one piece


@torch.inference_mode()
def _two_stages(network: nn.Module, image: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    if not mask.any():
        return np.zeros(mask.shape, np.uint8)
    both = np.stack([image, mask.astype(np.float32)])
    found = torch.softmax(network(torch.from_numpy(both)[None]).logits[0].float(), 0).numpy()
    affine = as_affine(np.diag([*SPACING_DHW_MM, 1.0])[[2, 1, 0, 3]])  # D to superior, H to anterior, W to right
    return divide(mask, found, affine, DivisionConfig())


def _compared(found: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[str, float | None]:
    values: dict[str, float | None] = {
        "background": dice(found == Label.BACKGROUND, truth == Label.BACKGROUND),
        "whole": dice(found > 0, truth > 0),
    }
    for name, label in (("extra", Label.EXTRAMEATAL), ("intra", Label.INTRAMEATAL)):
        values[name] = dice(found == label, truth == label) if (truth == label).any() else None
    if None not in (values["extra"], values["intra"]):
        distance = boundary_distances(found, truth, SPACING_DHW_MM).mean_of_directed_means_mm
        values["boundary_mm"] = distance if np.isfinite(distance) else None
        values["boundary_missing"] = float(not np.isfinite(distance))
    return values
