"""`vs-segmentation`, also `python -m VSSegmentationLib`: the command line."""

import io
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from types import TracebackType

from VSSegmentationLib.blas_threads import keep_to_one_thread
from VSSegmentationLib.cli import Cancellation, Console, make_console, parse_arguments, run_command
from VSSegmentationLib.errors import CancelledError, DeviceMemoryError, VSSegmentationError


def main(words: Sequence[str] | None = None) -> int:
    """Carry out one command.

    Args:
        words: What was typed after the program's name; `sys.argv` if None.

    Returns:
        The exit code: 0 done, 1 unexpected, 2 usage, 3 input refused, 4 model, 5 out of memory, 130 canceled.
    """
    keep_to_one_thread(os.environ)
    cancellation = Cancellation()
    cancellation.install()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without the sign for cubed shows a question mark
    arguments = parse_arguments(words)
    console = make_console(arguments.progress, sys.stdout, sys.stderr)
    _set_up_logging(debug=arguments.debug)
    if not arguments.debug:
        _tell_unexpected_failures_in_one_sentence(console)
    try:
        run_command(arguments, console, cancellation)
    except (CancelledError, KeyboardInterrupt):
        console.error("canceled; nothing was written", CancelledError.exit_code)
        return CancelledError.exit_code
    except VSSegmentationError as error:
        logging.getLogger(__name__).debug("ended by", exc_info=error)
        console.error(str(error), error.exit_code)
        return error.exit_code
    except MemoryError:
        console.error("out of memory; close other programs or use a smaller scan", DeviceMemoryError.exit_code)
        return DeviceMemoryError.exit_code
    except BrokenPipeError:  # the reader of stdout went away, as `| head` does; stop writing at exit, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _set_up_logging(*, debug: bool) -> None:
    # Lines of other libraries (pydicom quotes header values) may name a patient: they are shown on request only.
    if debug:
        logging.basicConfig(stream=sys.stderr, level=logging.DEBUG, format="%(name)s: %(message)s")
        return
    logging.getLogger().addHandler(logging.NullHandler())
    warnings.simplefilter("ignore")


def _tell_unexpected_failures_in_one_sentence(console: Console) -> None:
    def tell(kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
        # Of an OSError the reason alone: the rest of its message is a path.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else kind.__name__
        console.error(f"unexpected failure ({reason}); the same command with --debug shows where", 1)

    sys.excepthook = tell


if __name__ == "__main__":
    sys.exit(main())
