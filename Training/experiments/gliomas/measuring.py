"""What is measured of a network: overlap and distance of every region, and what one full-resolution volume takes."""

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from math import prod
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from Training.experiments.gliomas.arms import GliomaArm
from Training.experiments.gliomas.options import SOURCE_CHANNELS, GliomaOptions, network_of, recipe_of
from Training.experiments.gliomas.patches import SPACING_DHW_MM
from Training.experiments.patches import Patches
from Training.recipes import recipe_from_table
from VSSegmentationLib.evaluation import confusion, surface_distances
from VSSegmentationLib.inference.config import WindowConfig
from VSSegmentationLib.inference.windows import predictor, probabilities_by_slice
from VSSegmentationLib.networks import AnyNetworkConfig, build_network, logits_of
from VSSegmentationLib.tasks.glioma import GLIOMA
from VSSegmentationLib.tensors import array_of, tensor_of

Case = dict[str, float | None]
_PATCH = 64
"""Voxels along each side of the patch that operations are counted on, the source's size."""


@torch.inference_mode()
def measure(network: nn.Module, patches: Patches) -> list[Case]:
    """Return Dice, HD95 in mm, sensitivity and specificity of whole tumor, core and enhancing tumor, by test patch.

    Nothing is mended afterwards. A region that the truth lacks has no value; one that was not found has no HD95, and
    `REGION_missed` is 1.
    """
    pairs = zip(patches.images["test"], patches.labels["test"], strict=True)
    cases = []
    for image, truth in pairs:
        found = array_of(logits_of(network)(tensor_of(image)[None]).argmax(1)[0]).astype(np.uint8)
        cases.append(compared(found, truth))
    return cases


def compared(found: NDArray[np.uint8], truth: NDArray[np.uint8]) -> Case:
    """Return the values of one patch, from two labelmaps (D, H, W)."""
    case: Case = {}
    for region in GLIOMA.structures:
        one, other = np.isin(found, region.values), np.isin(truth, region.values)
        if not other.any():
            continue
        counts = confusion(one, other)
        distance = surface_distances(one, other, SPACING_DHW_MM).hausdorff_mm(95.0)
        case |= {
            f"{region.key}_dice": counts.dice,
            f"{region.key}_sensitivity": counts.sensitivity,
            f"{region.key}_specificity": counts.specificity,
            f"{region.key}_hd95_mm": distance if np.isfinite(distance) else None,
            f"{region.key}_missed": float(not np.isfinite(distance)),
        }
    return case


class Cost(NamedTuple):
    """What an arm's network takes."""

    gflop: float
    """Of one patch of 64 x 64 x 64, two for each multiply-add, at the width of the runs."""
    source_parameters: int
    """At the width that our reading of the source has."""
    source_gflop: float
    seconds: float
    """Of the full volume, with one thread and 32-bit numbers."""
    peak_gb: float | None
    """Of the whole process meanwhile; None where the system does not tell (Windows)."""


def cost_of(arm: GliomaArm, options: GliomaOptions) -> Cost:
    """Return what an arm's network takes; the volume is run in a process of its own, whose memory is its alone."""
    own, source = recipe_of(arm, 0, options).network, source_network(arm)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        seconds, peak = process.submit(_of_volume, own, options).result()
    return Cost(gflop_of(own), parameters_of(source), gflop_of(source), seconds, peak)


def source_network(arm: GliomaArm) -> AnyNetworkConfig:
    """Return an arm's network at the width that our reading of the source has."""
    table = {
        "name": arm.name, "network": network_of(arm, SOURCE_CHANNELS), "loss": {"attention_weight": 0.0},
        "run": {"steps": 1},
    }  # fmt: skip
    return recipe_from_table(table).network


def parameters_of(config: AnyNetworkConfig) -> int:
    """Return how many numbers a network learns."""
    return sum(each.numel() for each in build_network(config).parameters())


def gflop_of(config: AnyNetworkConfig) -> float:
    """Return the operations of a patch of 64 x 64 x 64 by PyTorch's counter, two for each multiply-add, in 10^9."""
    with torch.device("meta"):
        network, image = build_network(config).eval(), torch.empty(1, 4, _PATCH, _PATCH, _PATCH)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    return float(counter.get_total_flops()) / 1e9


@torch.inference_mode()
def _of_volume(config: AnyNetworkConfig, options: GliomaOptions) -> tuple[float, float | None]:
    torch.set_num_threads(1)
    network = build_network(config).eval()
    image = np.random.default_rng(0).normal(size=(4, *options.volume_dhw)).astype(np.float32)
    begun = time.perf_counter()
    for _slab in probabilities_by_slice(
        predictor(network, flips=False), lambda first, end: image[:, first:end], options.volume_dhw,
        config=WindowConfig(size_dhw=options.window_dhw, one_pass_voxels=prod(options.window_dhw)),
        device=torch.device("cpu"), on_step=lambda _share: None,
    ):  # fmt: skip
        pass
    return time.perf_counter() - begun, _peak_gb()


def _peak_gb() -> float | None:
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - there is none on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
