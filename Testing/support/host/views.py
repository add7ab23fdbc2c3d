"""Slice and 3D views: real logics, displayable managers, interactor styles and rendering, shown by a plain Qt widget.

Only the frame is a stand-in: VTK renders into memory, the widget shows the picture and hands mouse and keys to VTK.
"""

from typing import Any, ClassVar

import numpy as np
import slicer
import vtk
from PySide6 import QtCore, QtGui, QtWidgets
from vtk.util.numpy_support import vtk_to_numpy

_BUTTONS = {
    QtCore.Qt.MouseButton.LeftButton: "LeftButton",
    QtCore.Qt.MouseButton.MiddleButton: "MiddleButton",
    QtCore.Qt.MouseButton.RightButton: "RightButton",
}
_KEYS = {QtCore.Qt.Key.Key_Escape: "Escape", QtCore.Qt.Key.Key_Return: "Return", QtCore.Qt.Key.Key_Delete: "Delete"}
"""Names that VTK has for keys without a letter."""


class ctkVTKAbstractView(QtWidgets.QWidget):
    """What all VTK views share: a render window, its interactor and a picture that is made when it is needed."""

    cxx_file: ClassVar = "CTK/Libs/Visualization/VTK/Widgets/ctkVTKAbstractView.h"

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(60, 60)
        renderer, window, interactor = vtk.vtkRenderer(), vtk.vtkRenderWindow(), vtk.vtkGenericRenderWindowInteractor()
        window.SetOffScreenRendering(1)
        window.SetMultiSamples(0)
        window.AddRenderer(renderer)
        interactor.SetRenderWindow(window)
        timer = QtCore.QTimer(self)
        timer.setProperty("singleShot", True)
        timer.connect("timeout()", self.forceRender)
        vars(self)["_vtk"] = {"renderer": renderer, "window": window, "interactor": interactor, "timer": timer}
        vars(self)["_picture"] = QtGui.QImage()

    def renderWindow(self) -> Any:
        """Return the vtkRenderWindow."""
        return self._vtk["window"]

    def interactor(self) -> Any:
        """Return the vtkRenderWindowInteractor."""
        return self._vtk["interactor"]

    def scheduleRender(self) -> None:
        """Render when Qt is idle."""
        self._vtk["timer"].start(0)

    def forceRender(self) -> None:
        """Render now."""
        window = self._vtk["window"]
        width, height = window.GetSize()
        if not width or not height:
            return
        window.Render()
        pixels = vtk.vtkUnsignedCharArray()
        window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 1, pixels)
        rgba = vtk_to_numpy(pixels).reshape(height, width, 4)[::-1].copy()
        rgba[..., 3] = 255
        picture = QtGui.QImage(np.ascontiguousarray(rgba).data, width, height, QtGui.QImage.Format.Format_RGBA8888)
        vars(self)["_picture"] = picture.copy()
        self.update()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        width, height = event.size().width(), event.size().height()
        self._vtk["window"].SetSize(width, height)
        self._vtk["interactor"].UpdateSize(width, height)
        self.scheduleRender()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.drawImage(0, 0, self._picture)
        painter.end()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        self._tell(event, f"{_BUTTONS.get(event.button(), 'LeftButton')}PressEvent")

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        """Tell VTK of the second press of two quick ones, as its Qt adapter does."""
        self._tell(event, f"{_BUTTONS.get(event.button(), 'LeftButton')}DoubleClickEvent")

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        self._tell_key(event, "KeyPressEvent")
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QtGui.QKeyEvent) -> None:
        self._tell_key(event, "KeyReleaseEvent")
        super().keyReleaseEvent(event)

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        self._tell(event, f"{_BUTTONS.get(event.button(), 'LeftButton')}ReleaseEvent")

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        self._tell(event, "MouseMoveEvent")

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        self._tell(event, "MouseWheelForwardEvent" if event.angleDelta().y() > 0 else "MouseWheelBackwardEvent")

    def _tell(self, event: Any, vtk_event: str) -> None:
        position, held = event.position(), event.modifiers()
        control = bool(held & QtCore.Qt.KeyboardModifier.ControlModifier)
        shift = bool(held & QtCore.Qt.KeyboardModifier.ShiftModifier)
        from_bottom = self._vtk["window"].GetSize()[1] - 1 - int(position.y())
        self._vtk["interactor"].SetEventInformation(int(position.x()), from_bottom, int(control), int(shift))
        self._vtk["interactor"].InvokeEvent(vtk_event)

    def _tell_key(self, event: QtGui.QKeyEvent, vtk_event: str) -> None:
        held, text = event.modifiers(), event.text()
        control = bool(held & QtCore.Qt.KeyboardModifier.ControlModifier)
        shift = bool(held & QtCore.Qt.KeyboardModifier.ShiftModifier)
        name = _KEYS.get(event.key(), text or "None")
        code = text if len(text) == 1 and text.isascii() else "\0"
        self._vtk["interactor"].SetKeyEventInformation(int(control), int(shift), code, 1, name)
        self._vtk["interactor"].InvokeEvent(vtk_event)

    def _show_managers(self, factory: Any, style: Any, logic: Any, node: Any) -> None:
        group = factory.InstantiateDisplayableManagers(self._vtk["renderer"])
        group.AddObserver(vtk.vtkCommand.UpdateEvent, lambda *_: self.scheduleRender())
        self._vtk["interactor"].SetInteractorStyle(vtk.vtkInteractorStyleUser())
        style.SetDisplayableManagers(group)
        style.SetInteractor(self._vtk["interactor"])
        self._vtk.update(group=group, style=style)
        logic.SetDisplayableManagerGroup(group)
        group.SetMRMLDisplayableNode(node)

    def _finalize(self) -> None:
        """Give the render window's memory back; not in Slicer, where the application does it when it ends."""
        self._vtk["timer"].stop()
        self._vtk["window"].Finalize()


class qMRMLSliceView(ctkVTKAbstractView):
    """A slice as Slicer draws it: the logic's blended image below, what the displayable managers add above."""

    cxx_file: ClassVar = "Slicer/Libs/MRML/Widgets/qMRMLSliceView.h"

    def _show_logic(self, logic: Any) -> None:
        """Draw what `logic`, a vtkMRMLSliceLogic, has made of the scene."""
        mapper, image = vtk.vtkImageMapper(), vtk.vtkActor2D()
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        mapper.SetInputConnection(logic.GetImageDataConnection())
        image.SetMapper(mapper)
        image.GetProperty().SetDisplayLocationToBackground()
        self._vtk["renderer"].AddViewProp(image)
        self._vtk.update(logic=logic, image=image)
        style = slicer.vtkMRMLSliceViewInteractorStyle()
        style.SetSliceLogic(logic)
        self._show_managers(
            slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance(), style, logic, logic.GetSliceNode()
        )
        logic.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._image_changed())
        self._image_changed()

    def _image_changed(self) -> None:
        has_image = self._vtk["logic"].GetImageDataConnection() is not None
        self._vtk["image"].SetVisibility(has_image)
        if has_image:
            self._vtk["image"].GetMapper().SetInputConnection(self._vtk["logic"].GetImageDataConnection())
        self.scheduleRender()

    def mrmlSliceNode(self) -> Any:
        """Return the vtkMRMLSliceNode."""
        return self._vtk["logic"].GetSliceNode()

    def convertRASToXYZ(self, ras: tuple[float, float, float]) -> tuple[float, ...]:
        """Return where a world point (RAS, mm) is in the view (pixels from the lower left)."""
        ras_to_xy = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self.mrmlSliceNode().GetXYToRAS(), ras_to_xy)
        return tuple(ras_to_xy.MultiplyPoint((*ras, 1.0))[:3])

    def convertXYZToRAS(self, xyz: tuple[float, float, float]) -> tuple[float, ...]:
        """Return the world point (RAS, mm) at a pixel (from the lower left)."""
        return tuple(self.mrmlSliceNode().GetXYToRAS().MultiplyPoint((*xyz, 1.0))[:3])

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        if "logic" in self._vtk:
            self._vtk["logic"].ResizeSliceNode(event.size().width(), event.size().height())


class qMRMLThreeDView(ctkVTKAbstractView):
    """A 3D view as Slicer draws it."""

    cxx_file: ClassVar = "Slicer/Libs/MRML/Widgets/qMRMLThreeDView.h"

    def _show_logic(self, logic: Any) -> None:
        """Draw the scene through the camera of `logic`, a vtkMRMLViewLogic."""
        renderer, node = self._vtk["renderer"], logic.GetViewNode()
        renderer.SetGradientBackground(True)
        renderer.SetBackground(node.GetBackgroundColor())
        renderer.SetBackground2(node.GetBackgroundColor2())
        self._vtk.update(logic=logic)
        self._show_managers(
            slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance(),
            slicer.vtkMRMLThreeDViewInteractorStyle(),
            logic,
            node,
        )

    def mrmlViewNode(self) -> Any:
        """Return the vtkMRMLViewNode."""
        return self._vtk["logic"].GetViewNode()

    def cameraNode(self) -> Any:
        """Return the vtkMRMLCameraNode."""
        return self._vtk["logic"].GetCameraNode()

    def resetFocalPoint(self) -> None:
        """Look at the middle of what is shown."""
        self._vtk["renderer"].ResetCamera()
        self.mrmlViewNode().InvokeEvent(slicer.vtkMRMLViewNode.ResetFocalPointRequestedEvent)
        self.scheduleRender()
