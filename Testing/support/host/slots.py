"""Signals and slots as PythonQt has them: two ways to connect, slots that take what they can, exceptions only printed.

In Slicer an exception in a slot is printed and forgotten, and a connection to a signal that does not exist is a line in
the console. Here the first is collected, so that a test can fail on it, and the second raises.
"""

import inspect
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import shiboken6
from PySide6.QtCore import SIGNAL, QMetaMethod, QMetaObject, QObject

Slot = Callable[..., object]
_VTK_TYPE = re.compile(r"vtk\w+\*|QList<vtkIdType>|vtkIdType")
_connect = QObject.connect
_disconnect = QObject.disconnect
_attribute = QObject.__getattribute__


class _Connection(NamedTuple):
    slot: Slot
    made: Any  # QMetaObject.Connection


@dataclass
class Failures:
    """What went wrong where Qt or VTK called Python: one traceback each, the newest last."""

    tracebacks: list[str] = field(default_factory=list)

    def take(self) -> list[str]:
        """Return what was collected and forget it."""
        taken, self.tracebacks[:] = list(self.tracebacks), []
        return taken

    def add(self) -> None:
        """Keep the exception that is being handled, and print it as PythonQt does."""
        text = traceback.format_exc()
        self.tracebacks.append(text)
        sys.stderr.write(text)

    def hook(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        """Serve as `sys.excepthook`: virtual methods and VTK observers end there."""
        text = "".join(traceback.format_exception(kind, error, trace))
        self.tracebacks.append(text)
        sys.stderr.write(text)


failures = Failures()
_connections: dict[tuple[int, str], list[_Connection]] = {}


def guarded(slot: Slot) -> Slot:
    """Return `slot` for Qt to call: with at most the arguments that it takes, and with its exceptions collected.

    Only plain functions and methods get fewer arguments than the signal has; everything else that can be called
    (`functools.partial`, a method of a Qt object, an object with `__call__`) gets all of them, as in PythonQt.
    """
    takes = _positional_arguments(slot)

    def call(*arguments: object) -> None:
        try:
            slot(*arguments[:takes])
        except Exception:  # noqa: BLE001 -- whatever it is, Slicer prints it and goes on
            failures.add()

    return call


def _positional_arguments(slot: Slot) -> int | None:
    function, bound = (slot.__func__, 1) if inspect.ismethod(slot) else (slot, 0)
    if not inspect.isfunction(function) or function.__code__.co_flags & inspect.CO_VARARGS:
        return None
    return function.__code__.co_argcount - bound


def find_signal(sender: QObject, signature: str) -> str:
    """Return the signal of `sender` as Qt writes it.

    Args:
        sender: Any Qt object.
        signature: Such as `clicked(bool)` or, of a stand-in, `currentNodeChanged(vtkMRMLNode*)`.

    Raises:
        ValueError: If `sender` has no such signal. Slicer would print a line and return False.
    """
    normal = QMetaObject.normalizedSignature(signature).data().decode()
    declared = getattr(type(sender), "cxx_signals", ())
    known = normal in declared if _VTK_TYPE.search(normal) else True
    normal = _VTK_TYPE.sub("PyObject", normal)
    if not known or sender.metaObject().indexOfSignal(normal) < 0:
        msg = f"{sender.metaObject().className()} has no signal {signature}"
        raise ValueError(msg)
    return normal


def connect(sender: QObject, signature: str, *receiver: Any) -> bool:
    """Connect a signal to a callable, or to a receiver and the signature of its slot."""
    normal = find_signal(sender, signature)
    slot = receiver[0] if len(receiver) == 1 else _named_slot(*receiver)
    if not callable(slot):
        msg = f"{signature} can be connected to something callable only, got {slot!r}"
        raise TypeError(msg)
    key = (shiboken6.getCppPointer(sender)[0], normal)
    if key not in _connections:
        _connections[key] = []
        _connect(sender, SIGNAL("destroyed()"), lambda: _connections.pop(key, None))
    _connections[key].append(_Connection(slot, _made(sender, normal, guarded(slot))))
    return True


def _made(sender: QObject, normal: str, slot: Slot) -> Any:
    if "::" not in normal:
        return _connect(sender, SIGNAL(normal), slot)
    # PySide takes no signature with a scoped type, such as finished(int,QProcess::ExitStatus)
    return _attribute(sender, normal.partition("(")[0]).connect(slot)


def _named_slot(receiver: QObject, signature: str) -> Slot:
    name = signature.partition("(")[0]
    slot = getattr(receiver, name, None)
    if slot is None:
        msg = f"{receiver.metaObject().className()} has no slot {signature}"
        raise ValueError(msg)
    return slot  # type: ignore[no-any-return]


def disconnect(sender: QObject, signature: str, slot: Slot | None = None) -> bool:
    """Undo what `connect` did, for one slot or for all; return whether there was anything to undo."""
    key = (shiboken6.getCppPointer(sender)[0], find_signal(sender, signature))
    made = _connections.get(key, [])
    leaving = [one for one in made if slot is None or one.slot == slot]
    for one in leaving:
        made.remove(one)
        _disconnect(one.made)
    return bool(leaving)


@dataclass(frozen=True)
class BoundSignal:
    """What `button.clicked` is in PythonQt: something to connect, to disconnect and to call."""

    sender: QObject
    name: str
    instance: Any  # the signal as PySide has it, for emitting

    @property
    def signature(self) -> str:
        """Return the signature of the first signal of this name, which is the one PythonQt connects to."""
        of = self.sender.metaObject()
        methods = (of.method(index) for index in range(of.methodCount()))
        return next(
            method.methodSignature().data().decode()
            for method in methods
            if method.methodType() == QMetaMethod.MethodType.Signal and method.name().data().decode() == self.name
        )

    def connect(self, slot: Slot) -> bool:
        """Connect, as the string form does."""
        return self._by_signature(connect, slot)

    def disconnect(self, slot: Slot | None = None) -> bool:
        """Disconnect one slot, or all."""
        return self._by_signature(disconnect, slot)

    def _by_signature(self, how: Callable[..., bool], slot: Slot | None) -> bool:
        signature = self.signature
        if "PyObject" in signature:  # a VTK type: the stand-in says which
            signature = next(one for one in type(self.sender).cxx_signals if one.startswith(f"{self.name}("))
        return how(self.sender, signature, slot)

    def emit(self, *arguments: object) -> None:
        """Emit the signal."""
        self.instance.emit(*arguments)

    __call__ = emit
