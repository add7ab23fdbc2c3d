"""Attributes of Qt objects as PythonQt has them: properties are attributes, assignment coerces, nothing new is taken.

`install` changes PySide's own classes, once and for the whole process; `slicer`, `qt` and `ctk` hand out these classes.
"""

import enum
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import shiboken6
from PySide6 import QtCore, QtGui, QtNetwork, QtPrintSupport, QtWidgets
from PySide6.QtCore import QMetaObject, QObject

from Testing.support.host import dialogs, slots

QT_MODULES = (QtCore, QtGui, QtWidgets, QtNetwork, QtPrintSupport)

# A property whose getter is virtual cannot become an attribute: C++ asks the Python class for an override of that name,
# finds the property, asks for its value, and so on for ever. These stay methods here, and are attributes in Slicer.
VIRTUAL_GETTERS = frozenset(
    {("QWidget", "sizeHint"), ("QWidget", "minimumSizeHint"), ("QProgressBar", "text")}
    | {(name, "duration") for name in ("QAbstractAnimation", "QAnimationGroup", "QVariantAnimation", "QPauseAnimation")}
)
# Lists of objects and of strings come back as tuples.
_LISTS = {
    QObject: ("children", "findChildren", "dynamicPropertyNames"),
    QtWidgets.QWidget: ("actions",),
    QtWidgets.QFileDialog: ("selectedFiles", "nameFilters"),
    QtWidgets.QListWidget: ("selectedItems", "findItems"),
    QtWidgets.QTableWidget: ("selectedItems", "selectedRanges", "findItems"),
    QtWidgets.QTreeWidget: ("selectedItems", "findItems"),
    QtWidgets.QButtonGroup: ("buttons",),
}
_WHOLE = frozenset({"int", "uint", "qlonglong", "qulonglong", "short", "ushort", "long", "ulong"})
_set = shiboken6.Object.__setattr__


class QtProperty:
    """A Qt property as an attribute; of the class itself one still gets what was there, such as `QTimer.singleShot`."""

    def __init__(self, owner: QMetaObject, index: int, of_class: object) -> None:
        meta = owner.property(index)
        self.name, self.type_name, self.writable = meta.name(), meta.typeName(), meta.isWritable()
        self.enum, self.of_class = meta.isEnumType(), of_class

    def __get__(self, instance: QObject | None, owner: type) -> Any:
        """Return the value, a list as a tuple."""
        if instance is None:
            return self.of_class
        value = instance.property(self.name)
        return tuple(value) if isinstance(value, list) else value

    def __set__(self, instance: QObject, value: object) -> None:
        """Set the value, made into the property's type first."""
        what = f"{instance.metaObject().className()}.{self.name}"
        if not self.writable:
            msg = f"the property {what} cannot be set"
            raise AttributeError(msg)
        if not instance.setProperty(self.name, coerced(value, "enum" if self.enum else self.type_name, what)):
            msg = f"the property {what}, a {self.type_name}, does not take {value!r}"
            raise AttributeError(msg)


def coerced(value: Any, type_name: str, what: str) -> Any:
    """Return `value` as PythonQt hands it to a property of this C++ type.

    Raises:
        AttributeError: If it cannot be made into one.
    """
    try:
        if type_name == "QString":
            return str(value)
        if type_name == "QStringList":
            return [str(one) for one in value]
        if type_name in _WHOLE:
            return int(value)
        if type_name in {"double", "float"}:
            return float(value)
        if type_name == "bool":
            return bool(int(value))
    except (TypeError, ValueError) as error:
        msg = f"{what} is a {type_name} and does not take {value!r}"
        raise AttributeError(msg) from error
    return value.value if type_name == "enum" and isinstance(value, enum.Enum) else value


def _look_up(original: Callable[[QObject, str], Any]) -> Callable[[QObject, str], Any]:
    def getattribute(self: QObject, name: str) -> Any:
        if name in {"connect", "disconnect"}:
            how = getattr(slots, name)
            return lambda *arguments: how(self, *arguments)
        value = original(self, name)
        if isinstance(value, list) and isinstance(inspect.getattr_static(type(self), name, None), QtCore.Property):
            return tuple(value)  # of a stand-in
        return slots.BoundSignal(self, name, value) if isinstance(value, QtCore.SignalInstance) else value

    return getattribute


def _getattr(self: QObject, name: str) -> Any:
    if not name.startswith("__") and name.encode() in _dynamic_names(self):
        return self.property(name)
    msg = f"{self.metaObject().className()} has no attribute {name}"
    raise AttributeError(msg)


def _dynamic_names(instance: QObject) -> list[bytes]:
    return [one.data() for one in _dynamic_property_names(instance)]


_dynamic_property_names = QObject.dynamicPropertyNames


def _setattr(self: QObject, name: str, value: object) -> None:
    attribute = inspect.getattr_static(type(self), name, None)
    if isinstance(attribute, QtProperty):
        attribute.__set__(self, value)
    elif isinstance(attribute, QtCore.Property) and attribute.fset is not None:
        attribute.fset(self, value)  # of a stand-in; PySide's own way would keep it in the Python object alone
    elif isinstance(attribute, (property, QtCore.Property)) or _made_in_python(type(self)):
        _set(self, name, value)
    elif name.encode() in _dynamic_names(self):
        self.setProperty(name, value)
    elif not _loading:
        msg = f"{self.metaObject().className()} takes no new attribute {name}: it is a C++ object"
        raise AttributeError(msg)


_loading: list[bool] = []


@contextmanager
def loading_ui_file() -> Iterator[None]:
    """Let PySide's loader set each child as an attribute of the outermost widget, and forget it: PythonQt has none."""
    _loading.append(True)
    try:
        yield
    finally:
        _loading.pop()


def _made_in_python(cls: type) -> bool:
    """Tell whether a module made this class; PySide's classes and the stand-ins pose as C++."""
    return not (cls.__module__.startswith(("PySide6.", "shiboken6")) or "cxx_file" in vars(cls))


def qt_classes() -> Iterable[type[QObject]]:
    """Yield every QObject class of the Qt modules that Slicer's `qt` has, base classes first."""
    # dir, not vars: PySide makes a class when it is first asked for
    named = [getattr(module, name) for module in QT_MODULES for name in dir(module)]
    found = {one for one in named if isinstance(one, type) and issubclass(one, QObject)}
    return sorted(found, key=lambda one: (len(one.__mro__), one.__name__))


def _as_tuple(method: Callable[..., Iterable[object]]) -> Callable[..., tuple[object, ...]]:
    return lambda self, *arguments, **named: tuple(method(self, *arguments, **named))


def _single_shot(milliseconds: int, slot: slots.Slot) -> None:
    timer = QtCore.QTimer(QtCore.QCoreApplication.instance())
    timer.setProperty("singleShot", True)
    slots.connect(timer, "timeout()", slot)
    slots.connect(timer, "timeout()", timer.deleteLater)
    timer.start(int(milliseconds))


def install() -> None:
    """Give PySide's classes the behavior of PythonQt. A second call changes nothing."""
    if getattr(QObject, "__getattr__", None) is _getattr:
        return
    QtCore.QTimer.singleShot = staticmethod(_single_shot)
    for cls in qt_classes():
        meta = cls.staticMetaObject
        for index in range(meta.propertyOffset(), meta.propertyCount()):
            name = meta.property(index).name()
            if (cls.__name__, name) not in VIRTUAL_GETTERS:
                setattr(cls, name, QtProperty(meta, index, getattr(cls, name, None)))
        cls.__setattr__, cls.__getattr__ = _setattr, _getattr
        if "__getattribute__" in vars(cls):  # QObject, and those with a static method of a method's name, as QFile
            cls.__getattribute__ = _look_up(cls.__getattribute__)
    for cls, names in _LISTS.items():
        for name in names:
            setattr(cls, name, _as_tuple(getattr(cls, name)))
    QObject.name = inspect.getattr_static(QObject, "objectName")
    QObject.className = lambda self: self.metaObject().className()
    dialogs.install(_single_shot)
