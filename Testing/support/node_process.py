"""A node with a child without a model, as a process of its own that a test can kill: python -m ... CONFIG."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from Testing.support.node_parts import StubChild
from VSSegmentationLib.node.config import read_config
from VSSegmentationLib.node.service import Node

ROOT = Path(__file__).resolve().parents[2]


def main(path: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    node = Node(read_config(Path(path)), make_child=lambda **_: StubChild())
    node.start()
    print("ready", flush=True)  # noqa: T201 - the parent waits for it
    node.wait(stop.is_set)
    node.stop()


@contextmanager
def node_process(config: Path, command: tuple[str, ...] = ()) -> Iterator["subprocess.Popen[str]"]:
    """Run it, or another command with the same file; at the end it is stopped politely, if it is still there."""
    words = command or (sys.executable, "-m", "Testing.support.node_process")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*words, str(config)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=environment
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        while line and "ready" not in line and "at work" not in line:
            line = process.stdout.readline()
        assert line, "the node ended before it was ready"
        yield process
    finally:
        process.terminate()
        process.wait(120)


if __name__ == "__main__":
    main(sys.argv[1])
