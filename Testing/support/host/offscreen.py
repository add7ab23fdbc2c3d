"""Qt and VTK without a screen: what has to be set before either starts, and a clear word where a library is missing."""

import ctypes
import os

RENDER_WINDOW = "vtkOSOpenGLRenderWindow"
_LIBRARY = {"vtkOSOpenGLRenderWindow": "libOSMesa.so.8", "vtkEGLRenderWindow": "libEGL.so.1"}
_PACKAGE = {"vtkOSOpenGLRenderWindow": "libosmesa6", "vtkEGLRenderWindow": "libegl1 and libgl1-mesa-dri"}


class NoOffscreenRenderingError(RuntimeError):
    """A library is missing without which VTK would end the whole process at its first picture."""


def prepare() -> None:
    """Set what Qt and VTK read from the environment; a value that is there already wins."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", RENDER_WINDOW)


def check() -> None:
    """See that VTK can render.

    Raises:
        NoOffscreenRenderingError: If the library behind the chosen kind of render window cannot be loaded.
    """
    kind = os.environ.get("VTK_DEFAULT_OPENGL_WINDOW", "")
    library = _LIBRARY.get(kind)
    if library is None:
        return
    try:
        ctypes.CDLL(library)
    except OSError as error:
        msg = f"{library} is missing, and VTK cannot render without it: please install {_PACKAGE[kind]} ({error})"
        raise NoOffscreenRenderingError(msg) from error
