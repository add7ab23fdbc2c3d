"""Ctrl-C and a polite kill, turned into an orderly end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Cancellation:
    """Remembers that a stop was asked for while a computation that looks at `requested` goes on.

    Outside such a computation, and at the second request, the signal interrupts at once.
    """

    def __init__(self) -> None:
        self._requested = False
        self._someone_looks = False

    def install(self) -> None:
        """Listen to SIGINT and SIGTERM from now on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def requested(self) -> bool:
        """Return whether a stop was asked for; given to a computation as its `should_cancel`."""
        return self._requested

    @contextmanager
    def looked_at(self) -> Iterator[None]:
        """Only set the flag inside this block: what runs there asks `requested` often enough."""
        self._someone_looks = True
        try:
            yield
        finally:
            self._someone_looks = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        is_first, self._requested = not self._requested, True
        if not (self._someone_looks and is_first):
            raise KeyboardInterrupt
