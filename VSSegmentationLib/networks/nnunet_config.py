"""What a U-Net in the manner of nnU-Net is made of, as data."""

from dataclasses import dataclass
from typing import Literal, get_args

from VSSegmentationLib.networks.checks import (
    Kernel,
    NetworkData,
    check_choice,
    check_flag,
    check_levels,
    check_whole,
)

Encoder = Literal["plain", "residual"]


@dataclass(frozen=True, kw_only=True)
class NnUNetConfig(NetworkData):
    """The shape of a U-Net of convolution, instance norm and leaky ReLU, downsampled by strided convolutions.

    Level 0 is the full resolution, the last level is the bottom. Equal configurations build state dicts with the names
    that nnU-Net's own networks have (PlainConvUNet, ResidualEncoderUNet), each tensor once.

    Source: Isensee et al., Nature Methods 2021, doi:10.1038/s41592-020-01008-z; the residual encoder: Isensee et al.,
    MICCAI 2024, arXiv:2404.09556.
    """

    kind: Literal["nnunet"] = "nnunet"
    """Tells this configuration from that of the 2.5D U-Net."""
    channels: tuple[int, ...]
    kernels_dhw: tuple[Kernel, ...]
    strides_dhw: tuple[Kernel, ...]
    """Step from every level to the next deeper one: one fewer than levels."""
    encoder_blocks: tuple[int, ...]
    """Convolutions (plain), or residual blocks of two convolutions, of every level's encoder."""
    decoder_convolutions: tuple[int, ...]
    """Convolutions of every decoder stage, the deepest first as nnU-Net counts them: one fewer than levels."""
    in_channels: int = 1
    out_channels: int = 3
    encoder: Encoder = "plain"
    conv_bias: bool = True
    deep_supervision: bool = False
    """In training mode, logits of every decoder stage but the deepest are given out, too."""

    @property
    def attention_maps(self) -> int:
        """How many maps a forward pass gives: these networks have none."""
        return 0

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, ("nnunet",))
        check_choice("encoder", self.encoder, get_args(Encoder))
        check_levels(self.channels, self.kernels_dhw, self.strides_dhw)
        check_whole("in_channels", self.in_channels, least=1)
        check_whole("out_channels", self.out_channels, least=2)
        for name in ("conv_bias", "deep_supervision"):
            check_flag(name, getattr(self, name))
        levels = len(self.channels)
        for name, count in (("encoder_blocks", levels), ("decoder_convolutions", levels - 1)):
            check_whole(f"the length of {name}", len(getattr(self, name)), least=count)
            for number in getattr(self, name):
                check_whole(name, number, least=1)


DIVIDER = NnUNetConfig(
    channels=(12, 24, 48, 64, 80),
    kernels_dhw=((1, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    strides_dhw=((1, 2, 2), (2, 2, 2), (2, 2, 2), (1, 2, 2)),
    encoder_blocks=(2, 2, 2, 2, 2),
    decoder_convolutions=(2, 2, 2, 2),
    in_channels=2,
    out_channels=3,
)
"""Stage 2 of Wijethilake et al. 2022, arXiv:2208.04680: image and whole-tumor mask in, the two parts out.

The paper took what nnU-Net planned (32 to 320 channels); this is narrower, so that two CPU cores train and run it."""
