"""The real worker process, spoken to as Slicer speaks to it."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from Testing.support.command import COMMAND, environment

TIMEOUT_SECONDS = 300


class WorkerProcess:
    """A worker and its two pipes."""

    def __init__(self, python_path: Path | None = None) -> None:
        own = environment()
        if python_path is not None:
            own["PYTHONPATH"] = os.pathsep.join((str(python_path), own["PYTHONPATH"]))
        self.process = subprocess.Popen(
            [*COMMAND, "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=own,
        )  # fmt: skip

    def say(self, **request: Any) -> None:
        """Send one request."""
        self.say_raw(json.dumps(request).encode() + b"\n")

    def say_raw(self, line: bytes) -> None:
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The next message; every line of standard output has to be one."""
        line = self.process.stdout.readline()
        assert line, "the worker ended"
        return json.loads(line)

    def answer(self) -> dict[str, Any]:
        """The next message that tells of no progress."""
        while "progress" in (message := self.hear()):
            pass
        return message

    def until_stage(self, stage: str) -> dict[str, Any]:
        """Wait until the job has come to a stage."""
        while (message := self.hear()).get("stage") != stage:
            assert "progress" in message, message
        return message

    def end(self) -> int:
        """Close its standard input, as a parent that dies does, and return the exit code."""
        self.process.stdin.close()
        return self.process.wait(TIMEOUT_SECONDS)


@contextmanager
def worker_process(python_path: Path | None = None) -> Iterator[WorkerProcess]:
    """Give a worker that has said hello; it never outlives the block, and imports from `python_path` first."""
    worker = WorkerProcess(python_path)
    try:
        worker.hello = worker.hear()
        yield worker
    finally:
        worker.process.kill()
        worker.process.wait()
        for pipe in (worker.process.stdin, worker.process.stdout, worker.process.stderr):
            with suppress(BrokenPipeError):  # what was still to be sent to a process that is gone
                pipe.close()
