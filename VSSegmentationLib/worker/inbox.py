"""What the parent says, heard at any time, also while a job runs."""

import os
import queue
import threading
from collections.abc import Iterable

from VSSegmentationLib.errors import CancelledError, UsageError, VSSegmentationError
from VSSegmentationLib.worker.channel import Channel
from VSSegmentationLib.worker.protocol import Request, parse_request, read_object

GRACE_SECONDS = 10.0
"""How long a job that has been told to stop may take to do so when the parent is gone; then the process just ends."""
_LOOK_AT_PARENT_EVERY_SECONDS = 1.0


class Inbox:
    """Takes requests in threads of its own; gives out one job at a time, and answers the rest itself."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._parent = os.getppid()
        self._jobs: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: Request | None = None
        self._stop_asked = threading.Event()
        self._left = threading.Event()

    def open(self, lines: Iterable[bytes]) -> None:
        """Listen from now on, and look after the parent."""
        threading.Thread(target=self._listen, args=(lines,), daemon=True).start()
        if os.name != "nt":  # a process of Windows keeps the number of a parent that is gone
            threading.Thread(target=self._look_after_parent, daemon=True).start()

    def next_job(self) -> Request | None:
        """Wait for a job; None when the worker is to end."""
        return self._jobs.get()

    def should_cancel(self) -> bool:
        """Return whether the job that runs is to stop."""
        return self._stop_asked.is_set()

    def job_ended(self) -> None:
        """Welcome the next job; called before the answer goes out, since the parent may reply to it at once."""
        with self._lock:
            self._current = None

    def leave(self) -> None:
        """Tell that the main thread has ended, so that nobody has to end the process."""
        self._left.set()

    def _listen(self, lines: Iterable[bytes]) -> None:
        try:
            for line in lines:
                if line.strip() and not self._take(line):
                    break
        except (BrokenPipeError, ValueError):  # an answer could not be sent: the parent is gone, or the channel closed
            pass
        finally:
            self._end()  # a worker that does not listen any more has to go, whatever made it deaf

    def _look_after_parent(self) -> None:
        while not self._left.wait(_LOOK_AT_PARENT_EVERY_SECONDS):
            if os.getppid() != self._parent:
                self._end()
                return

    def _end(self) -> None:
        self._stop_asked.set()
        self._jobs.put(None)
        if not self._left.wait(GRACE_SECONDS):
            os._exit(CancelledError.exit_code)

    def _take(self, line: bytes) -> bool:
        """Do what a line asks for, and return whether more may come."""
        identity = None
        try:
            data = read_object(line)
            identity = data["id"] if isinstance(data.get("id"), str) else None
            request = parse_request(data)
            if request.takes_time:
                self._accept(request)
        except VSSegmentationError as error:
            self._channel.send({"error": str(error), "exit_code": error.exit_code, "id": identity})
            return True
        if request.order == "ping":
            self._channel.send({"pong": True, "id": request.id})
        if request.order == "cancel":
            self._cancel(request.id)
        return request.order != "quit"

    def _accept(self, request: Request) -> None:
        with self._lock:
            if self._current is not None:
                msg = "the worker is busy with another job; wait for its answer, or cancel it"
                raise UsageError(msg)
            self._current = request
            self._stop_asked.clear()
        self._jobs.put(request)

    def _cancel(self, identity: str | None) -> None:
        """Stop the current job if it is the one that is meant; it may have ended meanwhile, which is no error."""
        with self._lock:
            if self._current is not None and identity in (None, self._current.id):
                self._stop_asked.set()
