"""The networks: one configurable 2.5D U-Net with spatial attention, and the named configurations built from it."""

from VSSegmentationLib.networks.config import NAMED_NETWORKS, SPVPA, SPVPA_2D, SPVPA_3D, SPVPA_KCL, NetworkConfig
from VSSegmentationLib.networks.unet import NetworkOutput, UNet25D, build_network, pad_to_multiple

__all__ = [
    "NAMED_NETWORKS",
    "SPVPA",
    "SPVPA_2D",
    "SPVPA_3D",
    "SPVPA_KCL",
    "NetworkConfig",
    "NetworkOutput",
    "UNet25D",
    "build_network",
    "pad_to_multiple",
]
