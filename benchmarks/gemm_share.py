"""How fast a network runs beside a product of matrices, the fastest thing that a processor does; part of `peers`."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from VSSegmentationLib.inference import ModelBundle, load_model
from VSSegmentationLib.inference.engines import ComputedBy, ready_to_run
from VSSegmentationLib.inference.openvino_engine import has_openvino
from VSSegmentationLib.models import default_model, embedded_models, find_model
from VSSegmentationLib.tensors import array_of


class Cost(NamedTuple):
    cpu_s: float
    wall_s: float


def timed(action: Callable[[], np.ndarray]) -> tuple[np.ndarray, Cost]:
    cpu, wall = time.process_time(), time.perf_counter()
    found = action()
    return found, Cost(time.process_time() - cpu, time.perf_counter() - wall)


def models_that_segment() -> str:
    """Return name and version of each model that comes along and takes part when a scan is segmented."""
    cards = [entry.card for entry in embedded_models()]
    return ", ".join(f"{card.name} {card.version}" for card in cards if card.role != "refiner")


def shares() -> list[str]:
    """Return how fast the segmenter's network is beside the fastest thing that this processor does."""
    gemm = gemm_per_second()
    bundle = load_model(find_model(default_model("T2")))
    rows = []
    for engine in ("torch", *(["openvino"] if has_openvino() else [])):
        flops, seconds = window_cost(bundle, engine)
        rows.append(f"| {engine} | {flops / 1e9:.1f} | {seconds:.3f} | {flops / seconds / gemm:.0%} |")
    return [
        "## Share of a product of matrices", "",
        f"One window of {bundle.name} {bundle.version} in float32 on one thread. A product of matrices ran at",
        f"{gemm / 1e9:.0f} GFLOP a second of processor time at that moment.", "",
        "| engine | GFLOP | CPU s | share |", "|---|---|---|---|", *rows,
    ]  # fmt: skip


def gemm_per_second(size: int = 1024) -> float:
    factor = torch.ones((size, size))
    factor @ factor
    seconds = [timed(lambda: array_of(factor @ factor))[1].cpu_s for _ in range(9)]
    return 2 * size**3 / min(seconds)


def window_cost(bundle: ModelBundle, engine: str) -> tuple[float, float]:
    window = torch.zeros((1, 1, *bundle.settings.window.size_dhw))
    ready = ready_to_run(bundle, torch.device("cpu"), ComputedBy(engine, "float32"))
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            bundle.network(window)
        ready.network(window)
        seconds = [timed(lambda: array_of(ready.network(window).logits))[1].cpu_s for _ in range(5)]
    return float(counter.get_total_flops()), min(seconds)
