"""What every network gives, and the padding that all of them share."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.networks.checks import Kernel


class NetworkOutput(NamedTuple):
    """What one forward pass gives."""

    logits: Tensor
    """(B, K, D, H, W), of the input's size."""
    attention_maps: list[Tensor]
    """Each (B, 1, ...), 0 to 1, deepest first: those of the gates if there are any, none without attention. The last
    has the padded input's size, the others that size divided by the strides: the padding lies at the end of each axis,
    as in `pad_to_multiple`."""
    coarser_logits: Sequence[Tensor] = ()
    """(B, K, ...) of coarser stages, the finest first, of the padded input's size divided by the strides: for deep
    supervision, and only in training."""


def pad_to_multiple(x: Tensor, multiple_dhw: Kernel) -> Tensor:
    """Return (B, C, D, H, W) with zeros behind the end of each axis, up to the next multiple.

    Zero is the mean of a z-scored image. The voxels that came keep their indices, so cropping back is `[:D, :H, :W]`.
    """
    depth, height, width = (-size % multiple for size, multiple in zip(x.shape[2:], multiple_dhw, strict=True))
    return F.pad(x, (0, width, 0, height, 0, depth)) if depth or height or width else x


def padded_input(image: Tensor, in_channels: int, multiple_dhw: Kernel) -> Tensor:
    """Return an image batch (B, C, D, H, W) padded as `pad_to_multiple` does, once it is one.

    Raises:
        UsageError: If the shape is not (B, C, D, H, W) with so many channels.
    """
    if image.ndim != 5 or image.shape[1] != in_channels:
        msg = f"the network takes (B, {in_channels}, D, H, W); got {tuple(image.shape)}"
        raise UsageError(msg)
    return pad_to_multiple(image, multiple_dhw)


def filled_maps(output: NetworkOutput) -> list[Tensor]:
    """Return the attention maps at the size of the logits (B, 1, D, H, W), the finest first.

    Each voxel of a coarser map fills the block that it stands for, as in training, where the mask was pooled by blocks.
    """
    if not output.attention_maps:
        return []
    padded = output.attention_maps[-1].shape[2:]
    depth, height, width = output.logits.shape[2:]
    filled = (F.interpolate(each, size=padded, mode="nearest") for each in reversed(output.attention_maps))
    return [each[:, :, :depth, :height, :width] for each in filled]


def logits_of(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """Return what a network says, without what training needs besides.

    Args:
        network: Gives a `NetworkOutput`.

    Returns:
        Takes images (B, C, D, H, W), gives logits (B, K, D, H, W).
    """

    def logits(image: Tensor) -> Tensor:
        output: NetworkOutput = network(image)
        return output.logits

    return logits
