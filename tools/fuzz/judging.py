"""What may become of a damaged input: what an independent reader makes of it, or one sentence that refuses it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import UsageError, VSSegmentationError

LONGEST_SENTENCE = 300
_REFUSALS = range(2, 6)


class FaultError(AssertionError):
    """The input was taken for something that it is not, or refused badly."""


def judged(read: Callable[[Path], str], path: Path) -> str:
    """Return "refused", or what `read` says of an input that it took.

    Raises:
        FaultError: If it is refused with another exit code, or with more than a sentence.
    """
    try:
        return read(path)
    except VSSegmentationError as error:
        if error.exit_code not in _REFUSALS:
            msg = f"refused with exit code {error.exit_code}: {error}"
            raise FaultError(msg) from error
        is_question = error.exit_code == UsageError.exit_code and "\n" in str(error)  # several series: which one?
        if not is_question and (len(str(error)) > LONGEST_SENTENCE or "\n" in str(error)):
            msg = f"refused with {len(str(error))} characters in {str(error).count(chr(10)) + 1} lines: {error}"
            raise FaultError(msg) from error
        return "refused"


def must_agree(ours: NDArray[np.generic], theirs: NDArray[np.generic], what: str) -> None:
    """See that voxels or places are the same, to the precision in which files hold them.

    Raises:
        FaultError: If they are not.
    """
    if ours.shape != theirs.shape:
        msg = f"{what}: ours has the shape {ours.shape}, theirs {theirs.shape}"
        raise FaultError(msg)
    one, other = ours.astype(np.float64), theirs.astype(np.float64)
    if not np.allclose(one, other, rtol=1e-4, atol=1e-3, equal_nan=True):
        msg = f"{what}: differs by up to {np.nanmax(np.abs(one - other)):.4g}"
        raise FaultError(msg)
