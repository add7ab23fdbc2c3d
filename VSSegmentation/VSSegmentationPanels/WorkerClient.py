"""One job after another for the warm worker: starts it when needed, tells what comes of each job, ends it for good."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from slicer.i18n import tr as _

from VSSegmentationLib.worker import PROTOCOL
from VSSegmentationPanels.Signal import Signal
from VSSegmentationPanels.WorkerEnd import TORCH_BROKEN, brokenTorch, whatHappened

CANCEL_GRACE_MS = 2000
"""How long a job may take to stop by itself, which keeps the models warm; then the process tree is killed."""
OUT_OF_MEMORY, CANCELED = 5, 130


class Process(Protocol):
    """What the client needs of a process; tests bring a scripted one."""

    lineReceived: Signal
    finished: Signal
    groupLeader: int | None
    errorText: str

    def send(self, line: str) -> None:
        """Send one line."""

    def kill(self) -> None:
        """End the process and everything that it started."""

    def waitForFinished(self, milliseconds: int) -> bool:
        """Wait until it has ended."""


@dataclass(frozen=True)
class Failure:
    """Why a job gave no result."""

    sentence: str
    exitCode: int
    details: str = ""
    asks: str = ""
    """What a person has to say before it can work: `modality`."""


@dataclass(frozen=True)
class Job:
    """A request and who wants to hear of it."""

    request: dict[str, Any]
    done: Callable[[Any], None]
    failed: Callable[[Failure], None]
    progress: Callable[[float, str], None] = lambda _fraction, _stage: None


class WorkerClient:
    """Talks to one worker at a time."""

    def __init__(self, startProcess: Callable[[], Process], later: Callable[[int, Callable[[], None]], None]) -> None:
        """Start nothing yet.

        Args:
            startProcess: Starts a worker.
            later: Calls a function after so many milliseconds.
        """
        self._startProcess = startProcess
        self._later = later
        self._process: Process | None = None
        self._waiting: list[Job] = []
        self._current: Job | None = None
        self._isCanceling = False
        self._number = 0

    @property
    def isBusy(self) -> bool:
        """Whether a job runs or waits."""
        return self._current is not None or bool(self._waiting)

    @property
    def isWarm(self) -> bool:
        """Whether a worker is there already."""
        return self._process is not None

    def do(self, job: Job) -> None:
        """Carry out a job after those before it."""
        self._waiting.append(job)
        if self._process is None:
            self._start()
        self._next()

    def cancel(self) -> None:
        """Stop the job that runs and forget those that wait; each is told so."""
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            job.failed(_canceled())
        if self._current is None or self._process is None or self._isCanceling:
            return
        self._isCanceling = True
        self._process.send(json.dumps({"do": "cancel"}))
        number = self._number
        self._later(CANCEL_GRACE_MS, lambda: self._killIfStill(number))

    def shutDown(self) -> None:
        """End the worker; jobs are given up without a word."""
        process, self._process = self._process, None
        self._waiting, self._current = [], None
        if process is not None:
            process.lineReceived.disconnectAll()
            process.finished.disconnectAll()
            process.kill()
            process.waitForFinished(3000)

    def _start(self) -> None:
        process = self._process = self._startProcess()
        process.lineReceived.connect(self._onLine)
        process.finished.connect(self._onFinished)

    def _next(self) -> None:
        if self._current is None and self._waiting and self._process is not None:
            self._current = self._waiting.pop(0)
            self._number += 1
            self._process.send(json.dumps({**self._current.request, "id": str(self._number)}))

    def _onLine(self, line: str) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            logging.warning("The segmentation process wrote a line that is no message.")
            return
        if "hello" in message:
            self._onHello(message)
        elif self._current is None or message.get("id") not in (str(self._number), None):
            return  # of a job that was given up
        elif "progress" in message:
            self._current.progress(message["progress"], message["stage"])
        elif "result" in message:
            self._ended(lambda job: job.done(message["result"]))
        elif "error" in message:
            code = message["exit_code"]
            sentence = brokenTorch(message["error"]) if code == TORCH_BROKEN else _sentence(message["error"])
            failure = Failure(sentence, code, self._process.errorText, message.get("asks", ""))
            self._ended(lambda job: job.failed(_canceled() if failure.exitCode == CANCELED else failure))

    def _onHello(self, message: dict[str, Any]) -> None:
        self._process.groupLeader = message["pid"]
        if message["hello"] != PROTOCOL:
            self._process.kill()
            sentence = _("Two versions of this extension are mixed up. Restart Slicer, or install the extension anew.")
            self._ended(lambda job: job.failed(Failure(sentence, 1)))

    def _onFinished(self, exitCode: int) -> None:
        details = self._process.errorText if self._process is not None else ""
        self._process = None
        if self._current is None:
            return
        kind, sentence = whatHappened(exitCode, details)
        failure = _canceled() if self._isCanceling else Failure(sentence, kind, details)
        self._ended(lambda job: job.failed(failure))

    def _ended(self, tell: Callable[[Job], None]) -> None:
        job, self._current, self._isCanceling = self._current, None, False
        if job is not None:
            tell(job)
        if self._waiting and self._process is None:
            self._start()
        self._next()

    def _killIfStill(self, number: int) -> None:
        if self._isCanceling and self._number == number and self._process is not None:
            self._process.kill()


def _canceled() -> Failure:
    return Failure(_("Canceled. Nothing was changed."), CANCELED)


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
