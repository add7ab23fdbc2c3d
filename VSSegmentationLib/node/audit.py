"""Who asked for what and what came of it, one JSON line each, by names that tell no patient."""

import json
import os
import threading
import time
from pathlib import Path


class Audit:
    """Appends lines, each on the disk before anything goes on."""

    def __init__(self, path: Path) -> None:
        """Go on with a file, which this user alone may read."""
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8")
        self._lock = threading.Lock()

    def note(self, event: str, **told: str | int | float | None) -> None:
        """Write down an event.

        Args:
            event: One of the words that docs/hospital.md lists.
            told: Keyed hashes, names of the configuration, counts, and sentences of this library.
        """
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = {"at": at, "event": event, **{name: value for name, value in told.items() if value not in (None, "")}}
        with self._lock:
            if self._file.closed:
                return
            self._file.write(json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Write nothing more."""
        with self._lock:
            self._file.close()
