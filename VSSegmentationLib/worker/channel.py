"""The line to the parent: the real standard output, kept for messages alone."""

import json
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO


class Channel:
    """Writes one JSON object per line, each as a whole, from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message.

        Raises:
            BrokenPipeError: If the parent no longer listens.
        """
        line = json.dumps(message, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def take_standard_output() -> Channel:
    """Keep standard output for messages; whatever else this process prints goes to standard error from now on.

    Also what libraries print from C: the file descriptor itself is redirected.
    """
    sys.stdout.flush()
    kept = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return Channel(os.fdopen(kept, "wb"))
