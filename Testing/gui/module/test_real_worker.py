"""The real worker process, with the embedded networks, as a click starts it."""

import os
import time

import pytest

from Testing.gui.module.conftest import MODULE
from Testing.support.scripted_worker import truth
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS

PATIENCE_SECONDS = 400


@pytest.fixture
def widget(slicer_host, module_widget):
    """The module with the process that it starts by itself."""
    slicer_host.app.userSettings().clear()
    return module_widget(MODULE)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_click_segments_the_sample_a_kill_is_survived_and_leaving_ends_the_process(widget, hands, load_sample):
    load_sample(1)
    button, status = widget.segmentPanel.ui.segmentButton, widget.segmentPanel.ui.statusLabel
    hands.click(button)
    hands.wait(lambda: "…" in status.text and "Starting" not in status.text, PATIENCE_SECONDS)
    assert button.text == "Cancel"
    widget.client._process.kill()
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    assert "ended the segmentation process" in status.text

    hands.click(button)
    hands.wait(lambda: not widget.session.segmenter.isRunning, PATIENCE_SECONDS)
    examination = widget.session.examination
    assert examination is not None, status.text
    assert (
        dice(
            VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(examination.labelmap.array),
            VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(truth(1).array),
        )
        > 0.8
    )
    hands.wait(lambda: not widget.client.isBusy)

    leader = widget.client._process.groupLeader
    assert is_running(leader)
    widget.client.shutDown()
    end = time.monotonic() + 10
    while is_running(leader) and time.monotonic() < end:
        hands._host.app.processEvents()
    assert not is_running(leader)
