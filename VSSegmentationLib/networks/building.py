"""From a configuration, of any kind, to a network."""

from collections.abc import Mapping
from typing import TypeAlias

from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.networks.checks import check_choice
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
from VSSegmentationLib.networks.resunet import ResUNet
from VSSegmentationLib.networks.resunet_config import RESUNET, RESUNET_16, ResUNetConfig
from VSSegmentationLib.networks.unet import UNet25D

AnyNetworkConfig: TypeAlias = NetworkConfig | NnUNetConfig | ResUNetConfig

NAMED_NETWORKS: dict[str, AnyNetworkConfig] = {
    "spvpa": SPVPA,
    "spvpa_2d": SPVPA_2D,
    "spvpa_3d": SPVPA_3D,
    "spvpa_plain": SPVPA_PLAIN,
    "spvpa_gates": SPVPA_GATES,
    "spvpa_kcl": SPVPA_KCL,
    "divider": DIVIDER,
    "resunet": RESUNET,
    "resunet_16": RESUNET_16,
}
"""What a recipe's `network.base` may name."""


_KINDS: dict[str, type[NnUNetConfig | ResUNetConfig]] = {"nnunet": NnUNetConfig, "resunet": ResUNetConfig}


def build_network(config: AnyNetworkConfig) -> UNet25D | NnUNet | ResUNet:
    """Return a network with PyTorch's initial weights, in training mode."""
    if isinstance(config, NnUNetConfig):
        return NnUNet(config)
    return ResUNet(config) if isinstance(config, ResUNetConfig) else UNet25D(config)


def network_config_from_plain(data: object) -> AnyNetworkConfig:
    """Build the configuration of any kind from plain data; left-out keys take their defaults.

    Raises:
        ConfigError: For an unknown kind or key, a missing one that has no default, or a value that is not allowed.
    """
    kind: type[AnyNetworkConfig] = NetworkConfig
    if isinstance(data, Mapping) and "kind" in data:
        check_choice("network.kind", data["kind"], tuple(_KINDS))
        kind = _KINDS[data["kind"]]
    return from_plain(kind, data, "network", error=ConfigError, quoting=True)
