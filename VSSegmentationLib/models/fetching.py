"""Fetching a published model over the network: only when a person asks for it, and never unchecked."""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.errors import CancelledError, ModelError, UsageError
from VSSegmentationLib.models.published import PUBLISHED_MODELS, PublishedModel

_CHUNK_BYTES = 256 * 1024
_SILENCE_SECONDS = 30


def published_model(name: str) -> PublishedModel:
    """Return the published model of that name.

    Raises:
        UsageError: If there is none.
    """
    for model in PUBLISHED_MODELS:
        if model.name == name:
            return model
    msg = f"no published model is called {name!r}; known are {', '.join(model.name for model in PUBLISHED_MODELS)}"
    raise UsageError(msg)


def fetch(
    model: PublishedModel,
    folder: Path,
    *,
    address: str | None = None,
    on_progress: Callable[[float, str], None] = lambda _fraction, _stage: None,
    should_cancel: Callable[[], bool] = lambda: False,
) -> Path:
    """Fetch the archive of a published model; it appears in `folder` once it is complete and its SHA-256 is right.

    Args:
        model: Whose `archive_sha256` has to be known.
        folder: Where to; made if missing.
        address: Of a mirror, http, https or file; None is `model.file_address`.
        on_progress: Told the share fetched, and how much that is.
        should_cancel: Asked between chunks of a quarter of a megabyte.

    Raises:
        ModelError: If no checksum is known, the file cannot be fetched, or it is another one.
        CancelledError: If asked to stop; nothing is left behind.
    """
    if model.archive_sha256 is None:
        msg = (
            f"no checksum of {model.archive} is known, so it cannot be checked: fetch it from {model.address} and "
            "take it in with `models import`"
        )
        raise ModelError(msg)
    source = address or model.file_address
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / model.archive

    def write(file: IO[bytes]) -> None:
        # Any scheme that a person names: a mirror may be a folder, and whatever comes has to have the right checksum.
        with urllib.request.urlopen(source, timeout=_SILENCE_SECONDS) as answer:  # noqa: S310
            digest = _copy(answer, file, model.archive_bytes, on_progress, should_cancel)
        if digest != model.archive_sha256:
            msg = (
                f"what came from {source} is not {model.archive}: its SHA-256 is another one; nothing was kept. "
                "Try again, or fetch the file yourself and take it in with `models import`"
            )
            raise ModelError(msg)

    try:
        write_atomically(path, write)
    except (ModelError, CancelledError):
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        msg = (
            f"{model.archive} could not be fetched from {source} ({_reason(error)}); nothing was kept. "
            "Try again, or fetch it elsewhere and take it in with `models import`"
        )
        raise ModelError(msg) from error
    return path


def _copy(
    answer: IO[bytes],
    file: IO[bytes],
    expected: int | None,
    on_progress: Callable[[float, str], None],
    should_cancel: Callable[[], bool],
) -> str:
    """Copy all bytes and return their SHA-256; more than is expected is not read to its end."""
    digest, done = hashlib.sha256(), 0
    while chunk := answer.read(_CHUNK_BYTES):
        if should_cancel():
            msg = "stopped on request; nothing was kept"
            raise CancelledError(msg)
        digest.update(chunk)
        file.write(chunk)
        done += len(chunk)
        if expected is not None:
            on_progress(min(1.0, done / expected), f"fetched {done / 1e6:.1f} of {expected / 1e6:.1f} MB")
            if done > expected:
                break
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code}"
    inner = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return str(getattr(inner, "strerror", None) or inner or type(error).__name__)
