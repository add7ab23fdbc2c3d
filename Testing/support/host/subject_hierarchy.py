"""A stand-in for the subject hierarchy tree: a flat-looking Qt tree of the real subject hierarchy."""

from typing import Any, ClassVar

import slicer
import vtk
from PySide6 import QtCore, QtGui, QtWidgets

from Testing.support.host.standin import qt_property, state

_ITEM = QtCore.Qt.ItemDataRole.UserRole
# What Slicer's plugins put into the tree by themselves, unless it is hidden.
_SHOWN = (
    "vtkMRMLVolumeNode",
    "vtkMRMLSegmentationNode",
    "vtkMRMLMarkupsNode",
    "vtkMRMLModelNode",
    "vtkMRMLTableNode",
    "vtkMRMLPlotChartNode",
    "vtkMRMLPlotSeriesNode",
    "vtkMRMLTextNode",
    "vtkMRMLTransformNode",
)


def add_new_nodes(scene: Any) -> None:
    """Give every new node an item in the subject hierarchy, until it goes.

    In Slicer a Qt class does so, which the package has not. While a scene is loaded the hierarchy is not asked for: two
    of them may be there, and to ask merges them, before the nodes that they speak of are read.
    """

    def is_in_tree(node: Any) -> bool:
        return not scene.IsBatchProcessing() and any(node.IsA(one) for one in _SHOWN)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def added(_scene: Any, _event: str, node: Any) -> None:
        if not is_in_tree(node) or node.GetHideFromEditors():
            return
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        if not hierarchy.GetItemByDataNode(node):
            hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def leaving(_scene: Any, _event: str, node: Any) -> None:
        if not is_in_tree(node):
            return
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        item_id = hierarchy.GetItemByDataNode(node)
        if item_id:
            hierarchy.RemoveItem(item_id, False, False)  # not the node, which goes anyway, nor what is below

    scene.AddObserver(slicer.vtkMRMLScene.NodeAddedEvent, added)
    scene.AddObserver(slicer.vtkMRMLScene.NodeAboutToBeRemovedEvent, leaving)


def _refill(self: "qMRMLSubjectHierarchyTreeView") -> None:
    self._refill()


class qMRMLSubjectHierarchyTreeView(QtWidgets.QTreeView):
    """Patients, studies and what belongs to them."""

    cxx_file: ClassVar = "Slicer/Modules/Loadable/SubjectHierarchy/Widgets/qMRMLSubjectHierarchyTreeView.h"
    cxx_signals: ClassVar = ("currentItemChanged(vtkIdType)", "currentItemsChanged(QList<vtkIdType>)")
    currentItemChanged = QtCore.Signal(object)
    currentItemsChanged = QtCore.Signal(object)

    nodeTypes = qt_property("QStringList", "nodeTypes", (), _refill)
    multiSelection = qt_property("bool", "multiSelection", False)
    contextMenuEnabled = qt_property("bool", "contextMenuEnabled", True)
    editMenuActionVisible = qt_property("bool", "editMenuActionVisible", True)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        model = QtGui.QStandardItemModel(self)
        self.setModel(model)
        self.setHeaderHidden(True)
        state(self).update(model=model, scene=None, tags=[])
        self.selectionModel().connect("selectionChanged(QItemSelection,QItemSelection)", self._selected)

    def setMRMLScene(self, scene: Any) -> None:
        """Show what this scene has."""
        mine = state(self)
        for tag in mine["tags"]:
            mine["scene"].RemoveObserver(tag)
        mine.update(scene=scene, tags=[])
        if scene is not None:
            made = slicer.vtkMRMLScene
            events = (made.NodeAddedEvent, made.NodeRemovedEvent, made.EndBatchProcessEvent)
            mine["tags"] = [scene.AddObserver(event, lambda *_: self._refill()) for event in events]
            self.connect("destroyed()", lambda: [scene.RemoveObserver(tag) for tag in mine["tags"]])
        self._refill()

    def mrmlScene(self) -> Any:
        """Return the scene."""
        return state(self)["scene"]

    def subjectHierarchyNode(self) -> Any:
        """Return the vtkMRMLSubjectHierarchyNode of the scene."""
        scene = state(self)["scene"]
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene) if scene is not None else None

    def _refill(self) -> None:
        if state(self)["scene"] is not None and state(self)["scene"].IsBatchProcessing():
            return
        hierarchy, model = self.subjectHierarchyNode(), state(self)["model"]
        chosen = self.currentItem() if hierarchy is not None else 0
        model.clear()
        if hierarchy is not None:
            self._add(hierarchy, hierarchy.GetSceneItemID(), model.invisibleRootItem())
        self.expandAll()
        self.setCurrentItem(chosen)

    def _add(self, hierarchy: Any, parent_id: int, parent: QtGui.QStandardItem) -> None:
        children = vtk.vtkIdList()
        hierarchy.GetItemChildren(parent_id, children)
        for index in range(children.GetNumberOfIds()):
            item_id = children.GetId(index)
            node = hierarchy.GetItemDataNode(item_id)
            if node is not None and self.nodeTypes and not any(node.IsA(one) for one in self.nodeTypes):
                continue
            item = QtGui.QStandardItem(hierarchy.GetItemName(item_id))
            item.setEditable(False)
            item.setData(item_id, _ITEM)
            parent.appendRow(item)
            self._add(hierarchy, item_id, item)

    def _selected(self) -> None:
        self.currentItemChanged.emit(self.currentItem())
        self.currentItemsChanged.emit([index.data(_ITEM) for index in self.selectedIndexes()])

    def currentItem(self) -> int:
        """Return the chosen item, 0 for none."""
        chosen = self.selectedIndexes()
        return chosen[0].data(_ITEM) if chosen else 0

    def setCurrentItem(self, item_id: int) -> None:
        """Choose an item."""
        model = state(self)["model"]
        found = model.match(model.index(0, 0), _ITEM, item_id, 1, QtCore.Qt.MatchFlag.MatchRecursive)
        if found:
            self.setCurrentIndex(found[0])
        else:
            self.clearSelection()

    def setCurrentNode(self, node: Any) -> None:
        """Choose the item of a node."""
        self.setCurrentItem(self.subjectHierarchyNode().GetItemByDataNode(node) if node is not None else 0)
