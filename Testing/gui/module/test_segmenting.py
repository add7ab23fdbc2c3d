"""From the empty module to a segmented scan, and every way in which that may go wrong."""

import numpy as np
import pytest

from Testing.support.scripted_worker import shifted, truth
from VSSegmentationLib.geometry import transform_points
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS


def status(widget):
    return widget.segmentPanel.ui.statusLabel.text


def test_an_empty_module_says_what_to_do_first(widget):
    button = widget.segmentPanel.ui.segmentButton
    assert not button.enabled
    assert button.toolTip == "Choose a scan first."
    assert widget.segmentPanel.ui.whyLabel.text == "Choose a scan first."
    assert "load the sample or choose a scan" in widget.casePanel.ui.scanLabel.text
    assert not widget.resultPanel.widget.visible
    assert "nothing to edit yet" in widget.editPanel.ui.editEmptyLabel.text


def test_the_sample_is_loaded_and_segmented_by_two_clicks(widget, worker, hands):
    import slicer

    layout = slicer.app.layoutManager().layout
    hands.click(widget.casePanel.ui.sampleButton)
    assert widget.casePanel.ui.modalityBox.currentText == "T2"
    assert "224 × 152 × 36 voxels" in widget.casePanel.ui.scanLabel.text

    texts = []
    worker.before_result = lambda: texts.append(widget.segmentPanel.ui.segmentButton.text)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)

    assert texts == ["Cancel"]
    examination = widget.session.examination
    assert np.array_equal(examination.labelmap.array, truth(1).array)
    assert widget.segmentPanel.ui.segmentButton.text == "Segment"
    assert "left side" in status(widget)
    assert "\u00a0s (first run, models loaded)" in status(widget)
    assert widget.casePanel.ui.sideBox.currentText == "left"
    assert widget.measurementsPanel.ui.measurementTable.rowCount == len(widget.session.numbers.measurements)
    assert slicer.app.layoutManager().layout == layout, "the user's layout was changed unasked"


@pytest.mark.parametrize("size", [(300, 300), (150, 450), (450, 150)])
def test_the_3d_view_shows_the_whole_tumor_large_and_is_not_turned(widget, worker, hands, load_sample, size):
    import slicer

    load_sample(1)
    view = slicer.app.layoutManager().threeDWidget(0).threeDView()
    camera = view.cameraNode().GetCamera()
    camera.SetPosition(300.0, -400.0, 250.0)
    camera.SetFocalPoint(5.0, 5.0, 5.0)
    before = camera.GetDirectionOfProjection()
    view.renderWindow().SetSize(*size)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)

    labelmap = widget.session.examination.labelmap
    corners = transform_points(
        labelmap.dhw_to_ras, np.argwhere(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labelmap.array))
    )
    assert camera.GetDirectionOfProjection() == pytest.approx(before)
    world_to_view = camera.GetCompositeProjectionTransformMatrix(size[0] / size[1], -1.0, 1.0)
    seen = np.array([world_to_view.MultiplyPoint((*point, 1.0)) for point in corners])
    seen = seen[:, :2] / seen[:, 3:]  # -1 to 1 from border to border
    assert np.abs(seen).max() < 0.9
    of_shorter_side = np.ptp(seen, axis=0) * size / min(size) / 2
    assert of_shorter_side.max() > 0.4


def test_the_scan_is_handed_over_as_it_lies_and_removed_afterwards(widget, worker, hands, load_sample):
    from pathlib import Path

    from VSSegmentationLib.imageio import read_scan
    from VSSegmentationLib.scene import volume_of

    node = load_sample(1)
    given = []
    worker.before_result = lambda: given.append(read_scan(Path(worker.requests[0]["input"])).volume)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    assert np.array_equal(given[0].array, volume_of(node).array)
    assert given[0].same_grid(volume_of(node))
    assert not Path(worker.requests[0]["input"]).parent.exists()


def test_graphics_cards_appear_with_their_memory_once_the_worker_is_there(segmented, hands):
    box = segmented.segmentPanel.ui.deviceBox
    hands.wait(lambda: box.count == 3)
    assert box.itemText(2) == "Toy GPU (6.0 of 8.0 GB free)"


def test_a_second_run_uses_the_same_worker_and_replaces_what_nobody_edited(segmented, worker, hands):
    import slicer

    hands.wait(lambda: not segmented.client.isBusy)
    first = segmented.session.examination.segmentationNode
    worker.labelmap = shifted(truth(1), 3)
    hands.click(segmented.segmentPanel.ui.segmentButton)
    hands.wait(lambda: not segmented.session.segmenter.isRunning)
    assert len(worker.processes) == 1
    assert "models were loaded already" in status(segmented)
    assert first.GetScene() is None
    assert len(slicer.util.getNodesByClass("vtkMRMLSegmentationNode")) == 2  # to edit, and untouched
    assert len(slicer.util.getNodesByClass("vtkMRMLMarkupsPlaneNode")) == 1
    assert np.array_equal(segmented.session.examination.labelmap.array, worker.labelmap.array)


def test_an_edited_segmentation_is_kept_when_the_scan_is_segmented_again(segmented, hands):
    hands.click(segmented.editPanel.ui.plusButton)
    edited = segmented.session.examination.segmentationNode
    hands.wait(lambda: not segmented.client.isBusy)
    hands.click(segmented.segmentPanel.ui.segmentButton)
    hands.wait(lambda: not segmented.session.segmenter.isRunning)
    assert edited.GetScene() is not None
    assert edited.GetName().endswith("(earlier edit)")
    assert segmented.session.examination.segmentationNode is not edited


@pytest.mark.parametrize("noise", ["a warning of a library", '["no object"]', '{"id": "99", "result": {}}'])
def test_lines_that_are_no_answer_are_passed_over(widget, worker, hands, load_sample, noise):
    worker.noise = (noise,)
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    assert np.array_equal(widget.session.examination.labelmap.array, truth(1).array)


def test_a_crash_ends_in_a_sentence_and_the_next_click_starts_anew(widget, worker, hands, load_sample):
    load_sample(1)
    worker.segment = "crash"
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    assert "crashed (code 139)" in status(widget)
    assert "last line of standard error" in status(widget)
    assert widget.session.examination is None
    worker.segment = "result"
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    assert len(worker.processes) >= 2


def test_a_full_graphics_card_offers_the_cpu(widget, worker, hands, load_sample):
    load_sample(1)
    worker.segment = "error 5"
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    assert "Out of memory" in status(widget)
    assert widget.segmentPanel.ui.cpuButton.visible
    worker.segment = "result"
    hands.click(widget.segmentPanel.ui.cpuButton)
    hands.wait(lambda: widget.session.examination is not None)
    assert [r["device"] for r in worker.requests if r["do"] == "segment"] == ["auto", "cpu"]


def test_cancel_asks_first_and_keeps_the_worker_warm(widget, worker, hands, load_sample):
    load_sample(1)
    worker.segment = "wait for cancel"
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    assert status(widget) == "Canceled. Nothing was changed."
    assert not worker.processes[0].is_killed


def test_cancel_kills_a_worker_that_does_not_listen(widget, worker, hands, load_sample, monkeypatch):
    monkeypatch.setattr("VSSegmentationPanels.WorkerClient.CANCEL_GRACE_MS", 50)
    load_sample(1)
    worker.segment = "hang"
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.click(widget.segmentPanel.ui.segmentButton)
    assert not widget.segmentPanel.ui.segmentButton.enabled  # one cancel is enough
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    assert worker.processes[0].is_killed
    assert status(widget) == "Canceled. Nothing was changed."
    assert widget.segmentPanel.ui.segmentButton.text == "Segment"


def test_a_scan_that_was_removed_meanwhile_gets_no_result(widget, worker, hands, load_sample):
    import slicer

    node = load_sample(1)
    worker.before_result = lambda: slicer.mrmlScene.RemoveNode(node)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    assert "was removed while it was segmented" in status(widget)
    assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == []


def test_closing_the_scene_in_mid_run_leaves_a_usable_module(widget, worker, hands, load_sample, monkeypatch):
    import slicer

    monkeypatch.setattr("VSSegmentationPanels.WorkerClient.CANCEL_GRACE_MS", 50)
    load_sample(1)
    worker.segment = "hang"
    hands.click(widget.segmentPanel.ui.segmentButton)
    slicer.mrmlScene.Clear(0)
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == []
    worker.segment = "result"
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)


def test_a_full_disk_ends_in_a_sentence(widget, hands, load_sample, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("VSSegmentationPanels.Segmenter.write_image", full)
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    assert "No space left on device" in status(widget)
    assert widget.segmentPanel.ui.segmentButton.text == "Segment"
    assert widget.segmentPanel.ui.segmentButton.enabled


def test_a_worker_of_another_version_is_refused(widget, worker, hands, load_sample):
    worker.protocol = 99
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    assert "Two versions of this extension" in status(widget)


def test_a_scan_under_a_transform_gets_its_segments_where_it_is_shown(widget, hands, load_sample, worker):
    import slicer
    import vtk

    from VSSegmentationLib.scene import volume_of
    from VSSegmentationLib.volume import Volume

    node = load_sample(1)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkMatrix4x4()  # a shift of 10 mm to the right
    matrix.SetElement(0, 3, 10.0)
    transform.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(transform.GetID())
    worker.labelmap = Volume(truth(1).array, volume_of(node).dhw_to_ras)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    examination = widget.session.examination
    assert examination.segmentationNode.GetTransformNodeID() == transform.GetID()
    assert np.array_equal(examination.labelmap.array, truth(1).array)
    assert examination.labelmap.same_grid(volume_of(node))


def test_without_pytorch_the_button_offers_to_install_it_and_installs_nothing_unasked(widget, load_sample, monkeypatch):
    import importlib.metadata

    def missing(_name):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", missing)
    load_sample(1)
    widget.segmentPanel.update()
    assert widget.segmentPanel.ui.segmentButton.text == "Install PyTorch"
    assert "PyTorch extension" in status(widget)


def test_properties_of_the_panels_widgets_reach_their_signals(widget):
    heard = []
    button = widget.reportPanel.ui.exportFolderButton
    button.connect("directoryChanged(QString)", heard.append)
    button.directory = "/somewhere"
    assert heard == ["/somewhere"]


def test_a_thorough_look_is_asked_for_by_a_tick(widget, worker, hands, load_sample):
    load_sample(1)
    for ticked in (False, True):
        if ticked:
            hands.tick(widget.segmentPanel.ui.thoroughBox)
        hands.click(widget.segmentPanel.ui.segmentButton)
        hands.wait(lambda: not widget.session.segmenter.isRunning)
        asked = [request for request in worker.requests if request["do"] == "segment"]
        assert asked[-1]["thorough"] is ticked
