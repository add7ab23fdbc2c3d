"""`worker`: the warm process that 3D Slicer starts and talks to."""

import os
import signal
import sys
from collections.abc import Iterator
from typing import BinaryIO

from VSSegmentationLib.cli.process_group import lead_own_group
from VSSegmentationLib.worker.channel import take_standard_output
from VSSegmentationLib.worker.serve import serve

_LONGEST_LINE = 1024 * 1024


def run_worker() -> None:
    """Serve the parent until it leaves."""
    # An exception, as the other commands end by, can be lost in the import of a library; there is nothing to tidy up.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    channel = take_standard_output()
    lead_own_group()
    # Not sys.stdin, and never closed: the thread that waits there holds a lock for which closing waits.
    serve(channel, _lines(os.fdopen(os.dup(sys.stdin.fileno()), "rb")))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Give the lines of a stream; of one that no parent would write, only its beginning."""
    while line := stream.readline(_LONGEST_LINE):
        if not line.endswith(b"\n"):
            while (rest := stream.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
        yield line
