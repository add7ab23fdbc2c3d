"""A U-Net in the manner of nnU-Net, of torch alone; its parts are named so that nnU-Net's weights fit."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from VSSegmentationLib.networks.checks import Kernel
from VSSegmentationLib.networks.nnunet_config import NnUNetConfig
from VSSegmentationLib.networks.output import NetworkOutput, padded_input

_SLOPE = 0.01
_ONE: Kernel = (1, 1, 1)


class Unit(nn.Module):
    """Convolution, instance norm and, mostly, leaky ReLU."""

    def __init__(
        self, widths: tuple[int, int], kernel: Kernel, stride: Kernel, *, bias: bool, active: bool = True
    ) -> None:
        super().__init__()
        depth, height, width = ((size - 1) // 2 for size in kernel)
        self.conv = nn.Conv3d(*widths, kernel, stride, (depth, height, width), bias=bias)
        self.norm = nn.InstanceNorm3d(widths[1], eps=1e-5, affine=True)
        self.nonlin = nn.LeakyReLU(_SLOPE) if active else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to (B, C_out, ...), by the stride smaller."""
        features: Tensor = self.nonlin(self.norm(self.conv(x)))
        return features


class Stack(nn.Module):
    """Units one after the other; the first has the stride."""

    def __init__(self, before: int, after: int, count: int, kernel: Kernel, stride: Kernel, *, bias: bool) -> None:
        super().__init__()
        widths = [before] + [after] * count
        self.convs = nn.Sequential(
            *(Unit(pair, kernel, _ONE if number else stride, bias=bias) for number, pair in enumerate(pairwise(widths)))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to (B, C_out, ...)."""
        features: Tensor = self.convs(x)
        return features


class ResidualBlock(nn.Module):
    """Two convolutions beside a skip, which is averaged where there is a stride and projected where widths differ.

    Source: He et al., "Bag of tricks", CVPR 2019 (ResNet-D), as nnU-Net's residual encoder has it.
    """

    def __init__(self, before: int, after: int, kernel: Kernel, stride: Kernel, *, bias: bool) -> None:
        super().__init__()
        self.conv1 = Unit((before, after), kernel, stride, bias=bias)
        self.conv2 = Unit((after, after), kernel, _ONE, bias=bias, active=False)
        self.nonlin2 = nn.LeakyReLU(_SLOPE)
        skip: list[nn.Module] = [] if stride == _ONE else [nn.AvgPool3d(stride, stride)]
        if before != after:
            skip.append(Unit((before, after), _ONE, _ONE, bias=False, active=False))
        self.skip = nn.Sequential(*skip)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to (B, C_out, ...), by the stride smaller."""
        features: Tensor = self.nonlin2(self.conv2(self.conv1(x)) + self.skip(x))
        return features


class ResidualStage(nn.Module):
    """Residual blocks one after the other; the first has the stride."""

    def __init__(self, before: int, after: int, count: int, kernel: Kernel, stride: Kernel, *, bias: bool) -> None:
        super().__init__()
        widths = [before] + [after] * count
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(*pair, kernel, _ONE if number else stride, bias=bias)
                for number, pair in enumerate(pairwise(widths))
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, D, H, W) to (B, C_out, ...)."""
        features: Tensor = self.blocks(x)
        return features


class Encoder(nn.Module):
    """One stage per level; with residual blocks a stem of one unit comes first."""

    def __init__(self, config: NnUNetConfig) -> None:
        super().__init__()
        channels, kernels, residual = config.channels, config.kernels_dhw, config.encoder == "residual"
        strides = (_ONE, *config.strides_dhw)
        first = channels[0] if residual else config.in_channels
        if residual:
            self.stem = Stack(config.in_channels, channels[0], 1, kernels[0], _ONE, bias=config.conv_bias)
        stages: list[nn.Module] = []
        for level, (before, after) in enumerate(pairwise((first, *channels))):
            kind = ResidualStage if residual else Stack
            stage = kind(
                before, after, config.encoder_blocks[level], kernels[level], strides[level], bias=config.conv_bias
            )
            stages.append(stage if residual else nn.Sequential(stage))  # nested as nnU-Net nests them
        self.stages = nn.Sequential(*stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the features of every level, the full resolution first."""
        if hasattr(self, "stem"):
            x = self.stem(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class Decoder(nn.Module):
    """From the bottom up: transposed convolution, the skip beside it, a stack of units, and logits of every stage."""

    def __init__(self, config: NnUNetConfig) -> None:
        super().__init__()
        levels = range(len(config.channels) - 2, -1, -1)  # the deepest stage first
        channels, bias = config.channels, config.conv_bias
        self.transpconvs = nn.ModuleList(
            nn.ConvTranspose3d(channels[n + 1], channels[n], config.strides_dhw[n], config.strides_dhw[n], bias=bias)
            for n in levels
        )
        self.stages = nn.ModuleList(
            Stack(2 * channels[n], channels[n], count, config.kernels_dhw[n], _ONE, bias=bias)
            for n, count in zip(levels, config.decoder_convolutions, strict=True)
        )
        self.seg_layers = nn.ModuleList(nn.Conv3d(channels[n], config.out_channels, 1) for n in levels)

    def forward(self, features: list[Tensor], *, every_stage: bool) -> list[Tensor]:
        """Return logits, the full resolution first; those of all stages but the deepest, or that one alone."""
        x, logits = features[-1], []
        last = len(self.stages) - 1
        for number, (up, stage, head) in enumerate(zip(self.transpconvs, self.stages, self.seg_layers, strict=True)):
            x = stage(torch.cat([up(x), features[-number - 2]], dim=1))  # (B, 2 C_level, ...)
            if number == last or (every_stage and number > 0):
                logits.append(head(x))
        return logits[::-1]


class NnUNet(nn.Module):
    """Plain or residual-encoder 3D U-Net; see `NnUNetConfig` for the source."""

    def __init__(self, config: NnUNetConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return the logits of an image batch, and in training with deep supervision those of coarser stages.

        Args:
            image: (B, C, D, H, W) of any size; smaller ones than the strides multiply to are padded with zeros.

        Raises:
            UsageError: If the shape is not (B, C, D, H, W) with the channels of the configuration.
        """
        x = padded_input(image, self.config.in_channels, self.config.multiple_dhw)
        depth, height, width = image.shape[2:]
        logits, *coarser = self.decoder(self.encoder(x), every_stage=self.config.deep_supervision and self.training)
        return NetworkOutput(logits[:, :, :depth, :height, :width], [], coarser)
