"""What a 2.5D U-Net is made of, as data: one frozen configuration, and the named ones of the source papers."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from math import prod
from typing import Any, Literal, Self, get_args

from VSSegmentationLib.errors import ConfigError

Kernel = tuple[int, int, int]
"""Three whole numbers, along D (slices), H, W."""

Block = Literal["plain", "residual"]
Down = Literal["max_pool", "convolution"]
DeconvolutionKernel = Literal["stride", "level"]
DeepestAttention = Literal["bottom_input", "bottom_output"]
Head = Literal["convolution", "block"]
Norm = Literal["batch", "instance"]

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
class NetworkConfig:
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

    def __post_init__(self) -> None:
        self._check_levels()
        for name in _COUNTS:
            _check_whole(name, getattr(self, name), least=1)
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                msg = f"network: {name} must be one of {', '.join(allowed)}; got {getattr(self, name)!r}"
                raise ConfigError(msg)
        for name in ("attention", "gates", "deconvolution_unit"):
            if not isinstance(getattr(self, name), bool):
                msg = f"network: {name} must be true or false; got {getattr(self, name)!r}"
                raise ConfigError(msg)
        if isinstance(self.dropout, bool) or not isinstance(self.dropout, int | float) or not 0 <= self.dropout < 1:
            msg = f"network: dropout must be at least 0 and below 1; got {self.dropout!r}"
            raise ConfigError(msg)

    def _check_levels(self) -> None:
        levels = len(self.channels)
        if levels < 2 or len(self.kernels_dhw) != levels or len(self.strides_dhw) != levels - 1:
            msg = (
                "network: at least two levels are needed, with one kernel each and one stride fewer; got "
                f"{levels} channels, {len(self.kernels_dhw)} kernels_dhw, {len(self.strides_dhw)} strides_dhw"
            )
            raise ConfigError(msg)
        for count in self.channels:
            _check_whole("channels", count, least=2)
        for name, triplets in (("kernels_dhw", self.kernels_dhw), ("strides_dhw", self.strides_dhw)):
            for triplet in triplets:
                if not isinstance(triplet, tuple) or len(triplet) != 3:
                    msg = f"network: {name} must hold triplets (D, H, W); got {triplet!r}"
                    raise ConfigError(msg)
                for number in triplet:
                    _check_whole(name, number, least=1)
        for kernel in self.kernels_dhw:
            if any(size % 2 == 0 for size in kernel):
                msg = f"network: kernels_dhw must be odd, so that sizes are kept; got {kernel}"
                raise ConfigError(msg)

    @property
    def multiple_dhw(self) -> Kernel:
        """What the strides multiply to: sizes inside the network are multiples of it."""
        depth, height, width = (prod(stride[axis] for stride in self.strides_dhw) for axis in range(3))
        return depth, height, width

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, numbers and strings, as JSON and TOML hold them."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from what `to_dict` gave; left-out keys take their defaults.

        Raises:
            ConfigError: For an unknown key, a missing one that has no default, or a value that is not allowed.
        """
        known = {field.name for field in fields(cls)}
        required = {field.name for field in fields(cls) if field.default is MISSING}
        if unknown := sorted(set(data) - known):
            msg = f"network: unknown key {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            raise ConfigError(msg)
        if missing := sorted(required - set(data)):
            msg = f"network: {', '.join(missing)} must be given"
            raise ConfigError(msg)
        for name in sorted(required):
            if not isinstance(data[name], list | tuple):
                msg = f"network: {name} must be a list; got {data[name]!r}"
                raise ConfigError(msg)
        return cls(**{name: _frozen(value) for name, value in data.items()})


def _check_whole(name: str, value: object, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        msg = f"network: {name} must be whole and at least {least}; got {value!r}"
        raise ConfigError(msg)


def _plain(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _frozen(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value


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

NAMED_NETWORKS: dict[str, NetworkConfig] = {
    "spvpa": SPVPA,
    "spvpa_2d": SPVPA_2D,
    "spvpa_3d": SPVPA_3D,
    "spvpa_plain": SPVPA_PLAIN,
    "spvpa_gates": SPVPA_GATES,
    "spvpa_kcl": SPVPA_KCL,
}
