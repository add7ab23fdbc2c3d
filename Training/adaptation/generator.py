"""The generator of CUT: a slice or slab of one kind of scan in, the same as another kind of scan would show it out."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from Training.adaptation.config import TranslatorConfig
from VSSegmentationLib.errors import UsageError

TAPPED_LAYERS = (0, 4, 8, 12, 16)
"""Padded image, both convolutions before a halving, first and fifth residual block; the numbers are CUT's own."""
CLASSES = 4
"""Background, extrameatal, intrameatal, cochlea."""
_LAST = 3
"""Layers that make an image of the last features: padding, convolution, tanh."""
_MULTIPLE = 4
"""Two halvings."""


class BlurredHalving(nn.Module):
    """Every second pixel after a binomial blur (1, 2, 1) / 4 along each axis, mirrored at the rim.

    Source: Zhang, "Making convolutional networks shift-invariant again", ICML 2019, arXiv:1904.11486.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C, ceil(H / 2), ceil(W / 2)), each slice of a (B, C, D, H, W) likewise."""
        once = F.avg_pool2d(F.pad(x.flatten(1, -3), (1, 1, 1, 1), mode="reflect"), 2, stride=1)
        halved = F.avg_pool2d(once, 2)  # two means of two are the binomial of three
        return halved.reshape(*x.shape[:-2], *halved.shape[-2:])


class Doubling(nn.Module):
    """Linear interpolation between the pixels' centers: the filter (1, 3, 3, 1) / 4 of CUT's upsampling."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C, 2 H, 2 W), each slice of a (B, C, D, H, W) likewise."""
        doubled = F.interpolate(x.flatten(1, -3), scale_factor=2.0, mode="bilinear", align_corners=False)
        return doubled.reshape(*x.shape[:-2], *doubled.shape[-2:])


class ResidualBlock(nn.Module):
    """Two convolutions with instance norm, the image mirrored at its rim, added to what came; nothing after the sum.

    In a slab they go through slices, which are mirrored at its ends.
    """

    def __init__(self, channels: int, *, slabs: bool = False) -> None:
        super().__init__()

        def unit() -> tuple[nn.Module, ...]:
            rim = nn.ReflectionPad3d(1) if slabs else nn.ReflectionPad2d(1)
            conv = nn.Conv3d(channels, channels, 3) if slabs else nn.Conv2d(channels, channels, 3)
            return rim, conv, _norm(channels, slabs=slabs)

        self.convs = nn.Sequential(*unit(), nn.ReLU(), *unit())

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W), or (B, C, D, H, W) with slabs, to itself."""
        added: Tensor = x + self.convs(x)
        return added


class Generator(nn.Module):
    """Two halvings, residual blocks, two doublings; 11,365,633 parameters at width 64 with nine blocks.

    Source: Park et al., ECCV 2020, arXiv:2007.15651 ("resnet_9blocks", one channel, anti-aliased). With a `depth` from
    2 on it takes slabs (B, 1, D, H, W), D from 2 on, wherever slices (B, 1, H, W) are named, and gives slabs; it has
    32,599,297 parameters then. Its residual blocks see neighboring slices, its other layers each slice by itself, and
    it never halves their number: slices are much thicker than pixels.
    """

    def __init__(self, config: TranslatorConfig) -> None:
        super().__init__()
        self.config = config
        width, slabs = config.width, config.depth > 1

        def unit(before: int, after: int, kernel: int = 3, *, padding: int = 1) -> tuple[nn.Module, ...]:
            conv = _conv(before, after, kernel, padding=padding, slabs=slabs)
            return conv, _norm(after, slabs=slabs), nn.ReLU()

        self.layers = nn.Sequential(
            _rim(3, slabs=slabs), *unit(1, width, 7, padding=0),
            *unit(width, 2 * width), BlurredHalving(),
            *unit(2 * width, 4 * width), BlurredHalving(),
            *(ResidualBlock(4 * width, slabs=slabs) for _ in range(config.blocks)),
            Doubling(), *unit(4 * width, 2 * width),
            Doubling(), *unit(2 * width, width),
            _rim(3, slabs=slabs), _conv(width, 1, 7, slabs=slabs), nn.Tanh(),
        )  # fmt: skip
        self.head = _conv(width, CLASSES, 1, slabs=slabs) if config.segments else None

    @property
    def takes_slabs(self) -> bool:
        """Whether it takes (B, 1, D, H, W)."""
        return self.config.depth > 1

    @property
    def tapped_channels(self) -> tuple[int, ...]:
        """Channels of the layers that `features` gives."""
        width = self.config.width
        return 1, 2 * width, 4 * width, 4 * width, 4 * width

    def forward(self, image: Tensor) -> Tensor:
        """Map slices (B, 1, H, W) of -1 to 1 to such slices.

        Raises:
            UsageError: If the shape is not that, or H or W is no multiple of 4.
        """
        translated: Tensor = self.layers(self._checked(image))
        return translated

    def translated_and_segmented(self, image: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return what `forward` gives, and logits (B, 4, H, W) of the labels of what came, if there is a head for them.

        Raises:
            UsageError: As `forward`.
        """
        features = self.layers[:-_LAST](self._checked(image))
        return self.layers[-_LAST:](features), None if self.head is None else self.head(features)

    def features(self, image: Tensor) -> list[Tensor]:
        """Return what `TAPPED_LAYERS` make of slices (B, 1, H, W), each (B, C, H', W').

        Raises:
            UsageError: As `forward`.
        """
        x, tapped = self._checked(image), []
        for number, layer in zip(range(TAPPED_LAYERS[-1] + 1), self.layers, strict=False):
            x = layer(x)
            if number in TAPPED_LAYERS:
                tapped.append(x)
        return tapped

    def _checked(self, image: Tensor) -> Tensor:
        (_, channels), sizes = image.shape[:2], image.shape[2:]
        of_kind = len(sizes) == 3 and sizes[0] > 1 if self.takes_slabs else len(sizes) == 2
        if not of_kind or channels != 1 or any(size % _MULTIPLE or not size for size in sizes[-2:]):
            wanted = "(B, 1, D, H, W) with D from 2 on and" if self.takes_slabs else "(B, 1, H, W) with"
            msg = f"the generator takes {wanted} H and W multiples of {_MULTIPLE}; got {tuple(image.shape)}"
            raise UsageError(msg)
        return image


def _conv(before: int, after: int, kernel: int, *, padding: int = 0, slabs: bool) -> nn.Module:
    """Return a convolution in the plane."""
    if slabs:
        return nn.Conv3d(before, after, (1, kernel, kernel), padding=(0, padding, padding))
    return nn.Conv2d(before, after, kernel, padding=padding)


def _norm(channels: int, *, slabs: bool) -> nn.Module:
    return nn.InstanceNorm3d(channels) if slabs else nn.InstanceNorm2d(channels)


def _rim(width: int, *, slabs: bool) -> nn.Module:
    """Return what mirrors an image at its rim, in the plane."""
    return nn.ReflectionPad3d((width, width, width, width, 0, 0)) if slabs else nn.ReflectionPad2d(width)


def xavier_initialized(network: nn.Module) -> None:
    """Draw all kernels from Xavier's normal distribution with gain 0.02, and set biases to 0, as CUT does."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear):
            nn.init.xavier_normal_(module.weight, gain=0.02)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
