"""The real worker process, with the embedded networks, as a click starts it."""

import os
import shutil
import time
from dataclasses import replace

import pytest

from Testing.gui.module.conftest import MODULE
from Testing.support.clicking import beside, click, tumor, view_at
from Testing.support.scripted_worker import SAMPLE, truth
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.scene import add_segmentation

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


def test_clicks_are_answered_by_the_process_and_the_second_one_finds_the_scan_in_its_memory(
    refiner, widget, hands, load_sample
):
    import slicer

    node = load_sample(1)
    add_segmentation(slicer.mrmlScene, truth(1), node, name="drawn by hand")
    widget.exit()
    widget.enter()
    hands.wait(lambda: widget.session.examination is not None)
    examination, answers = widget.session.examination, []
    ask = widget.client.do

    def asked(job):
        def done(data):
            answers.append(data)
            job.done(data)

        ask(replace(job, done=done))

    widget.client.do = asked
    hands.click(widget.editPanel.ui.addHereButton)
    for place in (beside(0.0, 7.0, 0.0), beside(0.0, -7.0, 0.0)):
        click(hands, view_at("Red", place), place)
        hands.wait(lambda: not widget.editPanel.corrections.pending, PATIENCE_SECONDS)
    assert len(examination.corrections) == 2, widget.editPanel.ui.clickLabel.text
    for correction in examination.corrections:
        grid = examination.labelmap
        assert grid.array[tuple(correction.interaction.voxels(grid.shape, grid.dhw_to_ras)[0])] > 0
    assert [each["warm"] for each in answers] == [False, True]
    assert (tumor(widget) >= (truth(1).array > 0)).all()
    widget.client.shutDown()


def test_many_scans_are_segmented_by_a_process_of_their_own_that_ends_with_them(widget, hands, tmp_path, monkeypatch):
    from VSSegmentationPanels import ManyScansPanel

    monkeypatch.setattr(ManyScansPanel, "missingTorch", lambda: "")
    (tmp_path / "scans").mkdir()
    shutil.copyfile(SAMPLE / "exam1_t2.nii.gz", tmp_path / "scans" / "head_t2.nii.gz")
    panel = widget.manyScansPanel
    panel.ui.scansButton.directory = str(tmp_path / "scans")
    hands.click(panel.ui.lookButton)
    hands.click(panel.ui.runButton)
    hands.wait(lambda: panel._runner.stage == "segmenting", PATIENCE_SECONDS)
    leader = widget.studyClient._process.groupLeader
    assert widget.client._process is None  # the button Segment has its own, and is free
    hands.wait(lambda: not panel._runner.isRunning, PATIENCE_SECONDS)
    (row,) = panel._study.rows()
    assert row.status == "done", row.reason
    assert row.side == "left"
    assert (tmp_path / "scans_study" / "study.html").is_file()
    hands.wait(lambda: not is_running(leader), 10)
