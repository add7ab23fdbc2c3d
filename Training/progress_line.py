"""How far a command is, on one line of a terminal that is written anew, and as a few plain lines anywhere else."""

import sys
from typing import TextIO

_LINES = 10
"""So many at most, of a known count."""
_EVERY = 100
"""Of an unknown one: a line for so many."""


class ProgressLine:
    """Counts things done; a log file or a pipe gets a tenth of them as lines, and no control characters."""

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        """Take what is counted, in the plural, and where to tell it (standard output)."""
        self._what = what
        self._stream = sys.stdout if stream is None else stream
        self._wide = 0

    def step(self, done: int, count: int | None = None, name: str = "") -> None:
        """Tell that so many are done, of so many if that is known, the last of them by its name."""
        text = f"{done} {self._what}" if count is None else f"{done} of {count} {self._what}"
        if self._stream.isatty():
            text = f"{text}  {name:.40}".rstrip()
            self._write(f"\r{text:{self._wide}}", end="")
            self._wide = len(text)
        elif done % _EVERY == 0 if count is None else done * _LINES // count != (done - 1) * _LINES // count:
            self._write(text)

    def end(self, text: str) -> None:
        """Say how it ended, in place of the line."""
        self._write(f"\r{text:{self._wide}}" if self._wide else text)
        self._wide = 0

    def _write(self, text: str, end: str = "\n") -> None:
        print(text, end=end, file=self._stream, flush=True)
