"""A residual U-Net with a channel gate on each skip and dilated branches in its decoder."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from VSSegmentationLib.networks.attention_resunet_config import AttentionResUNetConfig
from VSSegmentationLib.networks.checks import Kernel
from VSSegmentationLib.networks.output import NetworkOutput, padded_input

_GROUP = 8


def _norm_layer(channels: int, config: AttentionResUNetConfig) -> nn.Module:
    if config.norm == "batch":
        return nn.BatchNorm3d(channels)
    if config.norm == "instance":
        return nn.InstanceNorm3d(channels, affine=True)
    return nn.GroupNorm(channels // _GROUP if channels % _GROUP == 0 else 1, channels)


def _convolution(before: int, after: int, kernel: Kernel, dilation: int = 1) -> nn.Conv3d:
    """Return a convolution that keeps the size."""
    depth, height, width = (dilation * (size - 1) // 2 for size in kernel)
    return nn.Conv3d(before, after, kernel, padding=(depth, height, width), dilation=dilation)


class ResidualUnit(nn.Module):
    """h + ReLU(W2 ReLU(norm(W1 h))), with h projected where the channels change."""

    def __init__(self, before: int, after: int, kernel: Kernel, config: AttentionResUNetConfig) -> None:
        super().__init__()
        self.conv1 = _convolution(before, after, kernel)
        self.norm = _norm_layer(after, config)
        self.conv2 = _convolution(after, after, kernel)
        self.projection = nn.Identity() if before == after else nn.Conv3d(before, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to (B, C_out, D, H, W)."""
        features: Tensor = self.projection(x) + torch.relu(self.conv2(torch.relu(self.norm(self.conv1(x)))))
        return features


class ChannelAttention(nn.Module):
    """One weight, 0 to 1, for every channel, from its mean over the volume.

    Source: Hu et al. 2018, arXiv:1709.01507, "squeeze and excitation"; without layers between mean and sigmoid it is
    the gate of the text.
    """

    def __init__(self, channels: int, config: AttentionResUNetConfig) -> None:
        super().__init__()
        inner = channels // config.reduction
        self.excite = (
            nn.Sequential(nn.Linear(channels, inner), nn.ReLU(), nn.Linear(inner, channels))
            if config.gate == "squeeze"
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, D, H, W) to itself, weighed."""
        weight = torch.sigmoid(self.excite(x.mean(dim=(2, 3, 4))))  # (B, C)
        return x * weight[:, :, None, None, None]


class MultiScale(nn.Module):
    """Parallel convolutions, each with its own dilation, side by side and fused by a 1x1x1 convolution."""

    def __init__(self, before: int, after: int, kernel: Kernel, config: AttentionResUNetConfig) -> None:
        super().__init__()
        inner = after // config.branch_divisor
        self.branches = nn.ModuleList(
            nn.Sequential(_convolution(before, inner, kernel, dilation), *_after(inner, config))
            for dilation in config.dilations
        )
        self.fuse = nn.Sequential(nn.Conv3d(inner * len(config.dilations), after, 1), *_after(after, config))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to (B, C_out, D, H, W)."""
        features: Tensor = self.fuse(torch.cat([branch(x) for branch in self.branches], dim=1))
        return features


def _after(channels: int, config: AttentionResUNetConfig) -> list[nn.Module]:
    return [_norm_layer(channels, config), nn.ReLU()] if config.branch_norm else [nn.ReLU()]


class AttentionResUNet(nn.Module):
    """Residual encoder, gated skips, multi-scale decoder; see `AttentionResUNetConfig` for the source."""

    def __init__(self, config: AttentionResUNetConfig) -> None:
        super().__init__()
        self.config = config
        channels, kernels = config.channels, config.kernels_dhw

        def stage(before: int, after: int, kernel: Kernel) -> nn.Module:
            return nn.Sequential(
                ResidualUnit(before, after, kernel, config), ResidualUnit(after, after, kernel, config)
            )

        self.encoder = nn.ModuleList(
            stage(before, after, kernel)
            for (before, after), kernel in zip(pairwise((config.in_channels, *channels)), kernels, strict=True)
        )
        self.gates = nn.ModuleList(ChannelAttention(width, config) for width in channels if config.attention)
        self.pools = nn.ModuleList(nn.MaxPool3d(stride) for stride in config.strides_dhw)
        widest = 2 * channels[-1] if config.bottom == "bottleneck" else channels[-1]
        self.bottleneck = stage(channels[-1], widest, kernels[-1]) if config.bottom == "bottleneck" else nn.Identity()
        below = (*channels[1:], widest)  # what comes up into each decoded stage
        decoded = range(len(config.strides_dhw))
        self.up = nn.ModuleList(
            nn.ConvTranspose3d(below[n], channels[n], config.strides_dhw[n], config.strides_dhw[n]) for n in decoded
        )
        mix = MultiScale if config.multi_scale else ResidualUnit
        self.decoder = nn.ModuleList(mix(2 * channels[n], channels[n], kernels[n], config) for n in decoded)
        self.output = nn.Conv3d(channels[0], config.out_channels, 1)

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return the logits of an image batch.

        Args:
            image: (B, C, D, H, W) of any size; smaller ones than the strides multiply to are padded with zeros.

        Raises:
            UsageError: If the shape is not (B, C, D, H, W) with the channels of the configuration.
        """
        x = padded_input(image, self.config.in_channels, self.config.multiple_dhw)
        depth, height, width = image.shape[2:]
        skips: list[Tensor] = []
        for level, encode in enumerate(self.encoder):
            x = encode(x)
            handed = self.gates[level](x) if self.config.attention else x
            if level < len(self.pools):
                skips.append(handed)
                x = self.pools[level](x)
            else:
                x = handed  # the last stage is the bottom, and what it hands over is what is decoded
        x = self.bottleneck(x)
        for level in reversed(range(len(skips))):
            x = self.decoder[level](torch.cat([skips.pop(), self.up[level](x)], dim=1))  # (B, 2 C_level, ...) in
        logits = self.output(x)
        return NetworkOutput(logits[:, :, :depth, :height, :width], [])
