"""What was done and what failed, a line each: for Slicer's log, and for a report of a fault without patient data."""

import logging
import platform
import sys
import traceback
from collections import deque
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import slicer

import VSSegmentationLib
from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.scrubbing import without_paths

_KEPT_LINES = 80
_DETAIL_LINES = 12
_FRAMES = 6
_PACKAGES = ("torch", "numpy", "scipy", "SimpleITK", "pydicom", "highdicom")


class Journal:
    """The last steps and failures. No name of a node, file or folder and nothing that a person typed goes into it."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.hasFailure = False

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the lines, the newest last."""
        return tuple(self._lines)

    def note(self, step: str) -> None:
        """Keep a step that went well."""
        self._add(logging.INFO, step)

    def failed(self, what: str, reason: str, details: str = "") -> None:
        """Keep a failure.

        Args:
            what: Was tried.
            reason: In one sentence.
            details: Lines of another process, the last of which tell most.
        """
        self.hasFailure = True
        self._add(logging.ERROR, f"{what} failed: {reason}")
        for line in details.splitlines()[-_DETAIL_LINES:]:
            self._add(logging.ERROR, f"  {line}")

    def raised(self, what: str, error: BaseException) -> None:
        """Keep an exception: its kind and where it came from.

        Its own words are kept only where they are known to name nobody: MRML and Qt quote names of nodes.
        """
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        places = "\n".join(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames)
        self.failed(what, _told(error), places)

    def report(self, choices: str) -> str:
        """Return versions, system, choices and the last lines, to be sent to the developers."""
        slicerVersion = f"{slicer.app.majorVersion}.{slicer.app.minorVersion}"
        own = f"VSSegmentation {VSSegmentationLib.__version__}, Slicer {slicerVersion}, Python {sys.version.split()[0]}"
        system = f"{platform.system()} {platform.release()} {platform.machine()}"
        packages = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
        return "\n".join((own, system, packages, choices, "", *(self._lines or ("nothing was done yet",))))

    def _add(self, level: int, text: str) -> None:
        text = without_paths(text)
        self._lines.append(f"{datetime.now(UTC):%H:%M:%S} {text}")
        logging.log(level, "VSSegmentation: %s", text)


def _told(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, VSSegmentationError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{kind} ({error.strerror})"
    return kind


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not there"
