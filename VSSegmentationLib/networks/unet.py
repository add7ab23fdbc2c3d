"""The 2.5D U-Net with spatial attention, built from a `NetworkConfig`."""

import torch
from torch import Tensor, nn

from VSSegmentationLib.networks.blocks import AttentionGate, Block, Gated, Head, SpatialAttention, down_step, up_step
from VSSegmentationLib.networks.config import NetworkConfig
from VSSegmentationLib.networks.output import NetworkOutput, padded_input

_NEVER = 30.0
"""A logit so far below the background's is a probability of 1e-13, in half as wide numbers too."""


class UNet25D(nn.Module):
    """U-Net whose upper levels are two-dimensional and whose lower ones are three-dimensional.

    Source: Wang et al. 2019, doi:10.1007/978-3-030-32245-8_30; the residual form: Shapey et al. 2021,
    doi:10.1038/s41597-021-01064-w.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        channels, kernels = config.channels, config.kernels_dhw
        bottom = len(channels) - 1
        upper = range(bottom)
        inputs = (config.in_channels, *channels)
        self.encoder = nn.ModuleList(Block(inputs[level], level, 2, config) for level in upper)
        self.down = nn.ModuleList(down_step(level, config) for level in upper)
        self.bottom = Block(channels[-2], bottom, 2, config)
        self.up = nn.ModuleList(up_step(level, config) for level in upper)
        own_head = config.head == "convolution"
        self.decoder = nn.ModuleList(
            Block(2 * channels[level], level, config.decoder_convolutions, config)
            if level or own_head
            else Head(2 * channels[0], config)
            for level in upper
        )
        self.output = nn.Conv3d(channels[0], config.out_channels, 1) if own_head else None
        widths = [2 * channels[level] for level in upper]
        widths.append(channels[-2] if config.deepest_attention == "bottom_input" else channels[-1])
        self.gates = nn.ModuleList(AttentionGate(channels[level], config) for level in upper if config.gates)
        self.attention = nn.ModuleList(
            SpatialAttention(width, kernel) for width, kernel in zip(widths, kernels, strict=True) if config.attention
        )  # one per level, the last round the bottom block; none without attention

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return logits and attention maps of an image batch.

        Args:
            image: (B, C, D, H, W) of any size, z-scored; D counts slices.

        Raises:
            UsageError: If the shape is not (B, C, D, H, W) with the channels of the configuration.
        """
        x = padded_input(image, self.config.in_channels, self.config.multiple_dhw)
        depth, height, width = image.shape[2:]
        skips: list[Tensor] = []
        maps: list[Tensor] = []
        for encode, down in zip(self.encoder, self.down, strict=True):
            x = encode(x)
            skips.append(x)
            x = down(x)
        at_input = self.config.deepest_attention == "bottom_input"
        x = self.bottom(self._gate(-1, x, maps)) if at_input else self._gate(-1, self.bottom(x), maps)
        for level in reversed(range(len(skips))):
            below = self.up[level](x)
            x = torch.cat([self._skip(level, skips.pop(), below, maps), below], dim=1)  # (B, 2 C_level, ...)
            x = self.decoder[level](self._gate(level, x, maps))
        logits = x if self.output is None else self.output(x)
        logits = logits[:, :, :depth, :height, :width]
        within = self.config.answer_within
        return NetworkOutput(logits if within is None else _only_within(image[:, within, None], logits), maps)

    def _skip(self, level: int, skip: Tensor, below: Tensor, maps: list[Tensor]) -> Tensor:
        if not self.config.gates:
            return skip
        gated: Gated = self.gates[level](below, skip)
        maps.append(gated.attention)
        return gated.features

    def _gate(self, level: int, x: Tensor, maps: list[Tensor]) -> Tensor:
        if not self.config.attention:
            return x
        gated: Gated = self.attention[level](x)
        maps.append(gated.attention)
        return gated.features


def _only_within(region: Tensor, logits: Tensor) -> Tensor:
    """Return logits (B, K, D, H, W) by which nothing but the background (channel 0) lies where a region is 0."""
    background = logits[:, :1]
    return torch.cat([background, torch.where(region > 0.5, logits[:, 1:], background - _NEVER)], dim=1)
