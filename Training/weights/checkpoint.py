"""Files of weights: written whole or not at all, and read without ever running anything in them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference.archive_reader import UNREADABLE, read_archive

FORMAT = 1
"""Raised whenever what a checkpoint holds changes its meaning."""


def save_checkpoint(path: Path, content: Mapping[str, Any]) -> None:
    """Save tensors, numbers, text, and lists and dicts of them."""
    write_atomically(path, lambda file: torch.save({"format": FORMAT, **content}, file))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Load a checkpoint onto the CPU; nothing in it is ever executed.

    Raises:
        ModelError: If it is missing, damaged, or of another format.
    """
    try:
        content = read_archive(path)
    except FileNotFoundError as error:
        msg = f"there is no checkpoint {path.name} in that run folder"
        raise ModelError(msg) from error
    except UNREADABLE as error:
        msg = f"{path.name} is damaged or no checkpoint ({type(error).__name__}); an older copy or a new run would do"
        raise ModelError(msg) from error
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        msg = f"{path.name} has checkpoint format {found!r}, this version reads {FORMAT}"
        raise ModelError(msg)
    return dict(content)
