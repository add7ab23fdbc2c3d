"""What a residual U-Net with channel attention and dilated convolutions is made of, as data."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.networks.checks import Kernel, NetworkData, check_choice, check_flag, check_levels, check_whole

Bottom = Literal["pooled", "stage", "bottleneck"]
ChannelGate = Literal["squeeze", "mean"]
StageNorm = Literal["batch", "instance", "group"]


@dataclass(frozen=True, kw_only=True)
class AttentionResUNetConfig(NetworkData):
    """The shape of a U-Net of two residual blocks a stage, with a gate on each skip and dilated branches beside it.

    Stage 0 is the full resolution. Equal configurations build equal state dicts.

    Source: "Attention-ResNetUNet" for brain tumors (a text without code). It leaves widths, the bottom, the gate's
    parameters and the widths of the branches open; the defaults here are our reading of it.
    """

    kind: Literal["attention_resunet"] = "attention_resunet"
    """Tells this configuration from those of the other networks."""
    channels: tuple[int, ...]
    """Feature channels of every stage."""
    kernels_dhw: tuple[Kernel, ...]
    """Kernel of every stage, odd; (1, 3, 3) makes a stage two-dimensional."""
    strides_dhw: tuple[Kernel, ...]
    """Max-pooling after every stage; with the bottom "stage" one fewer, for nothing comes after the last."""
    in_channels: int = 1
    out_channels: int = 4
    """Classes with the background, in the order of the labels."""
    bottom: Bottom = "pooled"
    """`pooled`: the last stage is pooled once more and that is decoded (the text word for word); `stage`: the last
    stage is the bottom; `bottleneck`: two more residual blocks of twice the channels after the last pooling."""
    attention: bool = True
    """A gate weighs the channels of what a stage hands to the decoder, not of what goes down."""
    gate: ChannelGate = "squeeze"
    """`squeeze`: two linear layers between the mean over the volume and the sigmoid (Hu et al. 2018,
    arXiv:1709.01507); `mean`: the sigmoid of the mean itself, without parameters, as the text writes it, which weighs
    features of no negative value by 0.5 to 1 and so hardly at all."""
    reduction: int = 4
    """How many times narrower the layer between the two of `squeeze` is."""
    multi_scale: bool = True
    """Parallel convolutions of several dilations in the decoder; False puts one residual block there instead."""
    dilations: tuple[int, ...] = (1, 2, 4)
    branch_divisor: int = 3
    """Every branch has the stage's channels divided by this, rounded down."""
    branch_norm: bool = False
    """A norm between each convolution of the multi-scale module and its ReLU."""
    norm: StageNorm = "batch"
    """`group` has groups of 8 channels, or of all where 8 do not divide them."""

    @property
    def attention_maps(self) -> int:
        """How many maps a forward pass gives: gates weigh channels, so there is none to look at."""
        return 0

    def __post_init__(self) -> None:
        for name, allowed in (
            ("kind", ("attention_resunet",)),
            ("bottom", get_args(Bottom)),
            ("gate", get_args(ChannelGate)),
            ("norm", get_args(StageNorm)),
        ):
            check_choice(name, getattr(self, name), allowed)
        self._check_stages()
        check_whole("in_channels", self.in_channels, least=1)
        check_whole("out_channels", self.out_channels, least=2)
        for name in ("reduction", "branch_divisor"):
            self._check_divisor(name)
        for name in ("attention", "multi_scale", "branch_norm"):
            check_flag(name, getattr(self, name))
        check_whole("the length of dilations", len(self.dilations), least=1)
        for dilation in self.dilations:
            check_whole("dilations", dilation, least=1)

    def _check_stages(self) -> None:
        poolings = len(self.channels) - (self.bottom == "stage")
        if len(self.strides_dhw) != poolings:
            msg = (
                f"{len(self.channels)} stages with the bottom '{self.bottom}' need {poolings} strides_dhw; "
                f"got {len(self.strides_dhw)}"
            )
            raise ConfigError(msg)
        check_levels(self.channels, self.kernels_dhw, self.strides_dhw[: len(self.channels) - 1])
        check_levels((2,) * (poolings + 1), ((1, 1, 1),) * (poolings + 1), self.strides_dhw)  # the last stride, too

    def _check_divisor(self, name: str) -> None:
        divisor, narrowest = getattr(self, name), min(self.channels)
        check_whole(name, divisor, least=1)
        if divisor > narrowest:
            msg = f"{name} must be at most the fewest channels, {narrowest}; got {divisor}"
            raise ConfigError(msg)


ATTENTION_RESUNET = AttentionResUNetConfig(
    channels=(16, 32, 64, 128),
    kernels_dhw=((3, 3, 3),) * 4,
    strides_dhw=((2, 2, 2),) * 4,
    in_channels=4,
    out_channels=4,
)
"""Four scans in; background, necrotic core, edema, enhancing tumor out. 3,471,418 parameters."""

RESIDUAL_UNET = replace(ATTENTION_RESUNET, attention=False, multi_scale=False)
"""That without gates and without dilated branches, what the text's ablation begins with."""

ATTENTION_RESUNET_VS = replace(
    ATTENTION_RESUNET,
    kernels_dhw=((1, 3, 3), (1, 3, 3), (3, 3, 3), (3, 3, 3)),
    strides_dhw=((1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2)),
    in_channels=1,
    out_channels=3,
)
"""For slices thicker than their voxels are wide: one scan in; background and the two parts of the tumor out."""
