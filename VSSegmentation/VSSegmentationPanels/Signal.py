"""A signal without Qt, so that what sends it can be used and tested without a window."""

from collections.abc import Callable


class Signal:
    """Calls whoever is connected, in the order in which they connected."""

    def __init__(self) -> None:
        self._slots: list[Callable[..., None]] = []

    def connect(self, slot: Callable[..., None]) -> None:
        """Call `slot` from now on."""
        self._slots.append(slot)

    def disconnectAll(self) -> None:
        """Call nobody any more."""
        self._slots.clear()

    def emit(self, *arguments: object) -> None:
        """Call all slots."""
        for slot in tuple(self._slots):
            slot(*arguments)
