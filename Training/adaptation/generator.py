"""The generator of CUT: a slice of one kind of scan in, the same slice as another kind of scan would show it out."""

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
        """Map (B, C, H, W) to (B, C, ceil(H / 2), ceil(W / 2))."""
        once = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), 2, stride=1)
        return F.avg_pool2d(once, 2)  # two means of two are the binomial of three


class Doubling(nn.Module):
    """Linear interpolation between the pixels' centers: the filter (1, 3, 3, 1) / 4 of CUT's upsampling."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C, 2 H, 2 W)."""
        return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class ResidualBlock(nn.Module):
    """Two convolutions with instance norm, the image mirrored at its rim, added to what came; nothing after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels), nn.ReLU(),
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to itself."""
        added: Tensor = x + self.convs(x)
        return added


class Generator(nn.Module):
    """Two halvings, residual blocks, two doublings; 11,365,633 parameters at width 64 with nine blocks.

    Source: Park et al., ECCV 2020, arXiv:2007.15651 ("resnet_9blocks", one channel, anti-aliased).
    """

    def __init__(self, config: TranslatorConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(3), *_unit(1, width, 7, padding=0),
            *_unit(width, 2 * width, 3), BlurredHalving(),
            *_unit(2 * width, 4 * width, 3), BlurredHalving(),
            *(ResidualBlock(4 * width) for _ in range(config.blocks)),
            Doubling(), *_unit(4 * width, 2 * width, 3),
            Doubling(), *_unit(2 * width, width, 3),
            nn.ReflectionPad2d(3), nn.Conv2d(width, 1, 7), nn.Tanh(),
        )  # fmt: skip
        self.head = nn.Conv2d(width, CLASSES, 1) if config.segments else None

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
        translated: Tensor = self.layers(_checked(image))
        return translated

    def translated_and_segmented(self, image: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return what `forward` gives, and logits (B, 4, H, W) of the labels of what came, if there is a head for them.

        Raises:
            UsageError: As `forward`.
        """
        features = self.layers[:-_LAST](_checked(image))
        return self.layers[-_LAST:](features), None if self.head is None else self.head(features)

    def features(self, image: Tensor) -> list[Tensor]:
        """Return what `TAPPED_LAYERS` make of slices (B, 1, H, W), each (B, C, H', W').

        Raises:
            UsageError: As `forward`.
        """
        x, tapped = _checked(image), []
        for number, layer in zip(range(TAPPED_LAYERS[-1] + 1), self.layers, strict=False):
            x = layer(x)
            if number in TAPPED_LAYERS:
                tapped.append(x)
        return tapped


def _unit(before: int, after: int, kernel: int, *, padding: int = 1) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, after, kernel, padding=padding), nn.InstanceNorm2d(after), nn.ReLU()


def _checked(image: Tensor) -> Tensor:
    if image.ndim != 4 or image.shape[1] != 1 or any(size % _MULTIPLE or not size for size in image.shape[2:]):
        msg = f"the generator takes (B, 1, H, W) with H and W multiples of {_MULTIPLE}; got {tuple(image.shape)}"
        raise UsageError(msg)
    return image


def xavier_initialized(network: nn.Module) -> None:
    """Draw all kernels from Xavier's normal distribution with gain 0.02, and set biases to 0, as CUT does."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_normal_(module.weight, gain=0.02)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
