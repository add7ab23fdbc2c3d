"""Which widget can show which type of parameter, as Slicer's parameter node wrapper pairs them: by the exact class."""

import enum
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

from PySide6 import QtWidgets

from Testing.support.host import ctk_widgets, mrml_widgets


class Connector(NamedTuple):
    """How to read, write and hear one widget."""

    read: Callable[[], Any]
    write: Callable[[Any], None]
    widget: Any
    signal: str
    heard: list[Callable[[], None]]

    def listen(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the user changes the widget."""
        self.heard.append(callback)
        self.widget.connect(self.signal, callback)

    def forget(self) -> None:
        """Call nothing any more."""
        while self.heard:
            self.widget.disconnect(self.signal, self.heard.pop())


_PLAIN = (
    (QtWidgets.QCheckBox, bool, "checked", "toggled(bool)"),
    (QtWidgets.QPushButton, bool, "checked", "toggled(bool)"),
    (QtWidgets.QSlider, int, "value", "valueChanged(int)"),
    (QtWidgets.QSpinBox, int, "value", "valueChanged(int)"),
    (QtWidgets.QDoubleSpinBox, float, "value", "valueChanged(double)"),
    (ctk_widgets.ctkSliderWidget, float, "value", "valueChanged(double)"),
    (QtWidgets.QLineEdit, str, "text", "textChanged(QString)"),
    (QtWidgets.QTextEdit, str, "plainText", "textChanged()"),
    (ctk_widgets.ctkPathLineEdit, pathlib.PurePath, "currentPath", "currentPathChanged(QString)"),
    (ctk_widgets.ctkDirectoryButton, pathlib.PurePath, "directory", "directoryChanged(QString)"),
)


def connector_for(widget: Any, parameter: Any) -> Connector:
    """Return how to bind `widget` to a `Parameter`.

    Raises:
        RuntimeError: If Slicer binds no such pair.
    """
    if type(widget) is mrml_widgets.qMRMLNodeComboBox and parameter.is_node():
        widget.nodeTypes = [parameter.type.__name__]
        return Connector(widget.currentNode, widget.setCurrentNode, widget, "currentNodeChanged(vtkMRMLNode*)", [])
    if type(widget) is QtWidgets.QComboBox:
        return _combo_box(widget, parameter)
    for cls, kind, name, signal in _PLAIN:
        if type(widget) is cls and issubclass(parameter.type, kind) and (kind is not int or parameter.type is int):
            return _plain(widget, parameter, name, signal)
    msg = f"Unable to create GUI connector from datatype '{parameter.type}' to widget type '{type(widget)}'"
    raise RuntimeError(msg)


def _plain(widget: Any, parameter: Any, name: str, signal: str) -> Connector:
    _set_range(widget, parameter)

    def read() -> Any:
        return parameter.type(widget.property(name))

    def write(value: Any) -> None:
        widget.setProperty(name, str(value) if isinstance(value, pathlib.PurePath) else value)

    return Connector(read, write, widget, signal, [])


def _set_range(widget: Any, parameter: Any) -> None:
    if parameter.type not in {int, float}:
        return
    low = next((one.minimum for one in parameter.annotations if hasattr(one, "minimum")), None)
    high = next((one.maximum for one in parameter.annotations if hasattr(one, "maximum")), None)
    if type(widget) is ctk_widgets.ctkSliderWidget and (low is None or high is None):
        msg = "Cannot have a connection to ctkSliderWidget where the float types is unbounded."
        raise RuntimeError(msg)
    limit = 2**31 - 1 if parameter.type is int else float("inf")
    widget.minimum = -limit if low is None else low
    widget.maximum = limit if high is None else high


def _combo_box(widget: QtWidgets.QComboBox, parameter: Any) -> Connector:
    choice = next((one.choices for one in parameter.annotations if hasattr(one, "choices")), None)
    if issubclass(parameter.type, enum.Enum):
        choice, texts = (
            list(parameter.type),
            [getattr(one, "label", lambda one=one: one.name)() for one in parameter.type],
        )
    elif choice is None:
        msg = "ComboBoxToStringableConnector requires the Choice annotation to be used."
        raise RuntimeError(msg)
    else:
        texts = [str(one) for one in choice]
    widget.clear()
    widget.addItems(texts)

    def write(value: Any) -> None:
        widget.setCurrentIndex(choice.index(value))

    return Connector(lambda: choice[widget.property("currentIndex")], write, widget, "currentIndexChanged(int)", [])
