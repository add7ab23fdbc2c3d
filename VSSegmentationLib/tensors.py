"""The one bridge between numpy arrays and torch tensors.

torch's own conversions (`from_numpy`, `as_tensor`, `Tensor.numpy`) work only with the major version of numpy that torch
was built for: torch 2.2, the last one for Macs with Intel processors and so for Slicer on any Mac, raises "Numpy is not
available" beside numpy 2. DLPack (https://dmlc.github.io/dlpack) is understood by both in every version. What DLPack or
an old torch does not know is settled here by name, and not left to the versions that happen to run.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.dlpack import from_dlpack

_WIDENED: dict[str, type[np.generic]] = {"uint16": np.int32, "uint32": np.int64}
"""Types that torch 2.2 lacks: held by the next larger one, so that no value changes."""

_TAKEN = ("float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64")

_GIVEN: dict[torch.dtype, type[np.generic]] = {
    torch.float16: np.float16, torch.float32: np.float32, torch.float64: np.float64, torch.uint8: np.uint8,
    torch.int8: np.int8, torch.int16: np.int16, torch.int32: np.int32, torch.int64: np.int64,
    torch.bool: np.bool_, torch.bfloat16: np.float32,
}  # fmt: skip


def tensor_of(array: NDArray[Any]) -> Tensor:
    """Return a tensor of the same shape and values, on the CPU.

    It shares memory with the array where that can be written to, has no negative strides and is in the byte order of
    the machine; else it is a copy. bool stays bool; uint16 and uint32 become int32 and int64.

    Args:
        array: Of any shape; bool, an integer of up to 64 bit with sign or up to 32 without, or a float of 16 to 64 bit.

    Raises:
        TypeError: If it is of another type.
    """
    if array.dtype == np.bool_:
        return from_dlpack(_plain(array).view(np.uint8)).view(torch.bool)
    if array.dtype.name in _WIDENED:
        return from_dlpack(_plain(array.astype(_WIDENED[array.dtype.name])))
    if array.dtype.name not in _TAKEN:
        msg = f"tensor_of takes bool, {', '.join((*_TAKEN, *_WIDENED))}; got {array.dtype}"
        raise TypeError(msg)
    return from_dlpack(_plain(array))


def array_of(tensor: Tensor) -> NDArray[Any]:
    """Return an array with the shape and values of a tensor on any device, in C order; bfloat16 becomes float32.

    It shares no memory with the tensor: numpy lends its own, and torch writes into it. An array made the other way
    round, by DLPack from torch's memory, is read-only in some versions of numpy.

    Raises:
        TypeError: If numpy has no such type, as for quantized tensors.
    """
    if tensor.dtype not in _GIVEN:
        msg = f"array_of takes a tensor of {', '.join(str(each) for each in _GIVEN)}; got {tensor.dtype}"
        raise TypeError(msg)
    array = np.empty(tuple(tensor.shape), _GIVEN[tensor.dtype])
    tensor_of(array).copy_(tensor.detach())
    return array


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array that every DLPack can lend: in the machine's byte order, writeable, with whole steps forward."""
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    forward = all(step >= 0 and step % native.itemsize == 0 for step in native.strides)
    return native if native.flags.writeable and native.flags.aligned and forward else native.copy(order="C")
