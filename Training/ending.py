"""How a training command ends: with an exit code, and with one sentence where something stopped it."""

import sys
from collections.abc import Callable

from VSSegmentationLib.errors import (
    CancelledError,
    DeviceMemoryError,
    UsageError,
    VSSegmentationError,
    words_of_os_error,
)

_KEPT = "what was finished before is kept"


def exit_code_of(work: Callable[[], object]) -> int:
    """Do the work of a command, and return 0, or say what stopped it and return its code.

    What nobody can do something about is raised on, with its traceback.

    Args:
        work: All of it.
    """
    try:
        work()
    except VSSegmentationError as error:
        return _told(str(error), error.exit_code)
    except FloatingPointError as error:
        return _told(str(error), 1)
    except KeyboardInterrupt:
        return _told(f"stopped; {_KEPT}", CancelledError.exit_code)
    except MemoryError:
        return _told(
            f"out of memory; {_KEPT}: close other programs, or make batches smaller", DeviceMemoryError.exit_code
        )
    except OSError as error:
        sentence = words_of_os_error(error, _KEPT) or _of_a_path(error)
        if sentence is None:
            raise
        return _told(sentence, UsageError.exit_code)
    return 0


def _told(sentence: str, exit_code: int) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return exit_code


def _of_a_path(error: OSError) -> str | None:
    """Return what is said of a path that somebody gave and that is not there, or is something else."""
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError | FileExistsError):
        return f"a file or folder could not be read or made ({error.strerror}); check the paths given"
    return None
