"""Models whose answer can be worked out by hand: each logit is a straight line in the voxel's own intensity."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import torch

from VSSegmentationLib.inference import (
    DividerSettings,
    LocatorConfig,
    LocatorSettings,
    ModelBundle,
    PreprocessingConfig,
    RefinerSettings,
    SegmenterSettings,
    WindowConfig,
)
from VSSegmentationLib.networks import NetworkConfig, UNet25D, build_network
from VSSegmentationLib.volume import Volume

STEEP = 200.0


def half_way(scan: Volume, brightness: float) -> float:
    """Where half of `brightness` lies on the z-scored scale of the whole scan: the threshold that finds the surface."""
    return float((brightness / 2 - scan.array.mean()) / scan.array.std())


def voxelwise_network(
    slopes: Sequence[float],
    offsets: Sequence[float],
    *,
    in_channels: int = 1,
    second_slopes: Sequence[float] | None = None,
) -> tuple[UNet25D, NetworkConfig]:
    """A real two-level network with weights set so that logit k = slopes[k] * intensity + offsets[k].

    Only the shortcuts carry anything: the image into feature 0 of the encoder, that feature into the logits. Of more
    channels only the first is looked at, and with `second_slopes` the second, too, by feature 1.
    """
    config = NetworkConfig(
        channels=(2, 2), kernels_dhw=((1, 3, 3), (3, 3, 3)), strides_dhw=((1, 2, 2),), out_channels=len(slopes),
        block="residual", decoder_convolutions=1, head="block", attention=False, in_channels=in_channels,
    )  # fmt: skip
    network = build_network(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.encoder[0].shortcut.weight[0, 0] = 1.0
        network.decoder[0].shortcut.weight[:, 0, 0, 0, 0] = _plain(slopes)
        if second_slopes is not None:
            network.encoder[0].shortcut.weight[1, 1] = 1.0
            network.decoder[0].shortcut.weight[:, 1, 0, 0, 0] = _plain(second_slopes)
        network.decoder[0].shortcut.bias[:] = _plain(offsets)
    network.eval().requires_grad_(requires_grad=False)
    return network, config


def _plain(numbers: Sequence[float]) -> torch.Tensor:
    """A tensor of numbers that may be numpy's own, which torch does not take beside every numpy."""
    return torch.tensor([float(number) for number in numbers])


def attending_network(slope: float, offset: float, sharpness: float, bias: float) -> tuple[UNet25D, NetworkConfig]:
    """Two classes and two attention maps, each of which can be worked out from the image x alone.

    The finest map is A = sigmoid(sharpness * max(x, 0) + bias), the coarser one the same of the largest x of each block
    of 2 x 2 voxels of a slice, and the logit of class 1 is slope * x * (1 + A) + offset.
    """
    network, config = voxelwise_network([0.0, slope], [0.0, offset])
    config = replace(config, attention=True)
    attending = build_network(config)
    with torch.no_grad():
        for parameter in attending.parameters():
            parameter.zero_()
        attending.load_state_dict(network.state_dict(), strict=False)
        attending.bottom.shortcut.weight[0, 0] = 1.0
        for gate in attending.attention:
            gate.conv1.weight[0, 0, gate.conv1.weight.shape[2] // 2, 1, 1] = 1.0
            gate.conv2.weight[0, 0, gate.conv2.weight.shape[2] // 2, 1, 1] = sharpness
            gate.conv2.bias[0] = bias
    attending.eval().requires_grad_(requires_grad=False)
    return attending, config


def threshold_network(thresholds: Sequence[float], steepness: float = STEEP) -> tuple[UNet25D, NetworkConfig]:
    """Class k wins between thresholds[k - 1] and thresholds[k] (increasing), class 0 below the first."""
    slopes = [steepness * k for k in range(len(thresholds) + 1)]
    offsets = [-steepness * sum(thresholds[:k]) for k in range(len(thresholds) + 1)]
    return voxelwise_network(slopes, offsets)


def bundle_of(kind: type[Any], values: dict[str, Any]) -> ModelBundle:
    """A bundle whose settings are those of `values` that are sections of that kind."""
    sections = {field.name for field in fields(kind)}
    settings = kind(**{key: value for key, value in values.items() if key in sections})
    return ModelBundle(settings=settings, **{key: value for key, value in values.items() if key not in sections})


def toy_segmenter(threshold: float = 3.0, *, intrameatal_above: float | None = None, **changes: Any) -> ModelBundle:
    """Tumor is what is brighter than `threshold` standard deviations; brighter still is intrameatal, if asked for."""
    divided = intrameatal_above is not None
    network, config = threshold_network([threshold, intrameatal_above] if divided else [threshold])
    settings: dict[str, Any] = {
        "name": "toy-segmenter",
        "version": "1.0",
        "network": network,
        "network_config": config,
        "preprocessing": PreprocessingConfig(intensity="scan"),
        "labels": (0, 1, 2) if divided else (0, 4),
        "modality": "T2",
        "provenance": {"trained_on": "nothing: weights set by hand"},
    }
    return bundle_of(SegmenterSettings, {**settings, **changes})


def toy_divider(intrameatal_above: float = 1.0, **changes: Any) -> ModelBundle:
    """Intrameatal is what is brighter than so many standard deviations, extrameatal the rest; nothing is background."""
    slopes, offsets = [0.0, 0.0, STEEP], [-10 * STEEP, 0.0, -STEEP * intrameatal_above]
    network, config = voxelwise_network(slopes, offsets, in_channels=2)
    settings: dict[str, Any] = {
        "name": "toy-divider",
        "version": "1.0",
        "network": network,
        "network_config": config,
        "preprocessing": PreprocessingConfig(spacing_dhw_mm=(1.5, 0.5, 0.5)),
        "window": WindowConfig(size_dhw=(24, 80, 80), overlap=0.5, one_pass_voxels=2 * 24 * 80 * 80),
    }
    return bundle_of(DividerSettings, {**settings, **changes})


def toy_refiner(threshold: float = 2.0, **changes: Any) -> ModelBundle:
    """What is brighter than so many standard deviations of the window is to change, whatever mask and clicks say."""
    network, config = voxelwise_network([0.0, STEEP], [0.0, -STEEP * threshold], in_channels=5)
    settings: dict[str, Any] = {
        "name": "toy-refiner",
        "version": "1.0",
        "network": network,
        "network_config": config,
        "labels": (0, 4),
        "window": WindowConfig(size_dhw=(24, 64, 64)),
    }
    return bundle_of(RefinerSettings, {**settings, **changes})


def toy_locator(threshold: float = 3.0, **changes: Any) -> ModelBundle:
    """The right porus is where it is bright, the left one where it is dark, both beyond `threshold` deviations."""
    network, config = voxelwise_network([0.0, STEEP, -STEEP], [0.0, -STEEP * threshold, -STEEP * threshold])
    settings: dict[str, Any] = {
        "name": "toy-locator",
        "version": "1.0",
        "network": network,
        "network_config": config,
        "preprocessing": PreprocessingConfig(spacing_dhw_mm=(3.0, 3.0, 3.0), intensity="scan"),
        "locator": LocatorConfig(min_volume_mm3=100.0),
    }
    return bundle_of(LocatorSettings, {**settings, **changes})
