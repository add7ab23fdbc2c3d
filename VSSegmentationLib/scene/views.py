"""What the three slice views show when a saved scene is opened: the scan, along its own planes, at the tumor."""

from typing import Any

import slicer

from VSSegmentationLib.geometry import Triplet

_VIEWS = (("Red", "Axial", "R"), ("Yellow", "Sagittal", "Y"), ("Green", "Coronal", "G"))
"""Name, orientation and label of the slice views of every layout of Slicer."""


def point_views_at(scene: Any, volume_node: Any, point_ras_mm: Triplet | None) -> None:
    """Add the nodes of the slice views, showing a scan in its acquired planes; only for a scene without views.

    Args:
        scene: A headless one; in the application the views are the user's.
        volume_node: What is shown.
        point_ras_mm: Where all three views meet; None leaves them in the middle of the scan.
    """
    colors = (slicer.vtkMRMLSliceNode.GetRedColor(), slicer.vtkMRMLSliceNode.GetYellowColor(),
              slicer.vtkMRMLSliceNode.GetGreenColor())  # fmt: skip
    for (name, orientation, label), color in zip(_VIEWS, colors, strict=True):
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLScene(scene)
        view = logic.AddSliceNode(name)
        view.SetLayoutLabel(label)
        view.SetLayoutColor(color)
        view.SetOrientation(orientation)
        logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume_node.GetID())
        view.RotateToVolumePlane(volume_node)
        logic.FitSliceToBackground()
        if point_ras_mm is not None:
            view.JumpSliceByCentering(*point_ras_mm)
        logic.SetMRMLScene(None)
    scene.GetNodeByID("vtkMRMLSelectionNodeSingleton").SetActiveVolumeID(volume_node.GetID())
