"""The errors of this library: one base, and the few kinds a caller can act on.

Every message says what was wrong, what came, and what would do. None carries a patient's name, id or birth date.
"""

import errno
from collections.abc import Sequence
from typing import ClassVar


class VSSegmentationError(Exception):
    """Base of everything this library raises on purpose; `exit_code` is what the command line ends with."""

    exit_code: ClassVar[int] = 1


class UsageError(VSSegmentationError, ValueError):
    """The call itself does not fit: an option, a path, an output folder that exists already."""

    exit_code = 2


class WeightingQuestionError(UsageError):
    """The weighting of a scan cannot be told; a person has to say it: `asks` names what."""

    asks = "modality"

    def __init__(self, message: str, answers: Sequence[str] = ("T2", "ceT1")) -> None:
        """Take the sentence, and the weightings that are possible, as a person may say them."""
        super().__init__(message)
        self.answers = tuple(str(each) for each in answers)


class ConfigError(UsageError):
    """A configuration value or a recipe key that is not allowed."""


class InputRefusedError(VSSegmentationError, ValueError):
    """A scan or labelmap that cannot be used, with the reason in one sentence."""

    exit_code = 3


class OtherContrastError(InputRefusedError):
    """A scan of a weighting that no model was made for; the caller may accept it."""

    def __init__(self, message: str, answers: Sequence[str] = ("T2", "ceT1")) -> None:
        """Take the sentence, and the weightings that a person may say where it is wrong."""
        super().__init__(message)
        self.answers = tuple(str(each) for each in answers)


class GeometryError(InputRefusedError):
    """A grid that is degenerate, or two grids that should be the same and are not."""


class EmptyMaskError(VSSegmentationError, ValueError):
    """A measurement that needs at least one voxel was given none."""


class ModelError(VSSegmentationError, OSError):
    """A model that is missing, damaged, or not what its checksum says."""

    exit_code = 4


class DeviceMemoryError(VSSegmentationError, MemoryError):
    """The chosen device ran out of memory."""

    exit_code = 5


class TorchLoadError(VSSegmentationError, ImportError):
    """PyTorch is not there, or is there and could not be loaded."""

    exit_code = 6


class CancelledError(VSSegmentationError):
    """The caller asked to stop; nothing was written."""

    exit_code = 130


class StoppedError(CancelledError):
    """The caller asked to stop work on many things; those that were finished are kept."""


def words_of_os_error(error: OSError, written: str) -> str | None:
    """Return the sentence for what a person can do something about; None for anything else.

    Args:
        error: Whose own words name paths, and paths name patients.
        written: What is left of the work, as `atomic.what_was_written` says it.
    """
    sentence = _OF_THE_SYSTEM.get(error.errno or 0)
    return None if sentence is None else sentence.format(written=written)


_OF_THE_SYSTEM = {
    errno.ENOSPC: "the disk is full; {written}: make room, or choose a folder on another disk",
    errno.EDQUOT: "the disk quota of this user is used up; {written}: make room, or choose another folder",
    errno.ENAMETOOLONG: "a name is longer than the file system takes; give a shorter one",
    errno.EACCES: "a file or folder may not be read or written by this user; change its permissions",
    errno.EPERM: "a file or folder may not be read or written by this user; change its permissions",
    errno.EROFS: "the file system may only be read; choose another folder",
    errno.EIO: "the disk or the network drive failed while a file was read or written; try again",
    errno.ESTALE: "the network drive lost a file while it was read or written; try again",
    errno.ELOOP: "links between folders run in a circle; give another path",
}
