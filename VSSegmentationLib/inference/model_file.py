"""One model, one file: weights, network, preprocessing, meaning of the classes, and where it all came from."""

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import torch
from torch import Tensor, nn

from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.errors import ConfigError, ModelError
from VSSegmentationLib.inference.config import (
    DivisionConfig,
    LocatorConfig,
    PlausibilityConfig,
    PreprocessingConfig,
    RegionConfig,
    WindowConfig,
)
from VSSegmentationLib.inference.device import memory_guard, resolve_device
from VSSegmentationLib.inference.nnunet import FoldEnsemble, NnUNetPlans
from VSSegmentationLib.labels import TUMOR_LABELS, Label
from VSSegmentationLib.networks import AnyNetworkConfig, NnUNetConfig, build_network, network_config_from_plain
from VSSegmentationLib.short_repr import short_repr

FORMAT = "vs-segmentation model"
FORMAT_VERSION = 1

T = TypeVar("T")

Role = Literal["segmenter", "locator", "divider"]
WeightsType = Literal["float32", "float16"]

LOCATOR_CLASSES = ("background", "right porus", "left porus")
"""What the outputs of a locator are: balls round the porus of the patient's right and left side."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelBundle:
    """A model that is ready to run, with all that has to be known to run it."""

    name: str
    version: str
    role: Role
    network: nn.Module
    """Takes (B, 1, D, H, W), a divider's (B, 2, D, H, W) with the tumor's mask; returns a `NetworkOutput`; axes to
    superior, anterior, right."""
    network_config: AnyNetworkConfig
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    region: RegionConfig = field(default_factory=RegionConfig)
    locator: LocatorConfig = field(default_factory=LocatorConfig)
    plausibility: PlausibilityConfig = field(default_factory=PlausibilityConfig)
    division: DivisionConfig = field(default_factory=DivisionConfig)
    nnunet: NnUNetPlans | None = None
    """Of a segmenter that nnU-Net v2 trained: how nnU-Net would run it, in place of the sections above; its network is
    a `FoldEnsemble`."""
    labels: tuple[int, ...] = (0, 1, 2)
    """The `Label` that each output class means; a locator's classes are `LOCATOR_CLASSES`."""
    modality: str = "unknown"
    """What it was trained on: "T2", "ceT1", "T1", or "unknown"."""
    locator_name: str | None = None
    """Of a segmenter: the locator that finds the region for it; None segments whole scans."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Training data, recipe, dates: plain data, shown and never interpreted."""
    sha256: str = ""
    """Of the file it was loaded from."""

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if self.role not in get_args(Role):
            msg = f"the model '{self.name}' has the role {self.role!r}; known are {', '.join(get_args(Role))}"
            raise ModelError(msg)
        classes = len(LOCATOR_CLASSES) if self.role == "locator" else len(self.labels)
        outputs = len(set(self.nnunet.meanings)) if self.nnunet else self.network_config.out_channels
        if outputs != classes:
            msg = f"the model '{self.name}' gives {outputs} classes where its labels ask for {classes}"
            raise ModelError(msg)
        tumor = self.labels[1:]
        if self.labels[:1] != (Label.BACKGROUND,) or not tumor or not set(tumor) <= set(TUMOR_LABELS):
            msg = f"the labels of the model '{self.name}' must be 0 and then tumor labels, got {self.labels}"
            raise ModelError(msg)
        if self.role == "divider" and (self.network_config.in_channels != 2 or self.labels != (0, 1, 2)):
            msg = (
                f"the model '{self.name}' is a divider, which takes image and mask and gives background and the two "
                f"parts; this one takes {self.network_config.in_channels} channels and gives {self.labels}"
            )
            raise ModelError(msg)


_SECTIONS = ("preprocessing", "window", "region", "locator", "plausibility")
_SECTIONS_OF_DIVIDERS = (*_SECTIONS, "division")
"""Older readers of model files know no more sections than those above, and no dividers."""
_PLAIN = ("name", "version", "role", "modality", "locator_name")


def save_model(path: Path, bundle: ModelBundle, *, weights_type: WeightsType = "float32") -> str:
    """Write a model file, whole or not at all, and return its SHA-256.

    Args:
        path: Ends in `.pt`; an existing file is replaced.
        bundle: Its `sha256` is not looked at.
        weights_type: `float16` halves the file; the weights are float32 again once loaded.

    Raises:
        ModelError: If a weight is not finite, in this type.
    """
    kind = torch.float16 if weights_type == "float16" else torch.float32
    state: dict[str, Tensor] = {}
    for name, tensor in bundle.network.state_dict().items():
        stored = tensor.detach().cpu().to(kind if tensor.is_floating_point() else tensor.dtype).contiguous().clone()
        if not bool(torch.isfinite(stored).all()):
            msg = f"the weight {name} is not finite as {weights_type}; nothing was written"
            raise ModelError(msg)
        state[name] = stored
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **{key: getattr(bundle, key) for key in _PLAIN},
        "labels": [int(label) for label in bundle.labels],
        "network": to_plain(bundle.network_config),
        **{key: to_plain(getattr(bundle, key)) for key in _sections(bundle.role)},
        "provenance": dict(bundle.provenance),
        **({} if bundle.nnunet is None else {"nnunet": to_plain(bundle.nnunet)}),
        "weights_type": weights_type,
        "state": state,
    }
    write_atomically(path, lambda file: torch.save(content, file))
    return file_sha256(path)


def _sections(role: str) -> tuple[str, ...]:
    return _SECTIONS_OF_DIVIDERS if role == "divider" else _SECTIONS


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_checkpoint(path: Path) -> Any:  # noqa: ANN401 - whatever a weights-only file holds
    """Return what a file holds, with torch's weights-only reader: nothing in it is ever executed.

    Raises:
        ModelError: If it is missing or torch cannot read it so.
    """
    if not path.is_file():
        msg = f"there is no model file {path.name}"
        raise ModelError(msg)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError) as error:
        msg = f"{path.name} is damaged, or holds more than weights and plain data; get it anew"
        raise ModelError(msg) from error


def load_model(path: Path, device: str = "cpu") -> ModelBundle:
    """Read a model file and put its network on a device, in evaluation mode.

    Args:
        path: As `save_model` wrote it.
        device: auto, cpu, cuda, cuda:N or mps.

    Raises:
        ModelError: If the file is missing, damaged, of a newer format, or no model file.
        UsageError: If there is no such device.
        DeviceMemoryError: If the weights do not fit there.
    """
    target = resolve_device(device)
    content = read_checkpoint(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        msg = f"{path.name} is not a model file of this software; published weights are taken in by: models import"
        raise ModelError(msg)
    if content.get("format_version") != FORMAT_VERSION:
        msg = (
            f"{path.name} has the model format {content.get('format_version')}, and this version reads "
            f"{FORMAT_VERSION}: update the software"
        )
        raise ModelError(msg)
    try:
        bundle = _bundle(content, file_sha256(path))
    except (ConfigError, RuntimeError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = str(error) if isinstance(error, ConfigError) else "its parts do not fit each other"
        msg = f"{path.name} cannot be used as a model: {reason}"
        raise ModelError(msg) from error
    with memory_guard(target):
        bundle.network.to(target)
    return bundle


def _bundle(content: Mapping[str, Any], sha256: str) -> ModelBundle:
    config = network_config_from_plain(content["network"])
    plans = _section(NnUNetPlans, content, "nnunet") if "nnunet" in content else None
    network: nn.Module = build_network(config)
    if plans is not None and isinstance(config, NnUNetConfig):
        network = FoldEnsemble(config, plans.folds)
    network.load_state_dict(content["state"])  # copies into float32 parameters, whatever type was stored
    network.eval().requires_grad_(requires_grad=False)
    return ModelBundle(
        **{key: content[key] for key in _PLAIN},
        network=network,
        network_config=config,
        nnunet=plans,
        preprocessing=_section(PreprocessingConfig, content, "preprocessing"),
        window=_section(WindowConfig, content, "window"),
        region=_section(RegionConfig, content, "region"),
        locator=_section(LocatorConfig, content, "locator"),
        plausibility=_section(PlausibilityConfig, content, "plausibility"),
        division=_section(DivisionConfig, content, "division") if "division" in content else DivisionConfig(),
        labels=tuple(content["labels"]),
        provenance=dict(content["provenance"]),
        sha256=sha256,
    )


def _section(kind: type[T], content: Mapping[str, Any], name: str) -> T:
    return from_plain(kind, content[name], name, error=ConfigError, quoting=True)
