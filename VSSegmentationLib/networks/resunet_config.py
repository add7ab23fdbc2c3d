"""What a 2.5D residual U-Net is made of, as data."""

from dataclasses import dataclass
from typing import Literal

from VSSegmentationLib.networks.checks import Kernel, NetworkData, check_choice, check_flag, check_whole


@dataclass(frozen=True, kw_only=True)
class ResUNetConfig(NetworkData):
    """The shape of a U-Net of residual blocks whose strides lie in the slice plane alone.

    Source: Chen, Wang, Zhang, "An Efficient Cross-Modal Segmentation Method for Vestibular Schwannoma and Cochlea on
    MRI Images", crossMoDA 2023; the layers as their published weights have them.
    """

    kind: Literal["resunet"] = "resunet"
    """Tells this configuration from those of the other networks."""
    channels: tuple[int, ...] = (32, 64, 128, 256)
    """Of the stem, at half the resolution, and of every stage below it; the table of the source."""
    blocks: int = 3
    """Residual blocks of every stage, the first of which has the stride."""
    in_channels: int = 1
    out_channels: int = 4
    """Background, extrameatal and intrameatal tumor, cochlea in the source."""
    deep_supervision: bool = True
    """In training mode, logits of every decoder stage are given out, too: 1/2, 1/4 and 1/8 of the size in plane."""

    @property
    def strides_dhw(self) -> tuple[Kernel, ...]:  # type: ignore[override]  # follows from the channels
        """In plane alone, before the stem and before every stage: 16 in all in the source."""
        return ((1, 2, 2),) * len(self.channels)

    @property
    def attention_maps(self) -> int:
        """How many maps a forward pass gives: this network has none."""
        return 0

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, ("resunet",))
        check_whole("the length of channels", len(self.channels), least=2)
        for count in self.channels:
            check_whole("channels", count, least=2)
        check_whole("blocks", self.blocks, least=1)
        check_whole("in_channels", self.in_channels, least=1)
        check_whole("out_channels", self.out_channels, least=2)
        check_flag("deep_supervision", self.deep_supervision)


RESUNET = ResUNetConfig()
"""As in the source: 14,397,296 parameters, for patches of 40 x 384 x 384."""
RESUNET_16 = ResUNetConfig(channels=(16, 32, 64, 128))
"""Half as wide, a quarter of the parameters."""
