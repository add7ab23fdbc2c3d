"""From a configuration, of either kind, to a network."""

from collections.abc import Mapping
from typing import TypeAlias

from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.networks.config import (
    SPVPA,
    SPVPA_2D,
    SPVPA_3D,
    SPVPA_GATES,
    SPVPA_KCL,
    SPVPA_PLAIN,
    NetworkConfig,
)
from VSSegmentationLib.networks.nnunet import NnUNet
from VSSegmentationLib.networks.nnunet_config import DIVIDER, NnUNetConfig
from VSSegmentationLib.networks.unet import UNet25D

AnyNetworkConfig: TypeAlias = NetworkConfig | NnUNetConfig

NAMED_NETWORKS: dict[str, AnyNetworkConfig] = {
    "spvpa": SPVPA,
    "spvpa_2d": SPVPA_2D,
    "spvpa_3d": SPVPA_3D,
    "spvpa_plain": SPVPA_PLAIN,
    "spvpa_gates": SPVPA_GATES,
    "spvpa_kcl": SPVPA_KCL,
    "divider": DIVIDER,
}
"""What a recipe's `network.base` may name."""


def build_network(config: AnyNetworkConfig) -> UNet25D | NnUNet:
    """Return a network with PyTorch's initial weights, in training mode."""
    return NnUNet(config) if isinstance(config, NnUNetConfig) else UNet25D(config)


def network_config_from_plain(data: object) -> AnyNetworkConfig:
    """Build the configuration of either kind from plain data; left-out keys take their defaults.

    Raises:
        ConfigError: For an unknown key, a missing one that has no default, or a value that is not allowed.
    """
    is_nnunet = isinstance(data, Mapping) and "kind" in data
    kind: type[AnyNetworkConfig] = NnUNetConfig if is_nnunet else NetworkConfig
    return from_plain(kind, data, "network", error=ConfigError, quoting=True)
