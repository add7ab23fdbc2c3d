"""The published VS_Seg network, built anew from the grammar of its tensor names: axes (X, Y, Z), slices last.

It shares nothing with the library, so that the library's network can be checked against it.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

CHANNELS = (16, 32, 48, 64, 80, 96)
KERNELS_XYZ = ((3, 3, 1), (3, 3, 1), *((3, 3, 3),) * 4)
STRIDES_XYZ = ((2, 2, 1), (2, 2, 1), *((2, 2, 2),) * 3)


def published_shapes() -> dict[str, tuple[torch.dtype, tuple[int, ...]]]:
    """The list of published names, number types and shapes."""
    shapes = {}
    for line in (Path(__file__).parent / "vs_seg_state_dict_keys.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, dtype, shape = line.split("\t")
            shapes[name] = (getattr(torch, dtype), tuple(int(size) for size in shape.strip("(),").split(",") if size))
    return shapes


def without_attention(names):
    """The names a network without attention has: the attention and the nesting it brought are gone."""
    kept = (name for name in names if ".0.0.conv" not in name)
    bottom = "model" + ".1.submodule.1" * 5
    return {name.replace(".2.1.", ".2.").replace(f"{bottom}.1.", f"{bottom}.") for name in kept}


def _half(kernel):
    return tuple(size // 2 for size in kernel)


class _Unit(nn.Sequential):
    def __init__(self, conv):
        super().__init__()
        self.conv = conv
        self.norm = nn.BatchNorm3d(conv.out_channels)
        self.dropout = nn.Dropout(0.1)
        self.act = nn.PReLU()


class _Bare(nn.Sequential):
    def __init__(self, conv):
        super().__init__()
        self.conv = conv


class _Residual(nn.Module):
    def __init__(self, before, after, kernel, units, *, bare=False):
        super().__init__()
        self.conv = nn.Sequential()
        for index in range(units):
            conv = nn.Conv3d(after if index else before, after, kernel, padding=_half(kernel))
            self.conv.add_module(f"unit{index}", _Bare(conv) if bare else _Unit(conv))
        self.residual = nn.Conv3d(before, after, 1)

    def forward(self, x):
        return self.conv(x) + self.residual(x)


class _Attention(nn.Module):
    def __init__(self, channels, kernel):
        super().__init__()
        self.conv1 = _Bare(nn.Conv3d(channels, channels // 2, kernel, padding=_half(kernel)))
        self.conv2 = _Bare(nn.Conv3d(channels // 2, 1, kernel, padding=_half(kernel)))

    def forward(self, x):
        weight = self.conv2(self.conv1(x).relu()).sigmoid()
        return x + weight.expand_as(x) * x


class _Skip(nn.Module):
    def __init__(self, submodule):
        super().__init__()
        self.submodule = submodule

    def forward(self, x):
        return torch.cat([x, self.submodule(x)], dim=1)


def _level(level: int, before: int) -> nn.Sequential:
    channels, kernel = CHANNELS[level], KERNELS_XYZ[level]
    if level == len(CHANNELS) - 1:
        return nn.Sequential(nn.Sequential(_Attention(before, kernel)), _Residual(before, channels, kernel, 2))
    stride, padding = STRIDES_XYZ[level], _half(kernel)
    down = _Unit(nn.Conv3d(channels, channels, kernel, stride, padding))
    rest = tuple(step - 1 for step in stride)
    up = _Unit(nn.ConvTranspose3d(CHANNELS[level + 1], channels, kernel, stride, padding, rest))
    return nn.Sequential(
        _Residual(before, channels, kernel, 2),
        _Skip(nn.Sequential(down, _level(level + 1, channels), up)),
        nn.Sequential(
            nn.Sequential(_Attention(2 * channels, kernel)),
            _Residual(2 * channels, channels if level else 2, kernel, 1, bare=level == 0),
        ),
    )


class PublishedTree(nn.Module):
    """Its `state_dict` has the published names."""

    def __init__(self):
        super().__init__()
        self.model = _level(0, 1)

    def forward(self, image_xyz: Tensor) -> Tensor:
        """Logits (B, 2, X, Y, Z)."""
        return self.model(image_xyz)
