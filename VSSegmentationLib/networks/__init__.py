"""The networks and their named configurations.

The 2.5D U-Net with spatial attention, a U-Net in nnU-Net's manner, the 2.5D residual U-Net, and a residual U-Net with
gated channels.
"""

from VSSegmentationLib.networks.attention_resunet import AttentionResUNet
from VSSegmentationLib.networks.attention_resunet_config import (
    ATTENTION_RESUNET,
    ATTENTION_RESUNET_VS,
    RESIDUAL_UNET,
    AttentionResUNetConfig,
)
from VSSegmentationLib.networks.building import (
    NAMED_NETWORKS,
    AnyNetworkConfig,
    build_network,
    network_config_from_plain,
)
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
from VSSegmentationLib.networks.left_out import WithoutSome
from VSSegmentationLib.networks.nested import NestedRegions, labels_of_regions
from VSSegmentationLib.networks.nnunet import NnUNet
from VSSegmentationLib.networks.nnunet_config import DIVIDER, NnUNetConfig
from VSSegmentationLib.networks.output import NetworkOutput, filled_maps, logits_of, pad_to_multiple
from VSSegmentationLib.networks.resunet import ResUNet
from VSSegmentationLib.networks.resunet_config import RESUNET, RESUNET_16, ResUNetConfig
from VSSegmentationLib.networks.unet import UNet25D
from VSSegmentationLib.networks.vs_seg import read_vs_seg_state, to_vs_seg_state

__all__ = [
    "ATTENTION_RESUNET",
    "ATTENTION_RESUNET_VS",
    "DIVIDER",
    "NAMED_NETWORKS",
    "REFINER",
    "RESIDUAL_UNET",
    "RESUNET",
    "RESUNET_16",
    "SPVPA",
    "SPVPA_2D",
    "SPVPA_3D",
    "SPVPA_GATES",
    "SPVPA_KCL",
    "SPVPA_PLAIN",
    "AnyNetworkConfig",
    "AttentionResUNet",
    "AttentionResUNetConfig",
    "NestedRegions",
    "NetworkConfig",
    "NetworkOutput",
    "NnUNet",
    "NnUNetConfig",
    "ResUNet",
    "ResUNetConfig",
    "UNet25D",
    "WithoutSome",
    "build_network",
    "filled_maps",
    "labels_of_regions",
    "logits_of",
    "network_config_from_plain",
    "pad_to_multiple",
    "read_vs_seg_state",
    "to_vs_seg_state",
]
