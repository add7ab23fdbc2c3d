"""Stand-ins for Slicer's widgets that show MRML nodes; the nodes and the scene are real."""

from typing import Any, ClassVar

import vtk
from PySide6 import QtCore, QtWidgets
from slicer import vtkMRMLScene

from Testing.support.host.standin import qt_property, state

_SCENE_EVENTS = (
    vtkMRMLScene.NodeAddedEvent,
    vtkMRMLScene.NodeRemovedEvent,
    vtkMRMLScene.EndBatchProcessEvent,
    vtkMRMLScene.EndCloseEvent,
)


class qMRMLWidget(QtWidgets.QWidget):
    """A widget that knows a scene; the outermost of a module's .ui file."""

    cxx_file: ClassVar = "Slicer/Libs/MRML/Widgets/qMRMLWidget.h"
    cxx_signals: ClassVar = ("mrmlSceneChanged(vtkMRMLScene*)",)
    mrmlSceneChanged = QtCore.Signal(object)

    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene and tell those who are connected."""
        if scene is not state(self).get("scene"):
            state(self)["scene"] = scene
            self.mrmlSceneChanged.emit(scene)

    def mrmlScene(self) -> Any:
        """Return the scene."""
        return state(self).get("scene")


def _refill(self: "qMRMLNodeComboBox") -> None:
    self._refill()


class qMRMLNodeComboBox(QtWidgets.QWidget):
    """A combo box with the nodes of the scene that fit. Its menu entries (create, rename, ...) are left out."""

    cxx_file: ClassVar = "Slicer/Libs/MRML/Widgets/qMRMLNodeComboBox.h"
    cxx_signals: ClassVar = (
        "currentNodeChanged(vtkMRMLNode*)",
        "nodeActivated(vtkMRMLNode*)",
        "nodeAdded(vtkMRMLNode*)",
    )
    currentNodeChanged = QtCore.Signal((object,), (bool,))
    currentNodeIDChanged = QtCore.Signal(str)
    nodeActivated = QtCore.Signal(object)
    nodeAdded = QtCore.Signal(object)

    nodeTypes = qt_property("QStringList", "nodeTypes", (), _refill)
    showHidden = qt_property("bool", "showHidden", False, _refill)
    showChildNodeTypes = qt_property("bool", "showChildNodeTypes", True, _refill)
    hideChildNodeTypes = qt_property("QStringList", "hideChildNodeTypes", (), _refill)
    noneEnabled = qt_property("bool", "noneEnabled", False, _refill)
    noneDisplay = qt_property("QString", "noneDisplay", "None", _refill)
    addEnabled = qt_property("bool", "addEnabled", True)
    removeEnabled = qt_property("bool", "removeEnabled", True)
    editEnabled = qt_property("bool", "editEnabled", False)
    renameEnabled = qt_property("bool", "renameEnabled", False)
    selectNodeUponCreation = qt_property("bool", "selectNodeUponCreation", True)
    baseName = qt_property("QString", "baseName", "")

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        box = QtWidgets.QComboBox()
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(box)
        state(self).update(box=box, scene=None, nodes=[], current=None, attributes=[], tags=[])
        box.connect("activated(int)", self._chosen)
        box.connect("currentIndexChanged(int)", self._moved)
        self.setFocusProxy(box)
        self.setEnabled(False)

    def setMRMLScene(self, scene: Any) -> None:
        """Show the nodes of this scene."""
        mine = state(self)
        for tag in mine["tags"]:
            mine["scene"].RemoveObserver(tag)
        mine.update(scene=scene, tags=[])
        if scene is not None:
            mine["tags"] = [scene.AddObserver(event, lambda *_: self._refill()) for event in _SCENE_EVENTS]
            self.connect("destroyed()", lambda: [scene.RemoveObserver(tag) for tag in mine["tags"]])
        self.setEnabled(scene is not None)
        self._refill()

    def mrmlScene(self) -> Any:
        """Return the scene."""
        return state(self)["scene"]

    def addAttribute(self, node_type: str, name: str, value: str | None = None) -> None:
        """Show only nodes of that type that have this attribute, with this value if one is given."""
        state(self)["attributes"].append((node_type, name, value))
        self._refill()

    def _fits(self, node: Any) -> bool:
        types, hidden = self.nodeTypes, self.hideChildNodeTypes
        right = any(node.IsA(one) if self.showChildNodeTypes else node.GetClassName() == one for one in types)
        shown = self.showHidden or not node.GetHideFromEditors()
        return (
            right
            and shown
            and not any(node.IsA(one) for one in hidden)
            and all(
                node.GetAttribute(name) is not None and value in {None, node.GetAttribute(name)}
                for node_type, name, value in state(self)["attributes"]
                if node.IsA(node_type)
            )
        )

    def _refill(self) -> None:
        mine = state(self)
        scene = mine["scene"]
        if scene is not None and scene.IsBatchProcessing():
            return
        nodes = [] if scene is None else [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
        fitting = [node for node in nodes if self._fits(node)]
        before = mine["nodes"]
        mine["nodes"] = [*([None] if self.noneEnabled else []), *fitting]
        blocker = QtCore.QSignalBlocker(mine["box"])
        mine["box"].clear()
        mine["box"].addItems([self.noneDisplay if node is None else node.GetName() or "" for node in mine["nodes"]])
        current = mine["current"] if mine["current"] in mine["nodes"] else next(iter(mine["nodes"]), None)
        mine["box"].setCurrentIndex(mine["nodes"].index(current) if mine["nodes"] else -1)
        blocker.unblock()
        self._set(current)
        for node in fitting:
            if node not in before:
                mine.setdefault("watched", []).append(node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._renamed))
                self.nodeAdded.emit(node)

    def _renamed(self, node: Any, _event: str) -> None:
        if node in state(self)["nodes"]:
            state(self)["box"].setItemText(state(self)["nodes"].index(node), node.GetName())

    def _moved(self, index: int) -> None:
        if index >= 0:
            self._set(state(self)["nodes"][index])

    def _chosen(self, index: int) -> None:
        self.nodeActivated.emit(state(self)["nodes"][index])

    def _set(self, node: Any) -> None:
        if node is state(self)["current"]:
            return
        state(self)["current"] = node
        self.currentNodeChanged.emit(node)
        self.currentNodeChanged.instance[bool].emit(node is not None)
        self.currentNodeIDChanged.emit(self.currentNodeID)

    def currentNode(self) -> Any:
        """Return the chosen node, or None."""
        return state(self)["current"]

    def setCurrentNode(self, node: Any) -> None:
        """Choose a node of the list; any other is the same as none."""
        nodes = state(self)["nodes"]
        index = nodes.index(node) if node in nodes else -1
        state(self)["box"].setCurrentIndex(index)
        self._set(node if index >= 0 else None)

    def setCurrentNodeID(self, node_id: str) -> None:
        """Choose a node by its id."""
        scene = state(self)["scene"]
        self.setCurrentNode(scene.GetNodeByID(node_id) if scene is not None and node_id else None)

    def _current_id(self) -> str:
        node = self.currentNode()
        return node.GetID() if node is not None else ""

    currentNodeID = QtCore.Property(str, _current_id, setCurrentNodeID)

    def nodeCount(self) -> int:
        """Return how many nodes fit."""
        return len([node for node in state(self)["nodes"] if node is not None])

    def nodeFromIndex(self, index: int) -> Any:
        """Return one of the nodes that fit, or None."""
        fitting = [node for node in state(self)["nodes"] if node is not None]
        return fitting[index] if 0 <= index < len(fitting) else None

    def addNode(self, node_type: str = "") -> Any:
        """Make a node of the first type, as the entry "Create new" does."""
        made = state(self)["scene"].AddNewNodeByClass(node_type or self.nodeTypes[0], self.baseName)
        if self.selectNodeUponCreation:
            self.setCurrentNode(made)
        return made
