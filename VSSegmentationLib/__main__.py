"""`vs-segmentation`, also `python -m VSSegmentationLib`: the command line."""

import os
import signal
import sys
from collections.abc import Sequence

from VSSegmentationLib.blas_threads import keep_to_one_thread

_CANCELED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Carry out one command.

    Args:
        words: What was typed after the program's name; `sys.argv` if None.

    Returns:
        The exit code: 0 done, 1 unexpected, 2 usage, 3 input refused, 4 model, 5 out of memory, 130 canceled.
    """
    keep_to_one_thread(os.environ)
    # The first imports take most of a second; an interruption there would come out as a page of other people's code.
    former = signal.signal(signal.SIGINT, _stop_at_once)
    from VSSegmentationLib.cli import run  # noqa: PLC0415 - see above

    signal.signal(signal.SIGINT, former)
    return run(words)


def _stop_at_once(_number: int, _frame: object) -> None:
    os.write(2, b"Error: canceled; nothing was written\n")
    os._exit(_CANCELED)


if __name__ == "__main__":
    sys.exit(main())
