"""One model, one file: weights, network, settings, meaning of the classes, and where it all came from."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.errors import ConfigError, ModelError
from VSSegmentationLib.inference.archive_reader import UNREADABLE, read_archive
from VSSegmentationLib.inference.device import memory_guard, resolve_device
from VSSegmentationLib.inference.model_bundle import ModelBundle, ModelInput
from VSSegmentationLib.inference.nnunet import FoldEnsemble, NnUNetPlans
from VSSegmentationLib.inference.settings import settings_from_plain
from VSSegmentationLib.inference.soundness import DAMAGE, check_file, check_weights
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.networks import NestedRegions, NnUNetConfig, build_network, network_config_from_plain
from VSSegmentationLib.tasks import DEFAULT_TASK

T = TypeVar("T")

FORMAT = "vs-segmentation model"
FORMAT_VERSION = 2
"""1, from before there were several tasks, holds the sections of all roles, and neither task, label set nor inputs."""
_READ_VERSIONS = (1, 2)

WeightsType = Literal["float32", "float16"]

_PLAIN = ("name", "version", "modality", "locator_name")


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
    for name, tensor in _own_network(bundle.network).state_dict().items():
        stored = tensor.detach().cpu().to(kind if tensor.is_floating_point() else tensor.dtype).contiguous().clone()
        if not bool(torch.isfinite(stored).all()):
            msg = f"the weight {name} is not finite as {weights_type}; nothing was written"
            raise ModelError(msg)
        state[name] = stored
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **{key: getattr(bundle, key) for key in _PLAIN},
        "role": bundle.role,
        "task": bundle.task,
        "label_set": to_plain(bundle.label_set),
        "labels": [int(label) for label in bundle.labels],
        **({"nested": True} if bundle.nested else {}),
        "inputs": to_plain(bundle.inputs),
        "network": to_plain(bundle.network_config),
        **to_plain(bundle.settings),
        "provenance": dict(bundle.provenance),
        **({} if bundle.nnunet is None else {"nnunet": to_plain(bundle.nnunet)}),
        "weights_type": weights_type,
        "state": state,
    }
    write_atomically(path, lambda file: torch.save(content, file))
    return file_sha256(path)


def _own_network(network: nn.Module) -> nn.Module:
    return network.network if isinstance(network, NestedRegions) else network


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_checkpoint(path: Path) -> Any:  # noqa: ANN401 - whatever a weights-only file holds
    """Return the weights and plain data that a file holds: nothing in it is ever executed.

    Raises:
        ModelError: If it is missing, damaged, or holds more than that.
    """
    if not path.is_file():
        msg = f"there is no model file {path.name}"
        raise ModelError(msg)
    check_file(path)
    try:
        return read_archive(path)
    except (*UNREADABLE, *DAMAGE) as error:
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
    if content.get("format_version") not in _READ_VERSIONS:
        msg = (
            f"{path.name} has the model format {content.get('format_version')}, and this version reads "
            f"{' and '.join(map(str, _READ_VERSIONS))}: update the software"
        )
        raise ModelError(msg)
    try:
        bundle = _bundle(content, file_sha256(path))
    except ModelError:
        raise
    except DAMAGE as error:
        reason = str(error) if isinstance(error, ConfigError) else "its parts do not fit each other"
        msg = f"{path.name} cannot be used as a model: {reason}"
        raise ModelError(msg) from error
    with memory_guard(target):
        bundle.network.to(target)
    return bundle


def _bundle(content: Mapping[str, Any], sha256: str) -> ModelBundle:
    config = network_config_from_plain(content["network"])
    plans = _read(NnUNetPlans, content["nnunet"], "nnunet") if "nnunet" in content else None
    network: nn.Module = build_network(config)
    if plans is not None and isinstance(config, NnUNetConfig):
        network = FoldEnsemble(config, plans.folds)
    check_weights(content["state"], f"the model '{content['name']}'")
    network.load_state_dict(content["state"])  # copies into float32 parameters, whatever type was stored
    if content.get("nested") and plans is None:  # nnU-Net's are told apart where its windows come together
        network = NestedRegions(network)
    network.eval().requires_grad_(requires_grad=False)
    return ModelBundle(
        **{key: content[key] for key in _PLAIN},
        network=network,
        network_config=config,
        settings=settings_from_plain(content["role"], content),
        nnunet=plans,
        task=content.get("task", DEFAULT_TASK.name),
        label_set=_label_set(content),
        labels=tuple(content["labels"]),
        nested=bool(content.get("nested")),
        inputs=tuple(_read(ModelInput, each, "inputs") for each in content.get("inputs", ())),
        provenance=dict(content["provenance"]),
        sha256=sha256,
    )


def _label_set(content: Mapping[str, Any]) -> LabelSet:
    return _read(LabelSet, content["label_set"], "label_set") if "label_set" in content else DEFAULT_TASK.label_set


def _read(kind: type[T], data: object, name: str) -> T:
    return from_plain(kind, data, name, error=ConfigError, quoting=True)
