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
