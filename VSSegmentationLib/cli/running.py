"""One command from its words to its exit code, whatever happens in between."""

import io
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple

from VSSegmentationLib.atomic import finished_count, what_was_written
from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.console import Console, make_console
from VSSegmentationLib.cli.dispatch import run_command
from VSSegmentationLib.cli.file_names import take_any_file_names
from VSSegmentationLib.cli.options.arguments import parse_arguments
from VSSegmentationLib.cli.streams import open_standard_streams
from VSSegmentationLib.errors import (
    CancelledError,
    DeviceMemoryError,
    StoppedError,
    UsageError,
    VSSegmentationError,
    words_of_os_error,
)


class _Ending(NamedTuple):
    sentence: str
    exit_code: int


def _canceled(before: int) -> _Ending:
    """Also for an interruption in the import of a library, which comes out as whatever that makes of it."""
    return _Ending(f"canceled; {what_was_written(before)}", CancelledError.exit_code)


def run(words: Sequence[str] | None = None) -> int:
    """Carry out one command.

    Args:
        words: What was typed after the program's name; `sys.argv` if None.

    Returns:
        The exit code: 0 done, 1 unexpected, 2 usage, 3 input refused, 4 model, 5 out of memory, 130 canceled.
    """
    before = finished_count()
    cancellation = Cancellation()
    cancellation.install()
    take_any_file_names()
    out, err = open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without the sign for cubed shows a question mark
    console = make_console(None, out, err)
    try:
        arguments = parse_arguments(words)
        console = make_console(arguments.progress, out, err)
        _set_up_logging(debug=arguments.debug)
        if not arguments.debug:
            _tell_unexpected_failures_in_one_sentence(console)
        run_command(arguments, console, cancellation)
    except BrokenPipeError:  # the reader of stdout went away, as `| head` does; stop writing at exit, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Exception, KeyboardInterrupt) as error:
        is_cut = cancellation.requested() and not isinstance(error, StoppedError)
        ending = _canceled(before) if is_cut else _ending(error, before)
        if ending is None:
            raise
        logging.getLogger(__name__).debug("ended by", exc_info=error)
        console.error(ending.sentence, ending.exit_code)
        return ending.exit_code
    return 0


def _ending(error: BaseException, before: int) -> _Ending | None:
    """Return what is said of an error that has a reason which a person can do something about."""
    if isinstance(error, StoppedError):
        return _Ending(str(error), error.exit_code)
    if isinstance(error, CancelledError | KeyboardInterrupt):
        return _canceled(before)
    if isinstance(error, VSSegmentationError):
        return _Ending(str(error), error.exit_code)
    if isinstance(error, MemoryError):
        return _Ending("out of memory; close other programs or use a smaller scan", DeviceMemoryError.exit_code)
    sentence = words_of_os_error(error, what_was_written(before)) if isinstance(error, OSError) else None
    return None if sentence is None else _Ending(sentence, UsageError.exit_code)


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
