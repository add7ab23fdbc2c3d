"""`qt.QUiLoader`: loads a .ui file with the stand-ins, and refuses what Slicer would pass over in silence.

A widget class without a stand-in, one that the file does not declare under `<customwidgets>`, and a property that its
widget does not have are errors here. Connections that carry VTK objects are taken out of the file and made by hand.
"""

import re
import xml.etree.ElementTree as ET
from typing import Any

from PySide6 import QtCore, QtUiTools, QtWidgets

from Testing.support.host import attributes, slots


class UiFileError(RuntimeError):
    """A .ui file that Slicer would load otherwise than its author meant."""


class HostUiLoader(QtUiTools.QUiLoader):
    """A QUiLoader that knows the stand-ins."""

    cxx_file = "Qt/QUiLoader"
    standins: dict[str, type[QtWidgets.QWidget]] = {}  # noqa: RUF012 -- filled once, when the host starts

    def load(self, source: QtCore.QIODevice, parent: QtWidgets.QWidget | None = None) -> QtWidgets.QWidget:
        """Return the widget that the file describes."""
        tree = ET.fromstring(source.readAll().data())
        declared = {one.text for one in tree.iterfind("customwidgets/customwidget/class")}
        self._check_classes(tree, declared)
        by_hand = _take_out_vtk_connections(tree)
        buffer = QtCore.QBuffer()
        buffer.setData(ET.tostring(tree))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        with attributes.loading_ui_file():
            widget = super().load(buffer, parent)
        if widget is None:
            raise UiFileError(self.errorString())
        _check_properties(tree, widget)
        for sender, signal, receiver, slot in by_hand:
            slots.connect(_named(widget, sender), signal, _named(widget, receiver), slot)
        return widget

    def _check_classes(self, tree: ET.Element, declared: set[str | None]) -> None:
        known = set(self.availableWidgets()) | {"Line", "QLayoutWidget"}
        for element in tree.iter("widget"):
            name = element.get("class", "")
            if name in known:
                continue
            if name not in declared:
                msg = f"{name} is not declared under <customwidgets>: Slicer would show an empty widget instead"
                raise UiFileError(msg)
            if name not in self.standins:
                msg = f"there is no stand-in for {name}"
                raise UiFileError(msg)

    def createWidget(
        self, class_name: str, parent: QtWidgets.QWidget | None = None, name: str = ""
    ) -> QtWidgets.QWidget:
        """Make one widget; Qt calls this."""
        if class_name not in self.standins:
            return super().createWidget(class_name, parent, name)
        made = self.standins[class_name](parent)
        made.setObjectName(name)
        return made


def _take_out_vtk_connections(tree: ET.Element) -> list[tuple[str, str, str, str]]:
    connections = tree.find("connections")
    taken: list[tuple[str, str, str, str]] = []
    for one in [] if connections is None else list(connections):
        sender, signal, receiver, slot = (one.findtext(part, "") for part in ("sender", "signal", "receiver", "slot"))
        if re.search(r"vtk\w+", signal):
            taken.append((sender, signal, receiver, slot))
            connections.remove(one)
    return taken


def _named(widget: QtWidgets.QWidget, name: str) -> Any:
    found = [one for one in (widget, *widget.findChildren(QtCore.QObject)) if one.name == name]
    if not found:
        msg = f"the file names {name}, which is not in it"
        raise UiFileError(msg)
    return found[0]


def _check_properties(tree: ET.Element, root: QtWidgets.QWidget) -> None:
    for element in tree.iter("widget"):
        if element.get("class") == "Line":
            continue
        widget = _named(root, element.get("name", ""))
        for one in element.iterfind("property"):
            name = one.get("name", "")
            if name == "buddy" and isinstance(widget, QtWidgets.QLabel):  # the loader's own word for setBuddy
                _named(root, one.findtext("cstring", ""))
                continue
            dynamic = one.get("stdset") == "0"
            if not dynamic and widget.metaObject().indexOfProperty(name) < 0:
                msg = f'{widget.className()} has no property {name}; a dynamic one needs stdset="0"'
                raise UiFileError(msg)
