"""A map over the scan that it belongs to: in the foreground of the slice views that show this scan, and of no other."""

from typing import Any

import slicer

_LEGEND_SIZE, _LEGEND_POSITION = (0.06, 0.22), (0.98, 0.02)
"""In shares of a view: small, in the lower right corner. Its letters grow with its width."""


class MapOverlay:
    """Puts one map at a time over a scan, and gives back what was in the foreground before."""

    def __init__(self) -> None:
        self.mapNode: Any = None
        self._former: list[tuple[Any, str, float]] = []
        self._filled: Any = None

    def show(self, mapNode: Any, volumeNode: Any, segmentationNode: Any, title: str, opacity: float) -> None:
        """Show a map; of the segments only the outlines stay, since their colors would mix with those of the map.

        Args:
            mapNode: As `scene.add_map` made it.
            volumeNode: The scan that it was made from.
            segmentationNode: What was made of it.
            title: What stands above the bar of colors.
            opacity: From 0 to 1.
        """
        self.hide()
        for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
            if composite.GetBackgroundVolumeID() == volumeNode.GetID():
                former = composite.GetForegroundVolumeID() or "", composite.GetForegroundOpacity()
                self._former.append((composite, *former))
                composite.SetForegroundVolumeID(mapNode.GetID())
                composite.SetForegroundOpacity(opacity)
        self.mapNode = mapNode
        display = segmentationNode.GetDisplayNode()
        if display is not None and display.GetVisibility2DFill():
            display.SetVisibility2DFill(False)
            self._filled = display
        self._showLegend(title)

    def setOpacity(self, opacity: float) -> None:
        """Let more or less of the scan through."""
        for composite in self._own():
            composite.SetForegroundOpacity(opacity)

    def hide(self) -> None:
        """Give the foreground back, where it is still ours."""
        own = self._own()
        for composite, volumeID, opacity in self._former:
            if composite in own:
                known = slicer.mrmlScene.GetNodeByID(volumeID) is not None if volumeID else False
                composite.SetForegroundVolumeID(volumeID if known else None)
                composite.SetForegroundOpacity(opacity)
        if self.mapNode is not None and self.mapNode.GetScene() is not None:
            legend = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(self.mapNode)
            if legend is not None:
                legend.SetVisibility(False)
        if self._filled is not None and self._filled.GetScene() is not None:
            self._filled.SetVisibility2DFill(True)
        self.mapNode, self._former, self._filled = None, [], None

    def _own(self) -> list[Any]:
        mapID = None if self.mapNode is None else self.mapNode.GetID()
        return [
            composite
            for composite, *_former in self._former
            if composite.GetScene() is not None and composite.GetForegroundVolumeID() == mapID
        ]

    def _showLegend(self, title: str) -> None:
        logic = slicer.vtkSlicerColorLogic
        legend = logic.GetColorLegendDisplayNode(self.mapNode) or logic.AddDefaultColorLegendDisplayNode(self.mapNode)
        legend.SetTitleText(title)
        legend.SetNumberOfLabels(3)
        legend.SetMaxNumberOfColors(256)
        legend.SetLabelFormat("%.1f")
        legend.SetSize(*_LEGEND_SIZE)
        legend.SetPosition(*_LEGEND_POSITION)
        legend.SetVisibility(True)
