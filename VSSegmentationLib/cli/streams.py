"""Standard output and error as they come: open, closed by a scheduler, or on a disk that is full."""

import os
import sys
from typing import TextIO, cast

from VSSegmentationLib.errors import UsageError


class _Listener:
    """A stream that stands in for standard output or error; what is not named here is the stream's own."""

    def __init__(self, stream: TextIO, *, must_arrive: bool) -> None:
        self._stream = stream
        self._must_arrive = must_arrive

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            return self._lost(error)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._lost(error)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def _lost(self, error: OSError) -> int:
        """Pass over what nobody can be told; an answer that nobody gets is an error, as files may wait for it."""
        if not self._must_arrive:
            return 0
        if isinstance(error, BrokenPipeError):
            raise error
        msg = f"standard output cannot be written ({error.strerror}); files that were written stay"
        raise UsageError(msg) from error


def open_standard_streams() -> tuple[TextIO, TextIO]:
    """Return standard output and standard error; of what is closed, a stream that leads nowhere.

    A number that is closed would be given to the first file that is opened, into which libraries would then write what
    they say. What can't be written to standard error is passed over: progress that nobody sees must not stop the work.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - for the whole process
    out = cast("TextIO", _Listener(sys.stdout, must_arrive=True))
    return out, cast("TextIO", _Listener(sys.stderr, must_arrive=False))
