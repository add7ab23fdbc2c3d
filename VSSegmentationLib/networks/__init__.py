"""The networks: one configurable 2.5D U-Net with spatial attention, and the named configurations built from it."""

from VSSegmentationLib.networks.config import (
    NAMED_NETWORKS,
    SPVPA,
    SPVPA_2D,
    SPVPA_3D,
    SPVPA_GATES,
    SPVPA_KCL,
    SPVPA_PLAIN,
    NetworkConfig,
)
from VSSegmentationLib.networks.unet import NetworkOutput, UNet25D, build_network, pad_to_multiple
from VSSegmentationLib.networks.vs_seg import read_vs_seg_state, to_vs_seg_state

__all__ = [
    "NAMED_NETWORKS",
    "SPVPA",
    "SPVPA_2D",
    "SPVPA_3D",
    "SPVPA_GATES",
    "SPVPA_KCL",
    "SPVPA_PLAIN",
    "NetworkConfig",
    "NetworkOutput",
    "UNet25D",
    "build_network",
    "pad_to_multiple",
    "read_vs_seg_state",
    "to_vs_seg_state",
]
