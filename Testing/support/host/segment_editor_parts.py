"""The parts of the Segment Editor's panel, laid out as in Slicer's qMRMLSegmentEditorWidget.ui.

The effects stand in two columns left of the table of segments, Undo and Redo below them; options of the active effect
and the masking are below the table. Slicer shows pictures on the effects, with their names as tool tips; here the first
letters of the names stand in for the pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from Testing.support.host.ctk_widgets import ctkCollapsibleGroupBox
from Testing.support.host.mrml_widgets import qMRMLNodeComboBox

EFFECT_SIZE = 34
"""Of a button with a picture of 24 pixels, as Slicer has them."""


@dataclass(frozen=True)
class Parts:
    """What the editor shows and hides."""

    segmentations: qMRMLNodeComboBox
    volumes: qMRMLNodeComboBox
    add: QtWidgets.QPushButton
    remove: QtWidgets.QPushButton
    show_3d: QtWidgets.QPushButton
    switch: QtWidgets.QToolButton
    geometry: QtWidgets.QToolButton
    effects: QtWidgets.QFrame
    undo: QtWidgets.QToolButton
    redo: QtWidgets.QToolButton
    table: QtWidgets.QTableWidget
    masking: ctkCollapsibleGroupBox


def build(editor: QtWidgets.QWidget) -> Parts:
    """Make the parts inside the editor's widget."""
    segmentations, volumes = qMRMLNodeComboBox(), qMRMLNodeComboBox()
    segmentations.nodeTypes, volumes.nodeTypes = ["vtkMRMLSegmentationNode"], ["vtkMRMLScalarVolumeNode"]
    segmentations.noneEnabled = volumes.noneEnabled = True
    table = QtWidgets.QTableWidget(0, 1)
    table.setHorizontalHeaderLabels(["Name"])
    table.horizontalHeader().setStretchLastSection(True)
    table.setMinimumHeight(120)
    parts = Parts(
        segmentations=segmentations, volumes=volumes, add=_push("Add"), remove=_push("Remove"),
        show_3d=_push("Show 3D"), switch=_tool("Segmentations"), geometry=_tool("Specify geometry"),
        effects=_frame(), undo=_tool("Undo"), redo=_tool("Redo"), table=table, masking=_masking(),
    )  # fmt: skip
    parts.show_3d.setCheckable(True)
    column = QtWidgets.QVBoxLayout(editor)
    column.setContentsMargins(0, 0, 0, 0)
    for widget in (segmentations, _row(volumes, parts.geometry)):
        column.addWidget(widget)
    column.addWidget(_row(parts.add, parts.remove, parts.show_3d, parts.switch))
    grid = QtWidgets.QGridLayout(parts.effects)
    grid.setContentsMargins(4, 4, 4, 4)
    grid.setSpacing(4)
    column.addWidget(_row(_column(parts.effects, _row(parts.undo, parts.redo)), _column(table, parts.masking)))
    return parts


def fill_effects(parts: Parts, names: list[str], columns: int, button: Callable[[str], QtWidgets.QToolButton]) -> None:
    """Make the buttons of the effects anew, `None` before them as in Slicer."""
    grid = parts.effects.layout()
    for old in parts.effects.findChildren(QtWidgets.QToolButton):
        old.setParent(None)
    for place, name in enumerate(("None", *names)):
        made = button(name)
        made.setText(name[:2])
        made.setToolTip(name)
        made.setFixedSize(EFFECT_SIZE, EFFECT_SIZE)
        grid.addWidget(made, place // columns, place % columns)


def fill_table(table: QtWidgets.QTableWidget, segments: Any) -> None:
    """List the segments with their colors."""
    ids = list(segments.GetSegmentIDs()) if segments is not None else []
    blocker = QtCore.QSignalBlocker(table)
    table.setRowCount(len(ids))
    for row, segment_id in enumerate(ids):
        segment = segments.GetSegment(segment_id)
        item = QtWidgets.QTableWidgetItem(segment.GetName())
        item.setData(QtCore.Qt.ItemDataRole.UserRole, segment_id)
        item.setData(QtCore.Qt.ItemDataRole.DecorationRole, QtGui.QColor.fromRgbF(*segment.GetColor()))
        table.setItem(row, 0, item)
    blocker.unblock()


def toggle_3d(segmentation_node: Any, *, shown: bool) -> None:
    """Make or remove the closed surface, as the button Show 3D does."""
    segmentation = segmentation_node.GetSegmentation()
    surface = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    if shown:
        segmentation_node.CreateClosedSurfaceRepresentation()
    else:
        segmentation.RemoveRepresentation(surface)


def _masking() -> ctkCollapsibleGroupBox:
    box = ctkCollapsibleGroupBox()
    box.setTitle("Masking")
    form = QtWidgets.QFormLayout(box)
    for words, choices in (
        ("Editable area:", ("Everywhere", "Inside all segments", "Outside all segments")),
        ("Modify other segments:", ("Overwrite all", "Overwrite visible", "Allow overlap")),
    ):
        choice = QtWidgets.QComboBox()
        choice.addItems(choices)
        choice.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        form.addRow(words, choice)
    form.insertRow(1, "Editable intensity range:", QtWidgets.QCheckBox())
    return box


def _push(text: str) -> QtWidgets.QPushButton:
    return QtWidgets.QPushButton(text)


def _tool(text: str) -> QtWidgets.QToolButton:
    made = QtWidgets.QToolButton()
    made.setText(text)
    return made


def _frame() -> QtWidgets.QFrame:
    made = QtWidgets.QFrame()
    made.setFrameShape(QtWidgets.QFrame.Shape.StyledPanel)
    return made


def _row(*widgets: QtWidgets.QWidget) -> QtWidgets.QWidget:
    return _filled(QtWidgets.QHBoxLayout, widgets)


def _column(*widgets: QtWidgets.QWidget) -> QtWidgets.QWidget:
    made = _filled(QtWidgets.QVBoxLayout, widgets)
    made.layout().addStretch(1)
    return made


def _filled(layout: type[QtWidgets.QBoxLayout], widgets: tuple[QtWidgets.QWidget, ...]) -> QtWidgets.QWidget:
    made = QtWidgets.QWidget()
    box = layout(made)
    box.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        box.addWidget(widget)
    return made
