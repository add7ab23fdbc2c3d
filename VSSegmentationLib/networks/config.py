"""What a 2.5D U-Net is made of, as data: one frozen configuration, and the named ones of the source papers."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.networks.checks import (
    Kernel,
    NetworkData,
    check_choice,
    check_flag,
    check_levels,
    check_whole,
)
from VSSegmentationLib.short_repr import short_repr

Block = Literal["plain", "residual"]
Down = Literal["max_pool", "convolution"]
DeconvolutionKernel = Literal["stride", "level"]
DeepestAttention = Literal["bottom_input", "bottom_output"]
Head = Literal["convolution", "block"]
Norm = Literal["batch", "instance", "channels"]
"""`channels` normalizes every voxel over its channels, so that an answer does not depend on what else is in view."""

_CHOICES: dict[str, tuple[str, ...]] = {
    "block": get_args(Block),
    "down": get_args(Down),
    "deconvolution_kernel": get_args(DeconvolutionKernel),
    "deepest_attention": get_args(DeepestAttention),
    "head": get_args(Head),
    "norm": get_args(Norm),
}
_COUNTS = ("in_channels", "out_channels", "decoder_convolutions")


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(NetworkData):
    """Everything that decides the shape of a network; two equal configurations build equal state dicts.

    Level 0 is the full resolution, the last level is the bottom.
    """

    channels: tuple[int, ...]
    """Feature channels of every level; their number is the number of levels."""
    kernels_dhw: tuple[Kernel, ...]
    """Kernel of every level, odd; (1, 3, 3) makes a level two-dimensional."""
    strides_dhw: tuple[Kernel, ...]
    """Step from every level to the next deeper one: one fewer than levels."""
    in_channels: int = 1
    out_channels: int = 2
    """Classes with the background, in the order of the labels."""
    block: Block = "plain"
    """`residual` adds a 1x1x1 convolution of the block's input to its output."""
    down: Down = "max_pool"
    """`convolution` is a strided unit (convolution, norm, dropout, PReLU) with the kernel of the upper level."""
    deconvolution_kernel: DeconvolutionKernel = "stride"
    """`stride`: a bare transposed convolution, its kernel equal to its stride; `level`: the upper level's kernel."""
    deconvolution_unit: bool = False
    """True: norm, dropout and PReLU follow the transposed convolution."""
    decoder_convolutions: int = 2
    head: Head = "convolution"
    """`convolution`: a 1x1x1 convolution after the top decoder block; `block`: the top decoder block is one bare
    convolution of the level's kernel and gives the logits itself."""
    attention: bool = True
    """Spatial attention at every level of the decoder and at the deepest one (Wang et al. 2019)."""
    gates: bool = False
    """Additive attention gates on the skip connections (Oktay et al. 2018), what that paper compares with."""
    deepest_attention: DeepestAttention = "bottom_output"
    dropout: float = 0.0
    """Probability, element by element, between norm and PReLU; never in the attention."""
    norm: Norm = "batch"
    answer_within: int | None = None
    """Channel of the input outside of which, where it is 0, the answer is always the background."""

    __repr__ = short_repr

    def __post_init__(self) -> None:
        self._check_levels()
        for name in _COUNTS:
            check_whole(name, getattr(self, name), least=1)
        for name, allowed in _CHOICES.items():
            check_choice(name, getattr(self, name), allowed)
        for name in ("attention", "gates", "deconvolution_unit"):
            check_flag(name, getattr(self, name))
        within: object = self.answer_within
        if within is not None:
            check_whole("answer_within", within, least=0)
            if self.answer_within not in range(self.in_channels):
                msg = f"answer_within must be one of the {self.in_channels} channels, counted from 0; got {within!r}"
                raise ConfigError(msg)
        dropout: object = self.dropout  # a table may hold anything
        if isinstance(dropout, bool) or not isinstance(dropout, int | float) or not 0 <= dropout < 1:
            msg = f"dropout must be at least 0 and below 1; got {dropout!r}"
            raise ConfigError(msg)

    @property
    def attention_maps(self) -> int:
        """How many maps a forward pass gives."""
        levels = len(self.channels)
        return levels * self.attention + (levels - 1) * self.gates

    def _check_levels(self) -> None:
        check_levels(self.channels, self.kernels_dhw, self.strides_dhw)


_FLAT: Kernel = (1, 3, 3)
_CUBE: Kernel = (3, 3, 3)
_IN_PLANE: Kernel = (1, 2, 2)
_ISOTROPIC: Kernel = (2, 2, 2)

SPVPA = NetworkConfig(
    channels=(16, 32, 48, 64, 80),
    kernels_dhw=(_FLAT, _FLAT, _CUBE, _CUBE, _CUBE),
    strides_dhw=(_IN_PLANE, _IN_PLANE, _ISOTROPIC, _ISOTROPIC),
)
"""Wang et al., MICCAI 2019, doi:10.1007/978-3-030-32245-8_30. The text does not
give the channels, the kernels of deconvolution and attention, or the place of the fifth map: they are our reading."""

SPVPA_2D = NetworkConfig(
    channels=SPVPA.channels, kernels_dhw=(_FLAT,) * 5, strides_dhw=(_IN_PLANE,) * 4, attention=False
)
"""The two-dimensional arm of the paper's ablation."""

SPVPA_3D = NetworkConfig(
    channels=SPVPA.channels, kernels_dhw=(_CUBE,) * 5, strides_dhw=(_ISOTROPIC,) * 4, attention=False
)
"""The three-dimensional arm of the paper's ablation (there on images of 0.4 mm in every direction)."""

SPVPA_PLAIN = replace(SPVPA, attention=False)
"""The 2.5D network without attention, the third arm."""

SPVPA_GATES = replace(SPVPA_PLAIN, gates=True)
"""That with attention gates on its skip connections, the fourth arm."""

SPVPA_KCL = NetworkConfig(
    channels=(16, 32, 48, 64, 80, 96),
    kernels_dhw=(_FLAT, _FLAT, _CUBE, _CUBE, _CUBE, _CUBE),
    strides_dhw=(_IN_PLANE, _IN_PLANE, _ISOTROPIC, _ISOTROPIC, _ISOTROPIC),
    block="residual",
    down="convolution",
    deconvolution_kernel="level",
    deconvolution_unit=True,
    decoder_convolutions=1,
    head="block",
    deepest_attention="bottom_input",
    dropout=0.1,
)
"""Shapey et al., Scientific Data 2021, doi:10.1038/s41597-021-01064-w; the weights of KCL-BMEIS/VS_Seg fit it."""

REFINER = NetworkConfig(
    channels=(12, 24, 36, 48, 60),
    kernels_dhw=SPVPA.kernels_dhw,
    strides_dhw=SPVPA.strides_dhw,
    attention=False,
    norm="instance",
    in_channels=5,
    answer_within=4,
)
"""Corrects a mask by a click: image, mask, a map each of what was added and removed, and what the last click may change
go in; what it changes comes out, and nothing beyond the last of these.

Attention would cost a third of its time, and a person waits for it on one CPU core."""
