"""Weights and answers that are no numbers: refused when read and when they come, never taken for "no tumor"."""

import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from VSSegmentationLib.errors import ModelError

DAMAGE = (
    pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError, AttributeError,
    ArithmeticError, AssertionError, ImportError, MemoryError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What readers of zip files and pickles raise on a damaged one; NotImplementedError is a RuntimeError."""
_TYPES = (
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.float64,
    torch.int64,
    torch.int32,
    torch.bool,
    torch.uint8,
)


def check_file(path: Path) -> None:
    """Compare every part of a zip file, which model files are, with its checksum; torch itself does not.

    Raises:
        ModelError: If one does not fit. A file of the older form, which has no checksums, passes.
    """
    try:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            packed = any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist())
            damaged = None if packed else archive.testzip()
    except DAMAGE as error:
        raise ModelError(_damaged(path)) from error
    if damaged is not None:
        raise ModelError(_damaged(path))


def _damaged(path: Path) -> str:
    return f"{path.name} is damaged: parts of it do not fit their checksums or its list of parts; get it anew"


def check_weights(state: Mapping[str, Any], name: str) -> None:
    """Refuse weights that are no finite numbers of a type that networks have.

    Args:
        state: Weights by name.
        name: Of the file, for the message.

    Raises:
        ModelError: With the first weight that is none.
    """
    for key, tensor in state.items():
        if not isinstance(tensor, Tensor) or tensor.dtype not in _TYPES or tensor.layout != torch.strided:
            kind = str(tensor.dtype) if isinstance(tensor, Tensor) else type(tensor).__name__
            msg = f"{name} is damaged: its weight {str(key)[:80]} is of the type {kind}; get the file anew"
            raise ModelError(msg)
        if not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            msg = (
                f"{name} is damaged: its weight {str(key)[:80]} has {count} of {tensor.numel()} values that are NaN or "
                "infinite; get the file anew"
            )
            raise ModelError(msg)


def with_finite_answers(answer: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return the same function from images to logits, which refuses to answer with NaN or infinity.

    Raises:
        ModelError: From the function returned.
    """

    def checked(image: Tensor) -> Tensor:
        logits = answer(image)
        if not bool(torch.isfinite(logits).all()):
            msg = (
                "the network answered with numbers that are not finite, which says nothing about the scan; try the "
                "CPU, or another model"
            )
            raise ModelError(msg)
        return logits

    return checked
