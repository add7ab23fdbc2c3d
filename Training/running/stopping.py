"""Ctrl-C and SIGTERM as a request, so that a run ends after a step and leaves a checkpoint."""

import signal


class StopSignal:
    """Turns the first Ctrl-C or SIGTERM into a request; a second one ends the process at once."""

    def __init__(self) -> None:
        self._came = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def came(self) -> bool:
        """Return whether the request came."""
        return self._came

    def _note(self, number: int, _frame: object) -> None:
        self._came = True
        signal.signal(number, signal.SIG_DFL)
        print("stopping after this step; once more stops at once", flush=True)
