"""The module with a model of another kind of tumor that takes two scans, and the real worker behind it."""

import os
import shutil

import numpy as np
import pytest

from Testing.gui.module.conftest import MODULE
from Testing.support.toy_task import CORE, RIM, fill_toy_folder, install_toy_task, toy_scans

PATIENCE_SECONDS = 400


@pytest.fixture
def widget(slicer_host, module_widget, tmp_path, tmp_path_factory, monkeypatch):
    """The module, with the toy task installed and its model among those of the user."""
    packages = install_toy_task(tmp_path_factory.mktemp("packages"))
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(packages), os.environ.get("PYTHONPATH")))))
    monkeypatch.setenv("HOME", str(tmp_path))
    models = tmp_path / ".local" / "share" / "vs-segmentation" / "models"
    models.mkdir(parents=True)
    made = fill_toy_folder(tmp_path_factory.mktemp("toy"))
    for path in made.glob("toy_*.*"):
        shutil.copy(path, models)
    slicer_host.app.userSettings().clear()
    return module_widget(MODULE)


def shown(widget):
    return {name: selector for name, (_label, selector) in widget.casePanel._further.items()}


def choose_model(widget, name):
    box = widget.segmentPanel.ui.modelBox
    box.currentIndex = box.findData(name)


def test_a_model_of_two_scans_is_offered_a_selector_and_gives_its_own_numbers(widget, hands, slicer_host):
    import slicer

    from VSSegmentationLib import scene as scenes

    first, second = (
        scenes.add_volume(slicer.mrmlScene, volume, name)
        for volume, name in zip(toy_scans(), ("One", "Another"), strict=True)
    )
    button, status = widget.segmentPanel.ui.segmentButton, widget.segmentPanel.ui.statusLabel
    widget.casePanel.ui.inputSelector.setCurrentNode(first)
    assert shown(widget) == {}
    assert button.enabled

    choose_model(widget, "toy_two_inputs")
    assert list(shown(widget)) == ["second"]
    assert widget.casePanel._further["second"][0].text == "Second scan:"
    assert not button.enabled
    assert "takes further scans" in button.toolTip
    shown(widget)["second"].setCurrentNode(second)
    assert button.enabled

    hands.click(button)
    hands.wait(lambda: not widget.session.segmenter.isRunning, PATIENCE_SECONDS)
    examination = widget.session.examination
    assert examination is not None, status.text
    assert examination.task.name == "toy tumor"
    assert set(np.unique(examination.labelmap.array)) == {0, RIM, CORE}

    table = widget.measurementsPanel.ui.measurementTable
    assert [table.item(row, 0).text() for row in range(3)] == [
        "Volume of everything", "Volume of the core", "Greatest width",
    ]  # fmt: skip
    assert widget.resultPanel.ui.headlineNameLabel.text == "Greatest width"
    assert widget.editPanel.ui.planeBox.isHidden()
    assert examination.planeNode is None
    report = widget.reportPanel.ui
    assert report.koosBox.isHidden()
    assert not report.commentEdit.isHidden()
    assert report.boundaryCheck.text == "I have checked the headline"

    choose_model(widget, "")
    assert shown(widget) == {}
    assert widget.casePanel._alignBox is None


def test_a_scan_that_the_model_runs_without_may_stay_empty(widget, hands, slicer_host):
    import slicer
    from VSSegmentationPanels.ReportContents import reportContent

    from VSSegmentationLib import scene as scenes

    first = scenes.add_volume(slicer.mrmlScene, toy_scans()[0], "One")
    button, status = widget.segmentPanel.ui.segmentButton, widget.segmentPanel.ui.statusLabel
    widget.casePanel.ui.inputSelector.setCurrentNode(first)
    choose_model(widget, "toy_two_inputs")
    assert not button.enabled
    choose_model(widget, "toy_optional")
    assert shown(widget)["second"].noneDisplay == "None (may be left out)"
    assert button.enabled
    hands.click(button)
    hands.wait(lambda: not widget.session.segmenter.isRunning, PATIENCE_SECONDS)
    examination = widget.session.examination
    assert examination is not None, status.text
    assert set(np.unique(examination.labelmap.array)) == {0, RIM}  # the core is seen in the second scan alone
    assert any("ran without 'second'" in warning for warning in reportContent(widget.session).warnings)
    choose_model(widget, "toy_two_inputs")
    assert shown(widget)["second"].noneDisplay == "None"
    assert not button.enabled


def test_a_further_scan_is_proposed_by_its_name_and_scans_that_lie_apart_are_moved_on_request(widget, hands):
    import slicer

    from VSSegmentationLib import scene as scenes

    first, second = (
        scenes.add_volume(slicer.mrmlScene, volume, name)
        for volume, name in zip(toy_scans(), ("MR 7", "MR_second_8"), strict=True)
    )
    widget.casePanel.ui.inputSelector.setCurrentNode(first)
    choose_model(widget, "toy_two_inputs")
    assert shown(widget)["second"].currentNode() is second
    assert widget.session.furtherInputs == {"second": second}
    asked = []
    widget.session.segmenter._client.do = lambda job: asked.append(job.request)
    hands.click(widget.casePanel._alignBox)
    hands.click(widget.segmentPanel.ui.segmentButton)
    assert asked[0]["align"] is True
    assert list(asked[0]["further_inputs"]) == ["second"]
