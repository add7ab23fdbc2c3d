"""A child of Slicer that runs the library's command line: lines in, lines out, and an end for the whole tree."""

import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import qt

import VSSegmentationLib
from VSSegmentationPanels.Signal import Signal
from VSSegmentationPanels.WorkerEnd import NOT_STARTED

_KEPT_ERROR_LINES = 200


class WorkerProcess:
    """`PythonSlicer -m VSSegmentationLib ...`; see docs/worker.md for what is said."""

    def __init__(self, arguments: Sequence[str] = ("worker",)) -> None:
        self.lineReceived = Signal()
        """With one line of standard output, as text."""
        self.finished = Signal()
        """With the exit code; minus the signal where one ended it, NOT_STARTED where it could not be started."""
        self.groupLeader: int | None = None
        """The process number that the child itself told. PythonSlicer is a launcher, with another number."""
        self._unfinishedLine = b""
        self._errorLines: list[str] = []
        self._hasEnded = False
        self._process = qt.QProcess()
        self._process.setProcessEnvironment(_environment())
        self._process.connect("readyReadStandardOutput()", self._readOutput)
        self._process.connect("readyReadStandardError()", self._readErrors)
        self._process.connect("finished(int,QProcess::ExitStatus)", self._onFinished)
        self._process.connect("errorOccurred(QProcess::ProcessError)", self._onError)
        self._process.start(pythonProgram(), ["-m", "VSSegmentationLib", *arguments])

    @property
    def errorText(self) -> str:
        """The last lines of standard error, for whoever looks into a failure."""
        return "\n".join(self._errorLines)

    def send(self, line: str) -> None:
        """Send one line."""
        self._process.write(line.encode() + b"\n")

    def kill(self) -> None:
        """End the child and everything that it started, at once."""
        leader = self.groupLeader
        if leader is not None and os.name == "nt":
            command = ["taskkill", "/T", "/F", "/PID", str(leader)]
            # without a console of its own, which would flash up over Slicer
            hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
            subprocess.run(command, check=False, capture_output=True, creationflags=hidden)
        elif leader is not None:
            with suppress(ProcessLookupError):  # it has just ended
                os.killpg(leader, signal.SIGKILL)
        self._process.kill()

    def waitForFinished(self, milliseconds: int) -> bool:
        """Wait until the child has ended; only where Slicer itself is about to end."""
        return bool(self._process.waitForFinished(milliseconds))

    def _readOutput(self) -> None:
        *lines, self._unfinishedLine = (self._unfinishedLine + self._process.readAllStandardOutput().data()).split(
            b"\n"
        )
        for line in lines:
            self.lineReceived.emit(line.decode("utf-8", errors="replace"))

    def _readErrors(self) -> None:
        text = self._process.readAllStandardError().data().decode("utf-8", errors="replace")
        self._errorLines = (self._errorLines + text.splitlines())[-_KEPT_ERROR_LINES:]

    def _onFinished(self, exitCode: int, status: object) -> None:
        self._readOutput()
        self._readErrors()
        # Windows gives the status code of a crash itself, the others the number of the signal.
        isSignal = status != qt.QProcess.NormalExit and os.name != "nt"
        self._end(-exitCode if isSignal else exitCode)

    def _onError(self, error: object) -> None:
        if error == qt.QProcess.FailedToStart:  # of every other error `finished` tells, too
            self._errorLines.append(str(self._process.errorString()))
            self._end(NOT_STARTED)

    def _end(self, exitCode: int) -> None:
        if not self._hasEnded:
            self._hasEnded = True
            logging.info("The segmentation process has ended with code %d.", exitCode)
            self.finished.emit(exitCode)


def pythonProgram() -> str:
    """Return the Python to start: Slicer's own, which is on PATH inside the application."""
    return shutil.which("PythonSlicer") or sys.executable


def _environment() -> qt.QProcessEnvironment:
    """Return the environment of Slicer, in which the child finds the same library and speaks UTF-8."""
    environment = qt.QProcessEnvironment.systemEnvironment()
    library = str(Path(VSSegmentationLib.__file__).parents[1])
    former = environment.value("PYTHONPATH")
    environment.insert("PYTHONPATH", os.pathsep.join([library, former] if former else [library]))
    environment.insert("PYTHONUTF8", "1")
    environment.insert("PYTHONUNBUFFERED", "1")
    return environment
