"""Telling how far the work is, and stopping where the caller asks for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from VSSegmentationLib.errors import CancelledError

OnProgress = Callable[[float, str], None]
ShouldCancel = Callable[[], bool]


class Progress:
    """Stages that follow each other on one scale from 0 to 1, each with its seconds."""

    def __init__(self, on_progress: OnProgress | None, should_cancel: ShouldCancel | None) -> None:
        self.seconds: dict[str, float] = {}
        self._on_progress = on_progress
        self._should_cancel = should_cancel
        self._name, self._from, self._to = "", 0.0, 0.0

    @contextmanager
    def stage(self, name: str, until: float) -> Iterator[None]:
        """Run one stage that ends at the fraction `until` of the whole."""
        self._name, self._from, self._to = name, self._to, until
        begun = perf_counter()
        self.step(0.0)
        yield
        self.seconds[name] = round(perf_counter() - begun, 3)

    def step(self, share: float) -> None:
        """Tell that this share of the stage is done.

        Raises:
            CancelledError: If the caller wants to stop.
        """
        if self._should_cancel is not None and self._should_cancel():
            msg = f"stopped on request ({self._name}); nothing was written"
            raise CancelledError(msg)
        if self._on_progress is not None:
            self._on_progress(self._from + share * (self._to - self._from), self._name)

    def finish(self) -> None:
        """Tell that all is done; from here on nothing can be cancelled."""
        if self._on_progress is not None:
            self._on_progress(1.0, "done")
