"""The parts of the 2.5D U-Net: a convolution unit, a block of units, resampling between levels, spatial attention."""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from VSSegmentationLib.networks.checks import Kernel
from VSSegmentationLib.networks.config import NetworkConfig


def keep_size(kernel: Kernel) -> Kernel:
    """Return the padding with which an odd kernel keeps the size."""
    depth, height, width = ((size - 1) // 2 for size in kernel)
    return depth, height, width


def norm_layer(channels: int, config: NetworkConfig) -> nn.Module:
    """Return the norm of the configuration."""
    if config.norm == "channels":
        return ChannelNorm(channels)
    return nn.BatchNorm3d(channels) if config.norm == "batch" else nn.InstanceNorm3d(channels, affine=True)


class ChannelNorm(nn.Module):
    """Mean 0 and variance 1 over the channels of each voxel, then a scale and a shift of each channel.

    Ba et al., Layer Normalization, arXiv:1607.06450, over channels alone.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, D, H, W) to the same shape."""
        last = x.movedim(1, -1)
        normed = nn.functional.layer_norm(last, (last.shape[-1],), self.weight, self.bias)
        return normed.movedim(-1, 1)


class Unit(nn.Module):
    """Convolution, norm, dropout, PReLU with one slope for all channels."""

    def __init__(self, conv: nn.Conv3d | nn.ConvTranspose3d, config: NetworkConfig) -> None:
        super().__init__()
        self.conv = conv
        self.norm = norm_layer(conv.out_channels, config)
        self.dropout = nn.Dropout(config.dropout) if config.dropout else nn.Identity()
        self.act = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to (B, C_out, ...); the convolution decides the size."""
        features: Tensor = self.act(self.dropout(self.norm(self.conv(x))))
        return features


class Block(nn.Module):
    """Units one after the other; a residual block adds a 1x1x1 convolution of its input, with nothing after the sum."""

    def __init__(self, in_channels: int, level: int, convolutions: int, config: NetworkConfig) -> None:
        super().__init__()
        channels, kernel = config.channels[level], config.kernels_dhw[level]
        widths = [in_channels] + [channels] * convolutions
        self.units = nn.Sequential(
            *(
                Unit(nn.Conv3d(before, after, kernel, padding=keep_size(kernel)), config)
                for before, after in pairwise(widths)
            )
        )
        self.shortcut = nn.Conv3d(in_channels, channels, 1) if config.block == "residual" else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to (B, C, D, H, W)."""
        features: Tensor = self.units(x)
        return features if self.shortcut is None else features + self.shortcut(x)


class Head(nn.Module):
    """The top decoder block that gives the logits itself: one bare convolution, plus the shortcut of a residual net."""

    def __init__(self, in_channels: int, config: NetworkConfig) -> None:
        super().__init__()
        kernel = config.kernels_dhw[0]
        self.conv = nn.Conv3d(in_channels, config.out_channels, kernel, padding=keep_size(kernel))
        self.shortcut = nn.Conv3d(in_channels, config.out_channels, 1) if config.block == "residual" else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to logits (B, K, D, H, W)."""
        logits: Tensor = self.conv(x)
        return logits if self.shortcut is None else logits + self.shortcut(x)


def down_step(level: int, config: NetworkConfig) -> nn.Module:
    """Return the step from a level to the next deeper one, with as many channels as came."""
    stride = config.strides_dhw[level]
    if config.down == "max_pool":
        return nn.MaxPool3d(stride)
    channels, kernel = config.channels[level], config.kernels_dhw[level]
    return Unit(nn.Conv3d(channels, channels, kernel, stride, padding=keep_size(kernel)), config)


def up_step(level: int, config: NetworkConfig) -> nn.Module:
    """Return the step up to `level` from the one below; the size is multiplied by the stride exactly."""
    channels, below, stride = config.channels[level], config.channels[level + 1], config.strides_dhw[level]
    if config.deconvolution_kernel == "stride":
        conv = nn.ConvTranspose3d(below, channels, stride, stride)
    else:
        kernel = config.kernels_dhw[level]
        depth, height, width = (step - 1 for step in stride)
        conv = nn.ConvTranspose3d(
            below, channels, kernel, stride, padding=keep_size(kernel), output_padding=(depth, height, width)
        )
    return Unit(conv, config) if config.deconvolution_unit else conv


class Gated(NamedTuple):
    """Features after spatial attention (B, C, D, H, W) and the map (B, 1, D, H, W), 0 to 1, that weighed them."""

    features: Tensor
    attention: Tensor


class SpatialAttention(nn.Module):
    """One map for all channels, from two convolutions with the level's kernel; the features pass on as x + A x.

    Source: Wang et al. 2019, doi:10.1007/978-3-030-32245-8_30, section "spatial attention".
    """

    def __init__(self, channels: int, kernel: Kernel) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(channels, channels // 2, kernel, padding=keep_size(kernel))
        self.conv2 = nn.Conv3d(channels // 2, 1, kernel, padding=keep_size(kernel))

    def forward(self, x: Tensor) -> Gated:
        """Map (B, C, D, H, W) to itself, weighed."""
        attention = torch.sigmoid(self.conv2(torch.relu(self.conv1(x))))  # (B, 1, D, H, W)
        return Gated(x * (1 + attention), attention)  # one pass over the features, not two


class AttentionGate(nn.Module):
    """One map for a skip connection, from its features and those that come up from below; they pass on as A x.

    Source: Oktay et al. 2018, arXiv:1804.03999, additive attention; norms as MONAI's `AttentionBlock` has them, so that
    the two agree number for number.
    """

    def __init__(self, channels: int, config: NetworkConfig) -> None:
        super().__init__()
        inner = channels // 2
        self.from_below = nn.Sequential(nn.Conv3d(channels, inner, 1), norm_layer(inner, config))
        self.from_skip = nn.Sequential(nn.Conv3d(channels, inner, 1), norm_layer(inner, config))
        self.psi = nn.Sequential(nn.Conv3d(inner, 1, 1), norm_layer(1, config))

    def forward(self, below: Tensor, skip: Tensor) -> Gated:
        """Weigh `skip` (B, C, D, H, W); `below` has the same shape."""
        attention = torch.sigmoid(self.psi(torch.relu(self.from_below(below) + self.from_skip(skip))))
        return Gated(skip * attention, attention)
