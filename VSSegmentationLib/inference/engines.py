"""What computes a model's network, and in which numbers: chosen once for a model, whatever calls it."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, get_args
from weakref import WeakKeyDictionary

import torch
from torch import nn

from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.geometry import Shape
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.nnunet import FoldEnsemble
from VSSegmentationLib.inference.openvino_engine import compiled_network, has_openvino
from VSSegmentationLib.inference.precision import Halved, difference_when_halved, resolve_precision
from VSSegmentationLib.inference.settings import LocatorSettings
from VSSegmentationLib.models import user_model_folder
from VSSegmentationLib.networks import NnUNetConfig, WithoutSome

Engine = Literal["auto", "torch", "openvino"]
_AGREES_WITHIN = 0.005
"""Of a probability, in the mean over an image of noise: networks that were trained differ by 0.0003 to 0.0006."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Compute:
    """How networks are to be run."""

    precision: str = "auto"
    """auto, float32, bfloat16 or float16."""
    engine: str = "auto"
    """auto, torch or openvino."""
    more_follow: bool = False
    """Whether this process has more scans to come, so that preparing a network for a second may pay, and never forks,
    which ends a process that OpenVINO has threads in."""


class ComputedBy(NamedTuple):
    """How they were."""

    engine: str
    precision: str


def computed_by(compute: Compute, device: torch.device) -> ComputedBy:
    """Return what the choice comes to on a device.

    `auto` is OpenVINO on a CPU where it is installed and more scans follow, torch elsewhere: loading OpenVINO and
    compiling two networks takes longer than a single scan gains.

    Raises:
        UsageError: If there is no such engine or precision here.
    """
    if compute.engine not in get_args(Engine):
        msg = f"the engine must be {', '.join(get_args(Engine))}; got {compute.engine!r}"
        raise UsageError(msg)
    engine = compute.engine
    if engine == "openvino" and not has_openvino():
        msg = "the engine OpenVINO is not installed here; pip install 'openvino>=2025.0', or take --engine torch"
        raise UsageError(msg)
    if engine == "openvino" and device.type != "cpu":
        msg = f"the engine OpenVINO runs on the CPU, and the device is '{device}'; take --device cpu or --engine torch"
        raise UsageError(msg)
    if engine == "auto":
        engine = "openvino" if compute.more_follow and device.type == "cpu" and has_openvino() else "torch"
    return ComputedBy(engine, str(resolve_precision(compute.precision, device)).removeprefix("torch."))


def checked(bundle: ModelBundle, device: torch.device, by: ComputedBy) -> ComputedBy:
    """Return how a network is computed once half as wide numbers were compared with float32; checked once for a model.

    Where they answer otherwise than float32 on this device, float32 is taken, and the log says so.
    """
    dtype: torch.dtype = getattr(torch, by.precision)
    if dtype == torch.float32 or by.engine != "torch":
        return by
    kept = _differences.setdefault(bundle, {})
    if (device, dtype) not in kept:
        config = bundle.network_config
        least, most = config.multiple_dhw, bundle.settings.window.size_dhw
        d, h, w = (min(2 * a, b) for a, b in zip(least, most, strict=True))
        network = bundle.network.to(device)
        kept[device, dtype] = difference_when_halved(network, dtype, (config.in_channels, d, h, w), device)
    difference = kept[device, dtype]
    if difference <= _AGREES_WITHIN:
        return by
    logger.warning(
        "%s: %s answers otherwise than float32 here (by %.3f of a probability in the mean), so float32 is taken",
        bundle.name, by.precision, difference,
    )  # fmt: skip
    return by._replace(precision="float32")


_differences: WeakKeyDictionary[ModelBundle, dict[tuple[torch.device, torch.dtype], float]] = WeakKeyDictionary()


def ready_to_run(bundle: ModelBundle, device: torch.device, by: ComputedBy) -> ModelBundle:
    """Return the model with its network on the device, as it is to be computed; the same again for the same model.

    A locator stays in float32: its windows are few, and a porus that moves by a hundredth of a voxel may move the
    window of an ear by a whole one.
    """
    kept = _ready.setdefault(bundle, {})
    key = (device, by, torch.get_num_threads())
    if key not in kept:
        bundle.network.to(device)
        kept[key] = bundle if isinstance(bundle.settings, LocatorSettings) else _made_ready(bundle, by)
    return kept[key]


_ready: WeakKeyDictionary[ModelBundle, dict[tuple[torch.device, ComputedBy, int], ModelBundle]] = WeakKeyDictionary()


def _made_ready(bundle: ModelBundle, by: ComputedBy) -> ModelBundle:
    if by == ComputedBy("torch", "float32"):
        return bundle
    config, plans = bundle.network_config, bundle.nnunet
    if isinstance(bundle.network, FoldEnsemble) and isinstance(config, NnUNetConfig) and plans is not None:
        folds = (
            _ready_network(fold, by, config.in_channels, plans.patch_size, _kept_as(bundle, f"fold{number}"))
            for number, fold in enumerate(bundle.network.folds)
        )
        return replace(bundle, network=FoldEnsemble.of(config, folds))
    size = bundle.settings.window.size_dhw
    name = "network"
    if isinstance(bundle.network, WithoutSome):  # another graph for each choice of inputs
        name += "".join(f"-{place}" for place in bundle.network.shown)
    return replace(bundle, network=_ready_network(bundle.network, by, config.in_channels, size, _kept_as(bundle, name)))


def _ready_network(
    network: nn.Module, by: ComputedBy, channels: int, size_dhw: Shape, kept_as: Path | None
) -> nn.Module:
    dtype: torch.dtype = getattr(torch, by.precision)
    by_torch = network if dtype == torch.float32 else Halved(network, dtype)
    if by.engine == "torch":
        return by_torch
    return compiled_network(network, by_torch, channels=channels, size_dhw=size_dhw, dtype=dtype, kept_as=kept_as)


def _kept_as(bundle: ModelBundle, name: str) -> Path | None:
    """Return the folder for a translated network; None for a model without a file."""
    if not bundle.sha256:
        return None
    try:
        own = user_model_folder()
    except ModelError:  # a user without a home: nothing is kept
        return None
    return own.parent / "openvino" / f"{bundle.sha256[:32]}-{name}"
