"""From a configuration, of any kind, to a network."""

from collections.abc import Mapping
from typing import TypeAlias

from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.networks.attention_resunet import AttentionResUNet
from VSSegmentationLib.networks.attention_resunet_config import (
    ATTENTION_RESUNET,
    ATTENTION_RESUNET_VS,
    RESIDUAL_UNET,
    AttentionResUNetConfig,
)
from VSSegmentationLib.networks.checks import check_choice
from VSSegmentationLib.networks.config import (
    REFINER,
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

AnyNetworkConfig: TypeAlias = NetworkConfig | NnUNetConfig | AttentionResUNetConfig | ResUNetConfig

NAMED_NETWORKS: dict[str, AnyNetworkConfig] = {
    "spvpa": SPVPA,
    "spvpa_2d": SPVPA_2D,
    "spvpa_3d": SPVPA_3D,
    "spvpa_plain": SPVPA_PLAIN,
    "spvpa_gates": SPVPA_GATES,
    "spvpa_kcl": SPVPA_KCL,
    "divider": DIVIDER,
    "refiner": REFINER,
    "resunet": RESUNET,
    "resunet_16": RESUNET_16,
    "residual_unet": RESIDUAL_UNET,
    "attention_resunet": ATTENTION_RESUNET,
    "attention_resunet_vs": ATTENTION_RESUNET_VS,
}
"""What a recipe's `network.base` may name."""


_KINDS: dict[str, type[NnUNetConfig | AttentionResUNetConfig | ResUNetConfig]] = {
    "nnunet": NnUNetConfig,
    "attention_resunet": AttentionResUNetConfig,
    "resunet": ResUNetConfig,
}
"""What `kind` names; the 2.5D U-Net's configuration has none."""


def build_network(config: AnyNetworkConfig) -> UNet25D | NnUNet | AttentionResUNet | ResUNet:
    """Return a network with PyTorch's initial weights, in training mode."""
    if isinstance(config, NnUNetConfig):
        return NnUNet(config)
    if isinstance(config, AttentionResUNetConfig):
        return AttentionResUNet(config)
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
