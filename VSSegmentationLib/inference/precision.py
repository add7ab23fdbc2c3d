"""In which numbers a network is run: half as wide ones where the device multiplies them faster."""

import math
from functools import cache
from time import perf_counter
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.networks import NetworkOutput

Precision = Literal["auto", "float32", "bfloat16", "float16"]
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_FASTER_BY = 1.25
"""So many times faster a product of bfloat16 has to be; emulated, it is slower than one of float32."""
_PRODUCT = 512
_REPEATS = 5


def resolve_precision(wanted: str, device: torch.device) -> torch.dtype:
    """Return the type of the numbers in which a network is run on a device.

    `auto` is bfloat16 on a CPU that has it in hardware, float16 on a CUDA GPU, float32 elsewhere.

    Raises:
        UsageError: If it is none of the known names, or the device has no use for it.
    """
    if wanted not in get_args(Precision):
        msg = f"the precision must be {', '.join(get_args(Precision))}; got {wanted!r}"
        raise UsageError(msg)
    if wanted == "float16" and device.type == "cpu":
        msg = "float16 is for GPUs; take --precision bfloat16 or float32 on the CPU"
        raise UsageError(msg)
    if wanted == "bfloat16" and device.type == "mps":
        msg = "bfloat16 is for CPUs and CUDA GPUs; take --precision float16 or float32 on an Apple GPU"
        raise UsageError(msg)
    if wanted not in ("auto", "float32") and not _can_halve(device):
        msg = f"this PyTorch ({torch.__version__}) knows {wanted} on no '{device.type}'; take --precision float32"
        raise UsageError(msg)
    if wanted != "auto":
        return _DTYPES[wanted]
    if device.type == "cuda":
        return torch.float16
    return torch.bfloat16 if device.type == "cpu" and cpu_multiplies_bfloat16() else torch.float32


def _can_halve(device: torch.device) -> bool:
    """Return whether torch can run a network in half as wide numbers there: on Apple GPUs not before 2.5."""
    try:
        torch.autocast(device.type, enabled=False)
    except RuntimeError:
        return False
    return True


@cache
def cpu_multiplies_bfloat16() -> bool:
    """Return whether this CPU multiplies bfloat16 faster than float32: found out once, by multiplying.

    Names of instruction sets would have to be known for every maker, and say nothing of what torch makes of them.
    """
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        factor = torch.ones((_PRODUCT, _PRODUCT), dtype=dtype)
        factor @ factor  # the first product prepares the others
        seconds[dtype] = min(_seconds_of_product(factor) for _ in range(_REPEATS))
    return seconds[torch.float32] > _FASTER_BY * seconds[torch.bfloat16]


def _seconds_of_product(factor: Tensor) -> float:
    begun = perf_counter()
    factor @ factor
    return perf_counter() - begun


class Halved(nn.Module):
    """A network that computes its convolutions in half as wide numbers; what it takes and gives is float32."""

    def __init__(self, network: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.network = network
        self.dtype = dtype

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return what the network gives for a batch (B, C, D, H, W), in float32."""
        with torch.autocast(image.device.type, self.dtype):
            output: NetworkOutput = self.network(image)
        return NetworkOutput(
            output.logits.float(),
            [each.float() for each in output.attention_maps],
            [each.float() for each in output.coarser_logits],
        )


def difference_when_halved(
    network: nn.Module, dtype: torch.dtype, shape: tuple[int, int, int, int], device: torch.device
) -> float:
    """Return by how much probabilities of a network differ when it is halved, in the mean over an image of noise.

    Args:
        network: In float32 on the device; its classes exclude each other.
        dtype: bfloat16 or float16.
        shape: (C, D, H, W) of the image.
        device: Where it runs.

    Returns:
        0 to 1; 1 where either gives numbers that are not finite.
    """
    image = torch.randn((1, *shape), generator=torch.Generator().manual_seed(0)).to(device)
    with torch.inference_mode():
        wide, narrow = (torch.softmax(each(image).logits, dim=1) for each in (network, Halved(network, dtype)))
    difference = float((wide - narrow).abs().mean())
    return difference if math.isfinite(difference) else 1.0
