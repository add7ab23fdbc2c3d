"""The layout manager: Slicer's layouts, from the real layout logic, in a plain grid of real views.

Which views a layout has, with their names, colors and orientations, comes from Slicer's own layout descriptions; that
they stand in a grid of two columns, and how large each is, does not. Tables and plots are left out.
"""

from typing import Any, ClassVar

import slicer
import vtk
from PySide6 import QtCore, QtWidgets

from Testing.support.host.views import ctkVTKAbstractView, qMRMLSliceView, qMRMLThreeDView

_BAR_STYLE = "background-color: {color}; color: black; padding: 1px 4px;"


class _ViewWidget(QtWidgets.QWidget):
    """A bar with the view's label in its color, and the view below."""

    def __init__(self, view: ctkVTKAbstractView, node: Any, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        red, green, blue = (round(255 * one) for one in node.GetLayoutColor())
        bar = QtWidgets.QLabel(node.GetLayoutLabel())
        bar.setStyleSheet(_BAR_STYLE.format(color=f"rgb({red}, {green}, {blue})"))
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(view, 1)
        vars(self)["_view"] = view


class qMRMLSliceWidget(_ViewWidget):
    """A slice view with its bar."""

    cxx_file: ClassVar = "Slicer/Libs/MRML/Widgets/qMRMLSliceWidget.h"

    def __init__(self, logic: Any, parent: QtWidgets.QWidget) -> None:
        super().__init__(qMRMLSliceView(), logic.GetSliceNode(), parent)
        vars(self)["_logic"] = logic
        self._view._show_logic(logic)

    def sliceView(self) -> qMRMLSliceView:
        """Return the view inside."""
        return self._view

    def sliceLogic(self) -> Any:
        """Return the vtkMRMLSliceLogic."""
        return self._logic

    def mrmlSliceNode(self) -> Any:
        """Return the vtkMRMLSliceNode."""
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        """Return the vtkMRMLSliceCompositeNode."""
        return self._logic.GetSliceCompositeNode()

    def fitSliceToBackground(self) -> None:
        """Show the whole background volume."""
        self._logic.FitSliceToBackground()


class qMRMLThreeDWidget(_ViewWidget):
    """A 3D view with its bar."""

    cxx_file: ClassVar = "Slicer/Libs/MRML/Widgets/qMRMLThreeDWidget.h"

    def __init__(self, logic: Any, parent: QtWidgets.QWidget) -> None:
        super().__init__(qMRMLThreeDView(), logic.GetViewNode(), parent)
        vars(self)["_logic"] = logic
        self._view._show_logic(logic)

    def threeDView(self) -> qMRMLThreeDView:
        """Return the view inside."""
        return self._view

    def viewLogic(self) -> Any:
        """Return the vtkMRMLViewLogic."""
        return self._logic

    def mrmlViewNode(self) -> Any:
        """Return the vtkMRMLViewNode."""
        return self._logic.GetViewNode()


class qSlicerLayoutManager(QtCore.QObject):
    """Builds the widgets of the views that the current layout has, and remembers those of earlier layouts."""

    cxx_file: ClassVar = "Slicer/Libs/MRML/Widgets/qMRMLLayoutManager.h"
    layoutChanged = QtCore.Signal(int)

    def __init__(self, mrml: Any, application_logic: Any) -> None:
        super().__init__()
        viewport = QtWidgets.QWidget()
        QtWidgets.QGridLayout(viewport).setContentsMargins(0, 0, 0, 0)
        slices, views, logic = vtk.vtkCollection(), vtk.vtkCollection(), slicer.vtkMRMLLayoutLogic()
        application_logic.SetSliceLogics(slices)
        application_logic.SetViewLogics(views)
        logic.SetMRMLApplicationLogic(application_logic)
        logic.SetMRMLScene(mrml)
        vars(self)["_application_logic"] = application_logic
        vars(self)["_collections"] = {"slice": slices, "view": views}
        vars(self)["_layout_logic"], vars(self)["_viewport"], vars(self)["_widgets"] = logic, viewport, {}
        vars(self)["_shown"] = None
        logic.GetLayoutNode().AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._rebuild())
        self.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)

    def _rebuild(self) -> None:
        nodes = self._layout_logic.GetViewNodes()
        wanted = [nodes.GetItemAsObject(index) for index in range(nodes.GetNumberOfItems())]
        ids = tuple(node.GetID() for node in wanted if node.IsA("vtkMRMLSliceNode") or node.IsA("vtkMRMLViewNode"))
        if ids == self._shown:
            return
        vars(self)["_shown"] = ids
        grid = self._viewport.layout()
        for widget in self._widgets.values():
            grid.removeWidget(widget)
            widget.hide()
        columns = 1 if len(ids) == 1 else 2
        for place, node_id in enumerate(ids):
            widget = self._widget_of(slicer.mrmlScene.GetNodeByID(node_id))
            grid.addWidget(widget, place // columns, place % columns)
            widget.show()
        self.layoutChanged.emit(self.layout)

    def _widget_of(self, node: Any) -> QtWidgets.QWidget:
        if node.GetID() not in self._widgets:
            kind = "slice" if node.IsA("vtkMRMLSliceNode") else "view"
            logic = slicer.vtkMRMLSliceLogic() if kind == "slice" else slicer.vtkMRMLViewLogic()
            logic.SetMRMLApplicationLogic(self._application_logic)
            if kind == "slice":
                logic.SetMRMLScene(slicer.mrmlScene)
                logic.SetSliceNode(node)
            else:
                logic.SetName(node.GetLayoutName())
                logic.SetMRMLScene(slicer.mrmlScene)
            self._collections[kind].AddItem(logic)
            made = qMRMLSliceWidget if kind == "slice" else qMRMLThreeDWidget
            self._widgets[node.GetID()] = made(logic, self._viewport)
        return self._widgets[node.GetID()]

    @property
    def layout(self) -> int:
        """Return the number of the layout."""
        return self._layout_logic.GetLayoutNode().GetViewArrangement()

    @layout.setter
    def layout(self, number: int) -> None:
        self.setLayout(number)

    def setLayout(self, number: int) -> None:
        """Choose a layout, a member of vtkMRMLLayoutNode.SlicerLayout or of the module's own."""
        self._layout_logic.GetLayoutNode().SetViewArrangement(number)

    def viewport(self) -> QtWidgets.QWidget:
        """Return the widget that holds the views."""
        return self._viewport

    def layoutLogic(self) -> Any:
        """Return the vtkMRMLLayoutLogic."""
        return self._layout_logic

    def sliceViewNames(self) -> tuple[str, ...]:
        """Return the names of all slice views, shown or not."""
        return tuple(
            one.mrmlSliceNode().GetLayoutName()
            for one in self._widgets.values()
            if one.className() == "qMRMLSliceWidget"
        )

    def sliceWidget(self, name: str) -> qMRMLSliceWidget | None:
        """Return the slice view of that name, if there is one."""
        named = {
            one.mrmlSliceNode().GetLayoutName(): one
            for one in self._widgets.values()
            if one.className() == "qMRMLSliceWidget"
        }
        return named.get(name)

    @property
    def threeDViewCount(self) -> int:
        """Return how many 3D views there are."""
        return len(self._three_d())

    @property
    def tableViewCount(self) -> int:
        """Return 0: this host shows no tables in the layout."""
        return 0

    @property
    def plotViewCount(self) -> int:
        """Return 0: this host shows no plots in the layout."""
        return 0

    def _three_d(self) -> list[qMRMLThreeDWidget]:
        return [one for one in self._widgets.values() if one.className() == "qMRMLThreeDWidget"]

    def threeDWidget(self, index: int) -> qMRMLThreeDWidget:
        """Return one of the 3D views."""
        return self._three_d()[index]

    def mrmlSliceLogics(self) -> Any:
        """Return the vtkCollection of slice logics."""
        return self._collections["slice"]

    def resetSliceViews(self) -> None:
        """Show the whole of what each slice view shows."""
        for logic in self._collections["slice"]:
            logic.FitSliceToAll()

    def resetThreeDViews(self) -> None:
        """Look at the middle of the scene in each 3D view."""
        for widget in self._three_d():
            widget.threeDView().resetFocalPoint()

    def _finalize(self) -> None:
        """End all render windows."""
        for widget in self._widgets.values():
            widget._view._finalize()
