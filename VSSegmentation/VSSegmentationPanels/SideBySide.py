"""Two scans beside each other in linked slice views; only when the user asks, and the former layout comes back."""

from typing import Any

import numpy as np
import slicer

from VSSegmentationLib import geometry
from VSSegmentationLib import scene as scenes
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Comparison import scanOf
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.Lines import Lines


class SideBySide:
    """Slicer's own side-by-side layout: the earlier scan in the red view, this one in the yellow one."""

    def __init__(self) -> None:
        self._before: int | None = None
        self._former: list[tuple[Any, str, int, str]] = []
        self._formerViews: list[tuple[Any, list[str]]] = []
        self._shown: tuple[Any, ...] = ()

    def show(self, examination: Examination, earlierSegmentation: Any, hidden: tuple[Any, ...] = ()) -> None:
        """Show both, each at its own tumor. Both heads lie as they lay in the scanner: nothing is aligned.

        Args:
            examination: The one at hand, shown on the right.
            earlierSegmentation: Of the one on the left.
            hidden: Nodes of that one to show for as long as this lasts.
        """
        self._shown = hidden
        for node in hidden:
            node.SetDisplayVisibility(True)
        manager = slicer.app.layoutManager()
        self._before = manager.layout
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutSideBySideView)
        shown = (
            ("Red", scanOf(earlierSegmentation), earlierSegmentation),
            ("Yellow", examination.volumeNode, examination.segmentationNode),
        )
        for name, scan, segmentation in shown:
            widget = manager.sliceWidget(name)
            composite, view = widget.mrmlSliceCompositeNode(), widget.mrmlSliceNode()
            self._former.append(
                (
                    composite,
                    view.GetOrientation(),
                    composite.GetLinkedControl(),
                    composite.GetBackgroundVolumeID() or "",
                )
            )
            composite.SetLinkedControl(0)  # while each is set up by itself
            composite.SetBackgroundVolumeID(scan.GetID())
            view.SetOrientation("Axial")
            view.RotateToVolumePlane(scan)
            widget.sliceLogic().FitSliceToBackground()
            self._keepIn(view, scan, segmentation)
            point = _tumor(segmentation, scan)
            if point is not None:
                view.JumpSliceByCentering(*point)
        for composite, *_rest in self._former:
            composite.SetLinkedControl(1)

    def leave(self) -> None:
        """Give back what was there."""
        if self._before is None:
            return
        manager = slicer.app.layoutManager()
        for (composite, orientation, linked, background), name in zip(self._former, ("Red", "Yellow"), strict=True):
            composite.SetLinkedControl(linked)
            composite.SetBackgroundVolumeID(background or None)
            manager.sliceWidget(name).mrmlSliceNode().SetOrientation(orientation)
        for display, views in self._formerViews:
            _setViews(display, views)
        for node in self._shown:
            if node.GetScene() is not None:
                node.SetDisplayVisibility(False)
        manager.setLayout(self._before)
        self._before, self._former, self._formerViews, self._shown = None, [], [], ()

    def _keepIn(self, view: Any, scan: Any, segmentation: Any) -> None:
        """Show what belongs to one examination in its own view alone: over the other scan it would mislead."""
        plane = SegmentationAttributes.planeNode(segmentation)
        for node in (segmentation, *Lines(scan, segmentation).nodes(), *([] if plane is None else [plane])):
            display = node.GetDisplayNode()
            if display is not None:
                count = display.GetNumberOfViewNodeIDs()
                self._formerViews.append((display, [display.GetNthViewNodeID(n) for n in range(count)]))
                _setViews(display, [view.GetID()])


def _setViews(display: Any, views: list[str]) -> None:
    """Name the views that show a node; none named means all."""
    display.RemoveAllViewNodeIDs()
    for view in views:
        display.AddViewNodeID(view)


def _tumor(segmentationNode: Any, volumeNode: Any) -> tuple[float, float, float] | None:
    labelmap = scenes.labelmap_of(segmentationNode, volumeNode)
    voxels = np.argwhere(scenes.task_of(segmentationNode).label_set.tumor_mask(labelmap.array))
    if not len(voxels):
        return None
    r, a, s = geometry.transform_points(labelmap.dhw_to_ras, voxels.mean(axis=0)).tolist()
    return r, a, s
