"""The figures: Dice and ASSD against λ, and what the attention of the networks looks at."""

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

import numpy as np
import torch

from Training.experiments.attention.arms import EXPERIMENTS, Arm
from Training.experiments.attention.runs import recipe_of
from Training.experiments.claims import DICE, Measure
from Training.experiments.patches import load_patches
from Training.experiments.results import ArmResults
from Training.experiments.study import RunPlaces, StudyOptions
from Training.weights import load_checkpoint, weights_of
from VSSegmentationLib.networks import build_network
from VSSegmentationLib.tensors import array_of, tensor_of

SHOWN = frozenset({"gates", "pa", "spvpa"})
"""The arms of table 1 whose attention is drawn."""
ATTENTION = "attention_maps.png"
"""Among the results: it is drawn from weights, which are not kept."""
ASSD = Measure(key="assd_mm", unit="mm", larger_is_better=False)
_CASES = (0, 40, 80, 120)
_BLUE, _ORANGE = "#0072B2", "#D55E00"


def draw_dice_curve(results: Mapping[str, ArmResults[Arm]], path: Path) -> None:
    """Write Dice and ASSD against λ: a dot for each seed, a line through their means."""
    import matplotlib as mpl  # noqa: PLC0415 - only figures need it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    ordered = sorted(results.values(), key=lambda each: each.arm.hardness)
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), constrained_layout=True)
    for axis, metric, label, color in zip(axes, (DICE, ASSD), ("Dice", "ASSD in mm"), (_BLUE, _ORANGE), strict=True):
        places = [each.arm.hardness for each in ordered]
        axis.plot(places, [fmean(each.seed_means(metric)) for each in ordered], color=color)
        for place, each in zip(places, ordered, strict=True):
            seeds = each.seed_means(metric)
            axis.plot([place] * len(seeds), seeds, "o", color=color, markersize=4, markerfacecolor="white")
        axis.set_xlabel("λ")
        axis.set_ylabel(label)
        axis.grid(visible=True, color="0.9")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def draw_attention(places: RunPlaces, options: StudyOptions) -> None:
    """Draw what the gates (AG), the attention (PA) and the supervised one (SpvPA) weigh at full resolution, seed 0.

    Args:
        places: Those of `run_study`, with the runs of table 1; without the weights of one, nothing is drawn.
        options: Those of the runs.
    """
    if not all((places.run(name, 0) / "checkpoint.pt").is_file() for name in SHOWN):
        return
    patches = load_patches(places.patches)
    cases = [case for case in _CASES if case < len(patches.images["test"])]
    import matplotlib as mpl  # noqa: PLC0415 - only figures need it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    arms = [arm for arm in EXPERIMENTS["table1"].arms if arm.name in SHOWN]
    columns = ["image and tumor", *(arm.title.rpartition("+ ")[2] for arm in arms)]
    figure, axes = plt.subplots(
        len(cases),
        len(columns),
        figsize=(2.0 * len(columns), 2.05 * len(cases)),
        squeeze=False,
        constrained_layout=True,
    )
    for row, case in zip(axes, cases, strict=True):
        image, labels = patches.images["test"][case], patches.labels["test"][case]
        best = int(labels.sum(axis=(1, 2)).argmax())
        row[0].imshow(image[best, :, ::-1], cmap="gray", origin="lower", vmin=-1.3, vmax=3)
        row[0].contour(labels[best, :, ::-1], [0.5], colors=["#E69F00"], linewidths=1.2)
        for axis, arm in zip(row[1:], arms, strict=True):
            shown = axis.imshow(_map(arm, places, options, image)[best, :, ::-1], origin="lower", vmin=0, vmax=1)
        for axis in row:
            axis.set_axis_off()
    for axis, title in zip(axes[0], columns, strict=True):
        axis.set_title(title, fontsize=9)
    figure.colorbar(shown, ax=axes, shrink=0.5, label="attention")
    figure.savefig(places.results / ATTENTION, dpi=60)
    plt.close(figure)


def _map(arm: Arm, places: RunPlaces, options: StudyOptions, image: np.ndarray) -> np.ndarray:
    """Return the map of the full resolution (D, H, W)."""
    network = build_network(recipe_of(arm, 0, options).network)
    network.load_state_dict(dict(weights_of(load_checkpoint(places.run(arm.name, 0) / "checkpoint.pt"))))
    network.eval()
    with torch.inference_mode():
        maps = network(tensor_of(image)[None, None]).attention_maps
    return array_of(maps[-1][0, 0])
