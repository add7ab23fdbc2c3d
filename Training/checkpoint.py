"""Files of weights, written so that a kill at any moment leaves the old one or the new one, never half of one."""

import os
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from VSSegmentationLib.errors import ModelError

FORMAT = 1
"""Raised whenever what a checkpoint holds changes its meaning."""


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, bring it to the disk, then put it in the place of `path`."""
    temporary = path.with_name(f"{path.name}.partial")
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text the same way."""
    write_atomically(path, lambda temporary: _write_text(temporary, text))


def save_checkpoint(path: Path, content: Mapping[str, Any]) -> None:
    """Save tensors, numbers, text, and lists and dicts of them."""
    write_atomically(path, lambda temporary: torch.save({"format": FORMAT, **content}, temporary))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Load a checkpoint onto the CPU; nothing in it is ever executed.

    Raises:
        ModelError: If it is missing, damaged, or of another format.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        msg = f"there is no checkpoint {path.name} in that run folder"
        raise ModelError(msg) from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        msg = f"{path.name} is damaged or no checkpoint ({type(error).__name__}); an older copy or a new run would do"
        raise ModelError(msg) from error
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        msg = f"{path.name} has checkpoint format {found!r}, this version reads {FORMAT}"
        raise ModelError(msg)
    return dict(content)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
