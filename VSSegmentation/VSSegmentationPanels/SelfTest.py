"""A run through the module inside Slicer, with the embedded network on the sample: what a person sees, checked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import qt
import slicer

from VSSegmentationPanels.Samples import loadSample

_PATIENCE_MS = 300_000


def runSelfTest(tell: Callable[[str], None]) -> None:
    """Segment the sample, move the plane, undo.

    Raises:
        AssertionError: If a step did not do what it should.
    """
    slicer.util.selectModule("VSSegmentation")
    widget = slicer.modules.vssegmentation.widgetRepresentation().self()
    tell("Loading the sample")
    widget.casePanel.ui.inputSelector.setCurrentNode(loadSample())
    tell("Segmenting; the first run loads the network")
    widget.segmentPanel.ui.segmentButton.click()
    _waitFor(lambda: not widget.session.segmenter.isRunning)
    examination = widget.session.examination
    assert examination is not None, widget.segmentPanel.ui.statusLabel.text
    tumor = examination.task.label_set.tumor_mask
    whole, parts = tumor(examination.labelmap.array), examination.labelmap.array
    assert whole.any(), "no tumor was found in the sample"
    tell("Moving the porus plane: the parts change, the whole does not")
    widget.editPanel.ui.plusButton.click()
    assert np.array_equal(tumor(examination.labelmap.array), whole)
    assert not np.array_equal(examination.labelmap.array, parts)
    tell("Taking it back")
    widget.editPanel.editor.undo()
    widget.session.live.catchUp()
    assert np.array_equal(examination.labelmap.array, parts)
    tell("Leaving the module: no effect stays active")
    slicer.util.selectModule("Data")
    assert widget.editPanel.editor.activeEffect() is None
    tell("Test passed")


def _waitFor(isDone: Callable[[], Any]) -> None:
    timer = qt.QElapsedTimer()
    timer.start()
    while not isDone():
        assert timer.elapsed() < _PATIENCE_MS, "the segmentation took too long"
        slicer.app.processEvents()
