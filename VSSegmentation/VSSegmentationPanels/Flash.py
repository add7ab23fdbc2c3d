"""What an answer has changed, shown for a moment: a person sees where without looking for it."""

from typing import Any

import numpy as np
import qt

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.volume import Volume
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Examination import Examination, changedSlices

_MS = 700
_ADDED_RGB, _REMOVED_RGB = (0.3, 1.0, 0.4), (1.0, 0.35, 0.3)


class Flash:
    """Shows the voxels that changed, in a segmentation of its own that is never saved."""

    def __init__(self) -> None:
        self.node: Any = None
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_MS)
        self._timer.connect("timeout()", self.end)

    def show(self, examination: Examination, before: Volume) -> None:
        """Show what differs from `before`, until the time is over or something else changes."""
        self.end()
        labels, after = examination.task.label_set, examination.labelmap
        slices = changedSlices(before.array, after.array)
        was, now = (labels.tumor_mask(each.array[slices]) for each in (before, after))
        if np.array_equal(was, now):
            return
        changed = np.zeros(after.shape, np.uint8)
        changed[slices][was != now] = labels.whole_tumor.value
        self.node = scenes.add_segmentation(
            examination.volumeNode.GetScene(),
            after.with_array(changed),
            examination.volumeNode,
            name="Change",
            task=examination.task,
        )
        self.node.SetSaveWithScene(False)
        self.node.SetHideFromEditors(True)
        SegmentationAttributes.setReplaced(self.node)  # no segmentation to edit
        self.node.GetDisplayNode().SetSaveWithScene(False)
        color = _ADDED_RGB if np.count_nonzero(now & ~was) >= np.count_nonzero(was & ~now) else _REMOVED_RGB
        self.node.GetSegmentation().GetSegment(labels.segment_id(labels.whole_tumor)).SetColor(*color)
        self.node.GetDisplayNode().SetOpacity2DFill(1.0)
        self._timer.start()

    def end(self) -> None:
        """Take it away."""
        self._timer.stop()
        node, self.node = self.node, None
        if node is not None and node.GetScene() is not None:
            node.GetScene().RemoveNode(node)
