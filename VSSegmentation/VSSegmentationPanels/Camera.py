"""The camera of the 3D views: brought to a tumor, which is small beside a head, without turning it."""

from typing import Any

import numpy as np
import slicer

_ROOM = 1.3
"""How much larger than the tumor the view is, so that its lines fit in as well."""


def lookAt(segmentationNode: Any) -> None:
    """Move the camera of every 3D view until a segmentation fills it; the direction of view stays."""
    bounds = np.zeros(6)
    segmentationNode.GetRASBounds(bounds)
    low, high = bounds[::2], bounds[1::2]
    if not np.all(low <= high):
        return  # nothing is segmented
    center, radius = (low + high) / 2, _ROOM * float(np.linalg.norm(high - low)) / 2
    manager = slicer.app.layoutManager()
    for number in range(manager.threeDViewCount):
        view = manager.threeDWidget(number).threeDView()
        width, height = view.renderWindow().GetSize()
        narrowness = min(1.0, max(width, 1) / max(height, 1))  # the camera's angle is that of the view's height
        cameraNode = view.cameraNode()
        camera = cameraNode.GetCamera()
        forward = np.array(camera.GetDirectionOfProjection())
        distance = radius / np.sin(np.arctan(narrowness * np.tan(np.radians(camera.GetViewAngle() / 2))))
        camera.SetFocalPoint(*center)
        camera.SetPosition(*(center - distance * forward))
        camera.SetParallelScale(radius / narrowness)
        cameraNode.ResetClippingRange()
