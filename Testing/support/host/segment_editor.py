"""A stand-in for the Segment Editor widget: the real editor logic, node and undo history behind plain Qt widgets.

Effects are buttons that can be turned on and off; they change nothing. Nor does the masking.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from Testing.support.host import segment_editor_parts as looks
from Testing.support.host.mrml_widgets import qMRMLWidget
from Testing.support.host.standin import qt_property, state

# The effects of Slicer itself, Modules/Loadable/Segmentations/EditorEffects and Modules/Scripted/SegmentEditorEffects.
EFFECTS = (
    "Threshold", "Paint", "Draw", "Erase", "Level tracing", "Grow from seeds", "Fill between slices", "Margin",
    "Hollow", "Smoothing", "Scissors", "Islands", "Logical operators", "Mask volume",
)  # fmt: skip


class qSlicerSegmentEditorAbstractEffect(QtCore.QObject):
    """One effect, of which only the name is here."""

    cxx_file: ClassVar = "Slicer/Modules/Loadable/Segmentations/EditorEffects/qSlicerSegmentEditorAbstractEffect.h"
    name = qt_property("QString", "name", "")


class qSlicerSegmentEditorEffectFactory(QtCore.QObject):
    """Where effects are registered."""

    cxx_file: ClassVar = "Slicer/Modules/Loadable/Segmentations/EditorEffects/qSlicerSegmentEditorEffectFactory.h"
    effectRegistered = QtCore.Signal(str)

    @staticmethod
    def instance() -> "qSlicerSegmentEditorEffectFactory":
        """Return the only one."""
        return _factory


_factory = qSlicerSegmentEditorEffectFactory()


def _arrange(self: "qMRMLSegmentEditorWidget") -> None:
    self._arrange()


class qMRMLSegmentEditorWidget(qMRMLWidget):
    """Segments, effect buttons, undo and redo."""

    cxx_file: ClassVar = "Slicer/Modules/Loadable/Segmentations/Widgets/qMRMLSegmentEditorWidget.h"
    cxx_signals: ClassVar = (
        *qMRMLWidget.cxx_signals,
        "sourceVolumeNodeChanged(vtkMRMLVolumeNode*)",
        "segmentationNodeChanged(vtkMRMLSegmentationNode*)",
    )
    currentSegmentIDChanged = QtCore.Signal(str)
    sourceVolumeNodeChanged = QtCore.Signal(object)
    segmentationNodeChanged = QtCore.Signal(object)

    segmentationNodeSelectorVisible = qt_property("bool", "segmentationNodeSelectorVisible", True, _arrange)
    sourceVolumeNodeSelectorVisible = qt_property("bool", "sourceVolumeNodeSelectorVisible", True, _arrange)
    switchToSegmentationsButtonVisible = qt_property("bool", "switchToSegmentationsButtonVisible", True, _arrange)
    addRemoveSegmentButtonsVisible = qt_property("bool", "addRemoveSegmentButtonsVisible", True, _arrange)
    show3DButtonVisible = qt_property("bool", "show3DButtonVisible", True, _arrange)
    maskingSectionVisible = qt_property("bool", "maskingSectionVisible", True, _arrange)
    specifyGeometryButtonVisible = qt_property("bool", "specifyGeometryButtonVisible", True, _arrange)
    unorderedEffectsVisible = qt_property("bool", "unorderedEffectsVisible", True, _arrange)
    autoShowSourceVolumeNode = qt_property("bool", "autoShowSourceVolumeNode", True)
    undoEnabled = qt_property("bool", "undoEnabled", True)
    readOnly = qt_property("bool", "readOnly", False, _arrange)
    effectColumnCount = qt_property("int", "effectColumnCount", 2, _arrange)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        parts = looks.build(self)
        state(self).update(
            logic=slicer.vtkSlicerSegmentEditorLogic(), active=None, last="", order=[], shortcuts=[], observed=False,
            parts=parts,
        )  # fmt: skip
        parts.segmentations.connect("currentNodeChanged(vtkMRMLNode*)", self.setSegmentationNode)
        parts.volumes.connect("currentNodeChanged(vtkMRMLNode*)", self.setSourceVolumeNode)
        parts.table.connect("itemSelectionChanged()", self._row_chosen)
        parts.undo.connect("clicked()", self.undo)
        parts.redo.connect("clicked()", self.redo)
        parts.add.connect("clicked()", self._add)
        parts.remove.connect("clicked()", self._remove)
        parts.show_3d.connect("clicked(bool)", lambda on: looks.toggle_3d(self.segmentationNode(), shown=on))
        self._arrange()

    def _effect_names(self) -> list[str]:
        order = state(self)["order"]
        return [*order, *(one for one in EFFECTS if one not in order and self.unorderedEffectsVisible)]

    def _arrange(self) -> None:
        if "parts" not in state(self):
            return
        parts, node = state(self)["parts"], self.segmentationNode()
        parts.segmentations.setVisible(self.segmentationNodeSelectorVisible)
        parts.volumes.setVisible(self.sourceVolumeNodeSelectorVisible)
        parts.geometry.setVisible(self.specifyGeometryButtonVisible and self.sourceVolumeNodeSelectorVisible)
        parts.add.setVisible(self.addRemoveSegmentButtonsVisible)
        parts.remove.setVisible(self.addRemoveSegmentButtonsVisible)
        parts.show_3d.setVisible(self.show3DButtonVisible)
        parts.switch.setVisible(self.switchToSegmentationsButtonVisible)
        parts.masking.setVisible(self.maskingSectionVisible)
        for button in (parts.add, parts.remove, parts.show_3d):
            button.setEnabled(node is not None and not self.readOnly)
        looks.fill_effects(parts, self._effect_names(), self.effectColumnCount, self._effect_button)

    def _effect_button(self, name: str) -> QtWidgets.QToolButton:
        button = QtWidgets.QToolButton()
        button.setText(name)
        button.setCheckable(True)
        button.setChecked((state(self)["active"] or "None") == name)
        button.setEnabled(not self.readOnly and self.segmentationNode() is not None)
        button.connect("clicked(bool)", self._effect_clicked(name))
        return button

    def _add(self) -> None:
        self.saveStateForUndo()
        self.segmentationNode().GetSegmentation().AddEmptySegment("")
        self.updateWidgetFromMRML()

    def _remove(self) -> None:
        self.saveStateForUndo()
        self.segmentationNode().GetSegmentation().RemoveSegment(self.currentSegmentID())
        self.updateWidgetFromMRML()

    def _effect_clicked(self, name: str) -> Callable[[bool], None]:
        return lambda on: self.setActiveEffectByName(name if on else "")

    def mrmlSegmentEditorNode(self) -> Any:
        """Return the vtkMRMLSegmentEditorNode."""
        return state(self)["logic"].GetSegmentEditorNode()

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        """Set the node that keeps the selections."""
        state(self)["logic"].SetSegmentEditorNode(node)
        self.updateWidgetFromMRML()

    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene; the editor node goes with the old one."""
        if scene is not self.mrmlScene() and self.mrmlScene() is not None:
            state(self)["logic"].SetSegmentEditorNode(None)
        super().setMRMLScene(scene)
        state(self)["logic"].SetMRMLScene(scene)
        state(self)["parts"].segmentations.setMRMLScene(scene)
        state(self)["parts"].volumes.setMRMLScene(scene)
        self.updateWidgetFromMRML()

    def segmentationNode(self) -> Any:
        """Return the segmentation that is edited."""
        node = self.mrmlSegmentEditorNode()
        return node.GetSegmentationNode() if node is not None else None

    def setSegmentationNode(self, node: Any) -> None:
        """Choose the segmentation to edit."""
        self._choose("SetAndObserveSegmentationNode", node, self.segmentationNode(), self.segmentationNodeChanged)

    def sourceVolumeNode(self) -> Any:
        """Return the volume that effects look at."""
        node = self.mrmlSegmentEditorNode()
        return node.GetSourceVolumeNode() if node is not None else None

    def setSourceVolumeNode(self, node: Any) -> None:
        """Choose the volume that effects look at; as in Slicer, after the segmentation."""
        if node is not None and (self.mrmlSegmentEditorNode() is None or self.segmentationNode() is None):
            msg = "setSourceVolumeNode: need to set segment editor and segmentation nodes first"
            raise RuntimeError(msg)
        self._choose("SetAndObserveSourceVolumeNode", node, self.sourceVolumeNode(), self.sourceVolumeNodeChanged)

    def _choose(self, how: str, node: Any, before: Any, told: Any) -> None:
        editor = self.mrmlSegmentEditorNode()
        if editor is None or node is before:
            return
        getattr(editor, how)(node)
        self.updateWidgetFromMRML()
        told.emit(node)

    def updateWidgetFromMRML(self) -> None:
        """Show what the nodes say."""
        parts, node, logic = state(self)["parts"], self.segmentationNode(), state(self)["logic"]
        logic.SetSegmentationNode(node)
        logic.SetSourceVolumeNode(self.sourceVolumeNode())
        for box, shown in ((parts.segmentations, node), (parts.volumes, self.sourceVolumeNode())):
            blocker = QtCore.QSignalBlocker(box)
            box.setCurrentNode(shown)
            blocker.unblock()
        looks.fill_table(parts.table, node.GetSegmentation() if node is not None else None)
        self._arrange()

    def _row_chosen(self) -> None:
        chosen = state(self)["parts"].table.selectedItems()
        if chosen:
            self.setCurrentSegmentID(chosen[0].data(QtCore.Qt.ItemDataRole.UserRole))

    def currentSegmentID(self) -> str:
        """Return the segment that effects change, empty for none."""
        node = self.mrmlSegmentEditorNode()
        return (node.GetSelectedSegmentID() or "") if node is not None else ""

    def setCurrentSegmentID(self, segment_id: str) -> None:
        """Choose the segment that effects change."""
        node = self.mrmlSegmentEditorNode()
        if node is not None and segment_id != self.currentSegmentID():
            node.SetSelectedSegmentID(segment_id)
            self.currentSegmentIDChanged.emit(segment_id)

    def availableEffectNames(self) -> tuple[str, ...]:
        """Return the names of all effects."""
        return EFFECTS

    def setEffectNameOrder(self, names: list[str]) -> None:
        """Show these effects first."""
        unknown = [name for name in names if name not in EFFECTS]
        if unknown:
            msg = f"Slicer has no effects {unknown}; it would show none"
            raise ValueError(msg)
        state(self)["order"] = list(names)
        self._arrange()

    def effectNameOrder(self) -> tuple[str, ...]:
        """Return what was asked for."""
        return tuple(state(self)["order"])

    def effectByName(self, name: str) -> qSlicerSegmentEditorAbstractEffect | None:
        """Return the effect of that name."""
        made = qSlicerSegmentEditorAbstractEffect(self) if name in EFFECTS else None
        if made is not None:
            made.name = name
        return made

    def activeEffect(self) -> qSlicerSegmentEditorAbstractEffect | None:
        """Return the effect that is on."""
        return self.effectByName(state(self)["active"] or "")

    def setActiveEffect(self, effect: qSlicerSegmentEditorAbstractEffect | None) -> None:
        """Turn an effect on, or with None all of them off."""
        self.setActiveEffectByName("" if effect is None else effect.name)

    def setActiveEffectByName(self, name: str) -> None:
        """Turn an effect on, or with an empty name all of them off."""
        state(self)["active"] = name if name in EFFECTS else None
        if name in EFFECTS:
            state(self)["last"] = name
        if self.mrmlSegmentEditorNode() is not None:
            self.mrmlSegmentEditorNode().SetActiveEffectName(name)
        self._arrange()

    def updateEffectList(self) -> None:
        """Show the effects again."""
        self._arrange()

    def installKeyboardShortcuts(self, parent: QtWidgets.QWidget | None = None) -> None:
        """Make Slicer's keys work in the whole window of `parent`: digits, space, letters, Escape, undo and redo.

        Read in qMRMLSegmentEditorWidget.cxx: each is a QShortcut with the usual context, which is the window.
        """
        self.uninstallKeyboardShortcuts()
        names = self._effect_names()
        keys = {str(place % 10): partial(self._toggle, name) for place, name in enumerate(names[:10], 1)}
        keys |= {"Ctrl+Z": self.undo, "Z": self.undo, "Ctrl+Y": self.redo, "Y": self.redo}
        keys |= {"Esc": partial(self.setActiveEffectByName, ""), "Space": self._toggle_last, "I": lambda: None}
        for previous, following in (("Q", "W"), ("/", "*"), (",", "."), (">", "<")):
            keys |= {previous: partial(self._select, -1), following: partial(self._select, 1)}
        for key, what in keys.items():
            shortcut = QtGui.QShortcut(QtGui.QKeySequence(key), parent or slicer.util.mainWindow() or self)
            shortcut.connect("activated()", what)
            state(self)["shortcuts"].append(shortcut)

    def _toggle(self, name: str) -> None:
        self.setActiveEffectByName("" if state(self)["active"] == name else name)

    def _toggle_last(self) -> None:
        self.setActiveEffectByName("" if state(self)["active"] else state(self)["last"])

    def _select(self, offset: int) -> None:
        table = state(self)["parts"].table
        row = min(max(table.currentRow() + offset, 0), table.rowCount - 1)
        if row >= 0:
            table.setCurrentCell(row, 0)

    def uninstallKeyboardShortcuts(self) -> None:
        """Take the keys away."""
        for shortcut in state(self)["shortcuts"]:
            shortcut.setEnabled(False)
            shortcut.setParent(None)
        state(self)["shortcuts"] = []

    def setupViewObservations(self) -> None:
        """Listen to the views."""
        state(self)["observed"] = True

    def removeViewObservations(self) -> None:
        """Listen to the views no more."""
        state(self)["observed"] = False

    def setMaximumNumberOfUndoStates(self, count: int) -> None:
        """Say how far back undo goes."""
        state(self)["logic"].SetMaximumNumberOfUndoStates(count)

    def saveStateForUndo(self) -> None:
        """Keep the segmentation as it is, for undo."""
        state(self)["logic"].SaveStateForUndo()

    def undo(self) -> None:
        """Go back."""
        state(self)["logic"].Undo()

    def redo(self) -> None:
        """Go forward again."""
        state(self)["logic"].Redo()

    def setSegmentationNodeSelectorVisible(self, on: bool) -> None:
        """Show or hide the choice of the segmentation."""
        self.segmentationNodeSelectorVisible = on

    def setSourceVolumeNodeSelectorVisible(self, on: bool) -> None:
        """Show or hide the choice of the volume."""
        self.sourceVolumeNodeSelectorVisible = on

    def setSwitchToSegmentationsButtonVisible(self, on: bool) -> None:
        """Show or hide the way to the Segmentations module."""
        self.switchToSegmentationsButtonVisible = on

    def setAddRemoveSegmentButtonsVisible(self, on: bool) -> None:
        """Show or hide Add and Remove."""
        self.addRemoveSegmentButtonsVisible = on

    def setShow3DButtonVisible(self, on: bool) -> None:
        """Show or hide Show 3D."""
        self.show3DButtonVisible = on

    def setMaskingSectionVisible(self, on: bool) -> None:
        """Show or hide the masking."""
        self.maskingSectionVisible = on

    def setSpecifyGeometryButtonVisible(self, on: bool) -> None:
        """Show or hide the choice of another grid."""
        self.specifyGeometryButtonVisible = on
