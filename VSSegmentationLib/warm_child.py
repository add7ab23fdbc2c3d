"""One warm `vs-segmentation worker`, which does one job at a time and can be ended at any moment."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

from VSSegmentationLib.worker import PROTOCOL

_LOOK_EVERY_SECONDS = 0.5
_START_SECONDS = 300.0
_GIB = 1024**3
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one case may take before its process is ended."""

    seconds: float = 1800.0
    memory_gib: float | None = None
    """Of the process with all that it started; None sets no bound."""


class Answer(TypedDict, total=False):
    """What came of a job: one of the first three, as the worker says it, or why there is nothing."""

    result: dict[str, Any]
    error: str
    died: str
    """In words: the process ended, or was ended, and the job is to blame."""
    skipped: bool
    """Not begun, as it was asked to stop."""
    exit_code: int
    content: str
    """SHA-256 of the files of the case."""
    seconds: float
    peak_gib: float


class Child(Protocol):
    """What a slot does its jobs with."""

    def do(self, order: str, job: Mapping[str, Any], bounds: Bounds) -> Answer:
        """Do one job and say what came of it; raises nothing that the job is to blame for."""

    def end(self) -> None:
        """End at once, from any thread."""


class WarmChild:
    """Starts its process with the first job, and a new one after each that died."""

    def __init__(self, *, threads: int, slot: int) -> None:
        self._threads, self._slot = threads, slot
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._device = ""
        self._ended = False
        self._looked = 0.0

    def do(self, order: str, job: Mapping[str, Any], bounds: Bounds) -> Answer:
        """Do one job; see `Child`."""
        begun, peak = time.monotonic(), [0.0]
        try:
            self._start()
            told = dict(job)
            if told.get("device") == "auto":
                told["device"] = self._device
            self._say({"do": order, **told})
            answer = self._answer(begun + bounds.seconds, bounds, peak)
        except _DiedError as death:
            self._kill()
            answer = Answer(died=str(death))
        answer["seconds"] = round(time.monotonic() - begun, 3)
        answer["peak_gib"] = round(peak[0], 3)
        return answer

    def end(self) -> None:
        """End the process; a job that runs comes to nothing."""
        self._ended = True
        self._kill()

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        if self._ended:
            msg = "stopped on request"
            raise _DiedError(msg)
        environment = {**os.environ, **dict.fromkeys(_THREADS, str(self._threads))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "VSSegmentationLib", "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C at the terminal is for the batch
        )
        self._lines = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(self._process, self._lines), daemon=True).start()
        deadline, bounds = time.monotonic() + _START_SECONDS, Bounds()
        if self._hear(deadline, bounds, [0.0]).get("hello") != PROTOCOL:
            msg = "its process is of another version of the software"
            raise _DiedError(msg)
        self._say({"do": "devices", "id": "devices"})
        told = self._hear(deadline, bounds, [0.0])
        if "result" not in told:
            raise _DiedError(str(told.get("error")))
        names = [each["name"] for each in told["result"]["devices"]]
        self._device = device_of(self._slot, names)

    def _say(self, request: Mapping[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:  # it is gone, which the next thing heard tells
            return

    def _answer(self, deadline: float, bounds: Bounds, peak: list[float]) -> Answer:
        while "progress" in (message := self._hear(deadline, bounds, peak)):
            pass
        if "result" in message:
            return Answer(result=message["result"])
        return Answer(error=str(message.get("error")), exit_code=int(message.get("exit_code", 1)))

    def _hear(self, deadline: float, bounds: Bounds, peak: list[float]) -> dict[str, Any]:
        while True:
            if time.monotonic() - self._looked >= _LOOK_EVERY_SECONDS:
                self._look_at_memory(bounds, peak)
            try:
                line = self._lines.get(timeout=_LOOK_EVERY_SECONDS)
            except queue.Empty:
                line = b""
            if time.monotonic() > deadline:  # an answer that comes after it, too, took too long
                msg = f"it took longer than the bound of {bounds.seconds:g} seconds"
                raise _DiedError(msg)
            if line is None:
                raise _DiedError(self._how_it_ended())
            if line:
                message: dict[str, Any] = json.loads(line)
                return message

    def _look_at_memory(self, bounds: Bounds, peak: list[float]) -> None:
        self._looked = time.monotonic()
        peak[0] = max(peak[0], self.memory_gib())
        if bounds.memory_gib is not None and peak[0] > bounds.memory_gib:
            msg = f"it needed more memory than the bound of {bounds.memory_gib:g} GiB"
            raise _DiedError(msg)

    def memory_gib(self) -> float:
        """Return what the process holds in memory now, with all that it started."""
        import psutil  # noqa: PLC0415 - Slicer, which plans studies and has none, never comes here

        total = 0
        with contextlib.suppress(psutil.Error):
            if self._process is not None:
                own = psutil.Process(self._process.pid)
                total = sum(each.memory_info().rss for each in (own, *own.children(recursive=True)))
        return total / _GIB

    def _how_it_ended(self) -> str:
        code = None if self._process is None else self._process.wait(10)
        if self._ended:
            return "stopped on request"
        if code is not None and code < 0:
            return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process ended by itself (code {code})"

    def _kill(self) -> None:
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError):
            if os.name == "nt":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)


class _DiedError(Exception):
    """A process came to its end, with the reason in words."""


def _listen(process: "subprocess.Popen[bytes]", lines: "queue.SimpleQueue[bytes | None]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


def device_of(slot: int, names: Sequence[str]) -> str:
    """Return the GPU of a slot, in turn; `auto` where there is none.

    Args:
        slot: Its number on its machine.
        names: Of the devices there: `cpu`, `cuda:0`, ...
    """
    gpus = [name for name in names if name.startswith("cuda")]
    return gpus[slot % len(gpus)] if gpus else "auto"


def warm_child(*, threads: int, slot: int) -> Child:
    """Return a child that does real work."""
    return WarmChild(threads=threads, slot=slot)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
