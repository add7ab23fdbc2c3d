"""What the stand-ins for CTK's and Slicer's own widgets share.

A stand-in names the header it was read from (`cxx_file`) and, where a signal carries a VTK object, the signature that
Slicer has (`cxx_signals`). It has a few of the real widget's properties, methods and signals, never one that the real
one lacks: `names.toml` lists them, and a test compares.
"""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Property, QObject

from Testing.support.host.attributes import coerced

_KINDS = {"QString": str, "bool": bool, "int": int, "double": float, "QStringList": list}


def state(instance: QObject) -> dict[str, Any]:
    """Return what a stand-in keeps for itself; its attributes are closed, as those of a C++ object are."""
    return vars(instance).setdefault("_state", {})


def qt_property(kind: str, name: str, default: Any, changed: Callable[[Any], None] | None = None) -> Property:
    """Return a Qt property of C++ type `kind` that only keeps its value, and calls `changed(widget)` after a change.

    It is known to Qt, so a .ui file can set it, and coerces what Python assigns.
    """

    def read(self: QObject) -> Any:
        value = state(self).get(name, default)
        return tuple(value) if kind == "QStringList" else value

    def write(self: QObject, value: Any) -> None:
        made = coerced(value, kind, f"{type(self).__name__}.{name}")
        if made != state(self).get(name, default):
            state(self)[name] = made
            if changed is not None:
                changed(self)

    return Property(kind if kind == "QStringList" else _KINDS[kind], read, write)
