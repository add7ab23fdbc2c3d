"""`worker`: the warm process that 3D Slicer starts and talks to."""

import os
import signal
import sys

from VSSegmentationLib.cli.process_group import lead_own_group
from VSSegmentationLib.worker.channel import take_standard_output
from VSSegmentationLib.worker.serve import serve


def run_worker() -> None:
    """Serve the parent until it leaves."""
    # An exception, as the other commands end by, can be lost in the import of a library; there is nothing to tidy up.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    channel = take_standard_output()
    lead_own_group()
    # Not sys.stdin, and never closed: the thread that waits there holds a lock for which closing waits.
    serve(channel, os.fdopen(os.dup(sys.stdin.fileno()), "rb"))
