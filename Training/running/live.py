"""A live bar on a terminal: where the run is, how fast, how long still; elsewhere the log's own lines say so."""

import logging
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class LiveBar:
    """Steps done of all; while it is shown, log lines go above it. Without a terminal it does nothing."""

    def __init__(self, steps: int, done: int, *, shown: bool = True, console: Console | None = None) -> None:
        """Take the length of the run, the steps done before, whether to show it, and where (standard output)."""
        self._console = console or Console()
        self._wanted = shown
        self._handler = _AboveTheBar(self._console)
        self._former: list[logging.Handler] = []
        self._shown = False
        self._progress = Progress(
            TextColumn("step"), MofNCompleteColumn(), BarColumn(),
            TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=self._console,
        )  # fmt: skip
        self._task = self._progress.add_task("", total=steps, completed=done)

    def __enter__(self) -> Self:
        """Show it, unless there is no terminal or nobody wants to hear of steps."""
        self._shown = self._wanted and self._console.is_terminal and logging.getLogger().isEnabledFor(logging.INFO)
        if self._shown:
            root = logging.getLogger()
            self._former = list(root.handlers)
            root.handlers = [each for each in root.handlers if not isinstance(each, logging.StreamHandler)]
            root.addHandler(self._handler)
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave it as it stands, and the log as it was."""
        if self._shown:
            self._progress.stop()
            logging.getLogger().handlers = self._former

    def step(self, step: int) -> None:
        """Tell that so many steps are done."""
        self._progress.update(self._task, completed=step)


class _AboveTheBar(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self.setFormatter(logging.Formatter("%(asctime)s  %(message)s", datefmt="%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(self.format(record), markup=False, highlight=False, soft_wrap=True)
