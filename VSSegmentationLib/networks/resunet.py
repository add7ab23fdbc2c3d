"""The 2.5D residual U-Net of crossMoDA 2023's second place; see `ResUNetConfig` for the source."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.networks.output import NetworkOutput, padded_input
from VSSegmentationLib.networks.resunet_config import ResUNetConfig

_IN_PLANE = (1, 2, 2)


def _conv(before: int, after: int, *, down: bool = False) -> nn.Sequential:
    """Return a convolution, 1x3x3 with a stride in plane or 3x3x3 without one, and an instance norm with no weights."""
    conv = (
        nn.Conv3d(before, after, (1, 3, 3), _IN_PLANE, padding=(0, 1, 1))
        if down
        else nn.Conv3d(before, after, 3, padding=1)
    )
    return nn.Sequential(conv, nn.InstanceNorm3d(after))


class DoubleConv(nn.Sequential):
    """Two convolutions, each with instance norm and ReLU; the first may halve the size in plane."""

    def __init__(self, before: int, after: int, *, down: bool = False) -> None:
        super().__init__(_conv(before, after, down=down), nn.ReLU(), _conv(after, after), nn.ReLU())


class BasicBlock(nn.Module):
    """Two convolutions beside a skip, which is a strided 1x1x1 convolution where the size is halved; then ReLU."""

    def __init__(self, before: int, after: int, *, down: bool) -> None:
        super().__init__()
        self.convs = nn.Sequential(_conv(before, after, down=down), nn.ReLU(), _conv(after, after))
        self.skip = (
            nn.Sequential(nn.Conv3d(before, after, 1, _IN_PLANE), nn.InstanceNorm3d(after)) if down else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to (B, C_out, D, H or H / 2, W or W / 2)."""
        return torch.relu(self.convs(x) + self.skip(x))


class ResUNet(nn.Module):
    """U-Net of residual blocks, downsampled in the slice plane alone; logits at full size by interpolation."""

    def __init__(self, config: ResUNetConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.stem = DoubleConv(config.in_channels, channels[0], down=True)
        self.stages = nn.ModuleList(
            nn.Sequential(
                BasicBlock(before, after, down=True),
                *(BasicBlock(after, after, down=False) for _ in range(config.blocks - 1)),
            )
            for before, after in pairwise(channels)
        )
        self.up = nn.ModuleList(DoubleConv(below + here, here) for here, below in pairwise(channels))
        self.head = nn.Conv3d(channels[0], config.out_channels, 1)
        self.coarser_heads = nn.ModuleList(
            nn.Conv3d(width, config.out_channels, 1) for width in channels[:-1] if config.deep_supervision
        )  # the finest first, as the levels

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return the logits of an image batch, and in training with deep supervision those of every decoder stage.

        Args:
            image: (B, C, D, H, W) of any size; H and W that are no multiples of the strides are padded with zeros.

        Raises:
            UsageError: If the shape is not (B, C, D, H, W) with the channels of the configuration, or so small that
                the deepest stage would norm a single voxel.
        """
        x = padded_input(image, self.config.in_channels, self.config.multiple_dhw)
        self._refuse_too_small(x)
        depth, height, width = image.shape[2:]
        levels = [self.stem(x)]
        for stage in self.stages:
            levels.append(stage(levels[-1]))
        features = self._decoded(levels)
        coarser: list[Tensor] = []
        if self.training:
            coarser = [head(each) for head, each in zip(self.coarser_heads, features, strict=False)]
        # The source interpolates the features, then takes the head. A 1x1x1 convolution and a linear interpolation
        # commute, and this way only the classes have to be held at full size.
        logits = _doubled(self.head(features[0]))
        return NetworkOutput(logits[:, :, :depth, :height, :width], [], coarser)

    def _decoded(self, levels: list[Tensor]) -> list[Tensor]:
        """Return the features of every decoder stage, the finest first."""
        x = levels[-1]
        features: list[Tensor] = []
        for number in reversed(range(len(self.up))):
            x = self.up[number](torch.cat([_doubled(x), levels[number]], dim=1))  # (B, C_below + C, ...)
            features.insert(0, x)
        return features

    def _refuse_too_small(self, padded: Tensor) -> None:
        steps = self.config.multiple_dhw
        if all(size == step for size, step in zip(padded.shape[2:], steps, strict=True)):
            msg = (
                f"a single slice must be larger than {steps[1]} x {steps[2]} voxels for this network; "
                f"got {tuple(padded.shape)} after padding"
            )
            raise UsageError(msg)


def _doubled(x: Tensor) -> Tensor:
    """Return (B, C, D, H, W) at (B, C, D, 2 H, 2 W), linear between the voxels' centers."""
    return F.interpolate(x, scale_factor=tuple(map(float, _IN_PLANE)), mode="trilinear", align_corners=False)
