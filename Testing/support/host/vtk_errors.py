"""What VTK and MRML write as errors: collected, so that a test can fail on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import vtk

# A Slicer application brings color files and terminologies along; the package does not, and says so once.
_AT_START = ("HomeDirectory is not set", "erminolog", "RegionContext", "region context")


@dataclass
class Lines:
    """Error lines, the newest last."""

    text: list[str] = field(default_factory=list)

    def take(self) -> list[str]:
        """Return what was collected and forget it."""
        taken, self.text[:] = list(self.text), []
        return taken


lines = Lines()


@vtk.calldata_type(vtk.VTK_STRING)
def _collect(_window: vtk.vtkOutputWindow, _event: str, text: str) -> None:
    lines.text.append(text)


vtk.vtkOutputWindow.GetInstance().AddObserver("ErrorEvent", _collect)


@contextmanager
def expected_at_start() -> Iterator[None]:
    """Forget the errors about resources that only the application has; any other raises at the end."""
    yield
    others = [line for line in lines.take() if not any(known in line for known in _AT_START)]
    if others:
        raise RuntimeError("\n".join(others))
