"""Names of the published VS_Seg weights, mapped onto those of `SPVPA_KCL` and back.

The published network works with the slice axis last, this one with it first: kernels are permuted. A volume given to
the loaded network must have D growing to superior, H to anterior, W to the patient's right.

Source of names and shapes: KCL-BMEIS/VS_Seg, commit 33410a2, class UNet2d5_spvPA; weights doi:10.5281/zenodo.6323472.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.networks.config import SPVPA_KCL, NetworkConfig
from VSSegmentationLib.networks.unet import UNet25D

_REVERSED_AXES = (0, 1, 4, 3, 2)
_PARALLEL = "module."
_SHOWN = 3


def read_vs_seg_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return published weights under our names, kernels in (D, H, W).

    The result fits `SPVPA_KCL` (256 tensors), or `replace(SPVPA_KCL, attention=False)` (232) where no attention came.
    A `module.` before every name, as data-parallel training leaves it, is dropped.

    Raises:
        ModelError: If names are missing or left over, or a shape or number type differs.
    """
    if state and all(name.startswith(_PARALLEL) for name in state):
        state = {name.removeprefix(_PARALLEL): tensor for name, tensor in state.items()}
    config = replace(SPVPA_KCL, attention=any(".conv1.conv." in name for name in state))
    template = _published_template(config)
    _check(state, template, "VS_Seg weights")
    return {ours: _reversed_axes(state[published]) for published, (ours, _) in template.items()}


def to_vs_seg_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a `SPVPA_KCL` network (with or without attention) as VS_Seg publishes them.

    Raises:
        ModelError: As `read_vs_seg_state`.
    """
    config = replace(SPVPA_KCL, attention=any(name.startswith("attention.") for name in state))
    _check(state, {name: ("", tensor) for name, tensor in _own_template(config).items()}, "weights of spvpa_kcl")
    return {published: _reversed_axes(state[ours]) for published, (ours, _) in _published_template(config).items()}


def _reversed_axes(tensor: Tensor) -> Tensor:
    return tensor.permute(_REVERSED_AXES).contiguous() if tensor.ndim == 5 else tensor


def _own_template(config: NetworkConfig) -> dict[str, Tensor]:
    with torch.device("meta"):  # names, shapes and types only
        return UNet25D(config).state_dict()


def _published_template(config: NetworkConfig) -> dict[str, tuple[str, Tensor]]:
    """Return, by published name, our name and a stand-in of the published shape and type."""
    parts = _published_parts(len(config.channels), attention=config.attention)
    template: dict[str, tuple[str, Tensor]] = {}
    for name, tensor in _own_template(config).items():
        part = next(part for part in parts if name.startswith(part))
        template[parts[part] + name.removeprefix(part)] = (name, _reversed_axes(tensor))
    return template


def _published_parts(levels: int, *, attention: bool) -> dict[str, str]:
    """Return the published name of every part of our network that holds tensors, each ending in a dot."""
    prefix = ["model" + ".1.submodule.1" * level for level in range(levels)]
    bottom = levels - 1
    gated = ".1" if attention else ""  # attention and what it feeds share one more level of nesting
    parts: dict[str, str] = {}
    for level in range(bottom):
        parts |= _block(f"encoder.{level}", f"{prefix[level]}.0")
        parts[f"down.{level}."] = f"{prefix[level]}.1.submodule.0."
        parts[f"up.{level}."] = f"{prefix[level]}.1.submodule.2."
        parts |= _block(f"decoder.{level}", f"{prefix[level]}.2{gated}")
        parts |= _attention(level, f"{prefix[level]}.2")
    parts["decoder.0.conv."] = f"{prefix[0]}.2{gated}.conv.unit0.conv."
    return parts | _block("bottom", f"{prefix[bottom]}{gated}") | _attention(bottom, prefix[bottom])


def _block(ours: str, published: str) -> dict[str, str]:
    units = {f"{ours}.units.{index}.": f"{published}.conv.unit{index}." for index in range(2)}
    return units | {f"{ours}.shortcut.": f"{published}.residual."}


def _attention(level: int, published: str) -> dict[str, str]:
    return {f"attention.{level}.conv{index}.": f"{published}.0.0.conv{index}.conv." for index in (1, 2)}


def _check(state: Mapping[str, object], template: Mapping[str, tuple[str, Tensor]], what: str) -> None:
    missing, unknown = sorted(set(template) - set(state)), sorted(set(state) - set(template))
    if missing or unknown:
        msg = f"{what}: {len(template)} tensors are needed; missing: {_few(missing)}; not known: {_few(unknown)}"
        raise ModelError(msg)
    for name, (_, expected) in template.items():
        given = state[name]
        if not isinstance(given, Tensor) or (given.shape, given.dtype) != (expected.shape, expected.dtype):
            came = f"{given.dtype} {tuple(given.shape)}" if isinstance(given, Tensor) else type(given).__name__
            msg = f"{what}: {name} must be {expected.dtype} {tuple(expected.shape)}, got {came}"
            raise ModelError(msg)


def _few(names: list[str]) -> str:
    if not names:
        return "none"
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
