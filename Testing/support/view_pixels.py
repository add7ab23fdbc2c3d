"""What a view of the host shows, as numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def pixels(view: Any) -> NDArray[np.int_]:
    """(H, W, 3) of what a view shows, the lowest row first."""
    import vtk  # noqa: PLC0415 -- there once the host has started
    from vtk.util.numpy_support import vtk_to_numpy  # noqa: PLC0415

    view.forceRender()
    window = view.renderWindow()
    width, height = window.GetSize()
    data = vtk.vtkUnsignedCharArray()
    window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 1, data)
    return vtk_to_numpy(data).reshape(height, width, 4)[..., :3].astype(int)


def second_of_two_clicks(view: Any, place: Any) -> None:
    """Do to a view what follows a click when a second one comes quickly: a double click, then a release."""
    from PySide6.QtCore import QEvent, QPointF, Qt  # noqa: PLC0415 -- as above
    from PySide6.QtGui import QMouseEvent  # noqa: PLC0415
    from PySide6.QtTest import QTest  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    position = QPointF(place)
    event = QMouseEvent(QEvent.Type.MouseButtonDblClick, position, view.mapToGlobal(position), left, left, none)
    QApplication.sendEvent(view, event)
    QTest.mouseRelease(view, left, none, place)
