"""The plane between two parts of a tumor as a markups plane that a person can drag; and back."""

from typing import Any

from VSSegmentationLib.measurement import MeatalPlane

SIZE_MM = 20.0
"""Side of the square that is drawn; the plane has no border."""
COLOR_RGB = (1.0, 0.55, 0.9)
"""Apart from the colors of both parts, of the lines, and from every gray."""
_NAME = "Porus plane"
_HANDLE_SCALE = 1.0
"""In hundredths of a view; Slicer's 3 makes rings that are wider than most tumors."""
_ALONG_THE_NORMAL = (False, False, True, False)
"""Of the axes X, Y, Z and the view: moving a plane within itself changes nothing, nor does turning it about Z."""
_ABOUT_AXES_IN_THE_PLANE = (True, True, False, False)


def add_meatal_plane(scene: Any, plane: MeatalPlane, volume_node: Any = None, *, name: str = _NAME) -> Any:
    """Add a plane, with handles to move and turn it, under the transform of its scan.

    Args:
        scene: Where to.
        plane: Where it is.
        volume_node: The scan, if it is in the scene.
        name: Of the node: what the task calls the boundary.
    """
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", name)
    if volume_node is not None:
        node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
    node.SetPlaneType(node.PlaneTypePointNormal)
    node.SetSizeMode(node.SizeModeAbsolute)
    node.SetSize(SIZE_MM, SIZE_MM)
    set_meatal_plane(node, plane)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetHandlesInteractive(True)
    display.SetTranslationHandleVisibility(True)
    display.SetRotationHandleVisibility(True)
    display.SetScaleHandleVisibility(False)
    display.SetTranslationHandleComponentVisibility(*_ALONG_THE_NORMAL)
    display.SetRotationHandleComponentVisibility(*_ABOUT_AXES_IN_THE_PLANE)
    display.SetInteractionHandleScale(_HANDLE_SCALE)
    display.SetPointLabelsVisibility(False)
    display.SetColor(COLOR_RGB)
    display.SetSelectedColor(COLOR_RGB)
    return node


def set_meatal_plane(plane_node: Any, plane: MeatalPlane) -> None:  # vtkMRMLMarkupsPlaneNode
    """Move a node to a plane."""
    plane_node.SetOriginWorld(list(plane.origin_ras_mm))
    plane_node.SetNormalWorld(list(plane.normal_ras))


def meatal_plane_of(plane_node: Any) -> MeatalPlane:  # vtkMRMLMarkupsPlaneNode
    """Return the plane as a person has set it, in the world that Slicer shows.

    Raises:
        GeometryError: If the node has no plane yet.
    """
    origin, normal = [0.0] * 3, [0.0] * 3
    if plane_node.GetNumberOfControlPoints() > 0:
        plane_node.GetOriginWorld(origin)
        plane_node.GetNormalWorld(normal)
    return MeatalPlane(
        origin_ras_mm=(origin[0], origin[1], origin[2]),
        normal_ras=(normal[0], normal[1], normal[2]),
        rms_mm=0.0,
        source="user",
    )
