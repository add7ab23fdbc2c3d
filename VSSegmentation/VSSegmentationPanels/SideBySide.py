"""Two scans beside each other, close to the tumor; only when the user asks, and the former layout comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import slicer
from slicer.i18n import tr as _

from VSSegmentationLib import geometry
from VSSegmentationLib import scene as scenes
from VSSegmentationLib.scene.places import matrix_from_vtk, matrix_to_vtk
from VSSegmentationLib.scene.side_by_side import HeadAlignment, align_heads, middle_of, width_for
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Comparison import scanOf
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.Lines import Lines

_EARLIER, _THIS = "Red", "Yellow"


class SideBySide:
    """Slicer's own side-by-side layout: the earlier scan in the red view, this one in the yellow one.

    No node of a scan is moved. Where the heads can be laid on each other, each view follows the other through the
    motion between them, so that both show the same slice of one head however the scans were taken; where not, each
    stays by itself, and that is said.
    """

    def __init__(self) -> None:
        self._before: int | None = None
        self._former: list[_Former] = []
        self._formerViews: list[tuple[Any, list[str]]] = []
        self._shown: tuple[Any, ...] = ()
        self._known: dict[tuple[str, str], HeadAlignment] = {}
        self._observed: list[tuple[Any, int]] = []
        self._isFollowing = False

    def show(self, examination: Examination, earlierSegmentation: Any, hidden: tuple[Any, ...] = ()) -> str:
        """Show both as wide as both tumors need, and return a sentence about how they lie.

        Args:
            examination: The one at hand, shown on the right.
            earlierSegmentation: Of the one on the left.
            hidden: Nodes of that one to show for as long as this lasts.
        """
        earlierScan = scanOf(earlierSegmentation)
        tumors = _tumor(earlierSegmentation, earlierScan), _tumor(examination.segmentationNode, examination.volumeNode)
        alignment = self._aligned(earlierScan, examination.volumeNode, tumors)
        self._shown = hidden
        for node in hidden:
            node.SetDisplayVisibility(True)
        manager = slicer.app.layoutManager()
        self._before = manager.layout
        for name, scan in ((_EARLIER, earlierScan), (_THIS, examination.volumeNode)):  # before views change their sizes
            widget = manager.sliceWidget(name)
            self._former.append(_Former(widget.mrmlSliceCompositeNode(), widget.mrmlSliceNode(), scan))
        _setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutSideBySideView)
        views = []
        for name, scan, segmentation, tumor in (
            (_EARLIER, earlierScan, earlierSegmentation, tumors[0]),
            (_THIS, examination.volumeNode, examination.segmentationNode, tumors[1]),
        ):
            view = manager.sliceWidget(name).mrmlSliceNode()
            _lookAt(view, scan, _middleOfLine(scan, segmentation) or middle_of(tumor), width_for(*tumors))
            self._keepIn(view, scan, segmentation)
            views.append(view)
        if alignment.earlier_to_later_ras is None:
            said = _("Not aligned: {reason}. Each scan is shown at its own tumor, and the views are not linked.")
            return said.format(reason=alignment.reason)
        self._link(*views, np.asarray(alignment.earlier_to_later_ras))
        return _("Left the earlier scan, right this one: aligned by the heads, at the same scale, and linked.")

    def leave(self) -> None:
        """Give back what was there."""
        if self._before is None:
            return
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        _setLayout(self._before)
        for former in self._former:
            former.giveBack()
        for display, views in self._formerViews:
            _setViews(display, views)
        for node in self._shown:
            if node.GetScene() is not None:
                node.SetDisplayVisibility(False)
        self._before, self._former, self._formerViews, self._shown, self._observed = None, [], [], (), []

    def _aligned(self, earlierScan: Any, thisScan: Any, tumors: tuple[Any, Any]) -> HeadAlignment:
        """Return how the heads lie; it takes seconds, and is remembered for as long as the scans lie as they do."""
        volumes = scenes.volume_of(earlierScan), scenes.volume_of(thisScan)
        key = tuple(f"{node.GetID()} {volume.dhw_to_ras.tobytes().hex()}"
                    for node, volume in zip((earlierScan, thisScan), volumes, strict=True))  # fmt: skip
        if key not in self._known:
            self._known[key] = align_heads(*volumes, *tumors)
        return self._known[key]

    def _link(self, earlierView: Any, thisView: Any, earlierToThis: Any) -> None:
        def follow(leader: Any, follower: Any, motion: Any) -> None:
            if not self._isFollowing:
                with self._following():
                    follower.GetSliceToRAS().DeepCopy(matrix_to_vtk(motion @ matrix_from_vtk(leader.GetSliceToRAS())))
                    follower.UpdateMatrices()
                    follower.SetXYZOrigin(*leader.GetXYZOrigin())
                    _setWidth(follower, leader.GetFieldOfView()[0])

        back = np.linalg.inv(earlierToThis)
        follow(thisView, earlierView, back)
        for leader, follower, motion in ((thisView, earlierView, back), (earlierView, thisView, earlierToThis)):
            callback = lambda *_event, pair=(leader, follower, motion): follow(*pair)  # noqa: E731
            self._observed.append((leader, leader.AddObserver("ModifiedEvent", callback)))

    @contextmanager
    def _following(self) -> Iterator[None]:
        self._isFollowing = True
        try:
            yield
        finally:
            self._isFollowing = False

    def _keepIn(self, view: Any, scan: Any, segmentation: Any) -> None:
        """Show what belongs to one examination in its own view alone: over the other scan it would mislead."""
        plane = SegmentationAttributes.planeNode(segmentation)
        for node in (segmentation, *Lines(scan, segmentation).nodes(), *([] if plane is None else [plane])):
            display = node.GetDisplayNode()
            if display is not None:
                count = display.GetNumberOfViewNodeIDs()
                self._formerViews.append((display, [display.GetNthViewNodeID(n) for n in range(count)]))
                _setViews(display, [view.GetID()])


class _Former:
    """What a view showed and how, before it shows a scan."""

    def __init__(self, composite: Any, view: Any, scan: Any) -> None:
        self._composite, self._view = composite, view
        self._background = composite.GetBackgroundVolumeID() or None
        self._foreground = composite.GetForegroundVolumeID() or None
        self._linked = composite.GetLinkedControl()
        self._sliceToRas = matrix_from_vtk(view.GetSliceToRAS())
        self._origin, self._width = view.GetXYZOrigin(), view.GetFieldOfView()[0]
        composite.SetLinkedControl(0)  # Slicer's own link knows nothing of the motion between two heads
        if self._background != scan.GetID():
            composite.SetForegroundVolumeID(None)  # what lies over another scan does not belong over this one
        composite.SetBackgroundVolumeID(scan.GetID())

    def giveBack(self) -> None:
        """Show that again."""
        self._composite.SetLinkedControl(self._linked)
        self._composite.SetBackgroundVolumeID(self._background)
        if self._foreground is not None and slicer.mrmlScene.GetNodeByID(self._foreground) is not None:
            self._composite.SetForegroundVolumeID(self._foreground)
        self._view.GetSliceToRAS().DeepCopy(matrix_to_vtk(self._sliceToRas))
        self._view.UpdateMatrices()
        self._view.SetXYZOrigin(*self._origin)
        _setWidth(self._view, self._width)


def _setLayout(layout: int) -> None:
    """Change the layout and let the views take their sizes: a view that is resized later changes what it shows."""
    slicer.app.layoutManager().setLayout(layout)
    slicer.app.processEvents()


def _lookAt(view: Any, scan: Any, point: Any, widthMm: float) -> None:
    view.SetOrientation("Axial")
    view.RotateToVolumePlane(scan)
    view.SetXYZOrigin(0, 0, 0)
    if point is not None:
        view.JumpSliceByCentering(*point)
    _setWidth(view, widthMm)


def _setWidth(view: Any, widthMm: float) -> None:
    """Show so many millimeters from left to right, and as many from top to bottom as the view is high."""
    width, height, _depth = view.GetDimensions()
    view.SetFieldOfView(widthMm, widthMm * height / max(width, 1), view.GetFieldOfView()[2])


def _setViews(display: Any, views: list[str]) -> None:
    """Name the views that show a node; none named means all."""
    display.RemoveAllViewNodeIDs()
    for view in views:
        display.AddViewNodeID(view)


def _middleOfLine(scan: Any, segmentation: Any) -> tuple[float, float, float] | None:
    """Return the middle of the diameter that is shown, as it lies in one slice; None where none is."""
    for line in Lines(scan, segmentation).nodes():
        if line.GetDisplayVisibility():
            r, a, s = slicer.util.arrayFromMarkupsControlPoints(line, world=True).mean(axis=0).tolist()
            return r, a, s
    return None


def _tumor(segmentationNode: Any, volumeNode: Any) -> Any:
    """Return the places (n, 3) of all voxels of a tumor."""
    labelmap = scenes.labelmap_of(segmentationNode, volumeNode)
    voxels = np.argwhere(scenes.task_of(segmentationNode).label_set.tumor_mask(labelmap.array))
    return geometry.transform_points(labelmap.dhw_to_ras, voxels.reshape(-1, 3))
