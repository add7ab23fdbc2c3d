"""Many scans: a folder is looked through, run in the background, opened case by case, corrected, and left in order."""

import csv
import os
import shutil
from pathlib import Path

import pytest

from Testing.support.scripted_worker import SAMPLE
from VSSegmentationLib.imageio import read_labelmap

DONE = "case-00001"


@pytest.fixture
def scans(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("1_exam1", "2_exam2"):
        shutil.copyfile(SAMPLE / f"{name[2:]}_t2.nii.gz", folder / f"{name}.nii.gz")
    return folder


@pytest.fixture
def panel(widget, scans, monkeypatch):
    """The panel, unfolded, with both folders chosen."""
    from VSSegmentationPanels import ManyScansPanel

    monkeypatch.setattr(ManyScansPanel, "missingTorch", lambda: "")
    made = widget.manyScansPanel
    made.ui.manySection.collapsed = False
    made.ui.scansButton.directory = str(scans)
    made.ui.scansButton.directorySelected.emit(str(scans))
    return made


@pytest.fixture
def run(panel, hands):
    """The panel after all cases were done."""
    hands.click(panel.ui.lookButton)
    hands.click(panel.ui.runButton)
    hands.wait(lambda: not panel._runner.isRunning)
    return panel


def case_at_hand(widget):
    from VSSegmentationPanels.StudyCases import caseOf

    return caseOf(widget.session.examination)


def is_loaded(name):
    from VSSegmentationPanels.StudyCases import openedNode

    return openedNode(name) is not None


def cells(panel):
    table = panel.ui.casesTable
    return [tuple(table.item(row, column).text() for column in range(4)) for row in range(table.rowCount)]


def click_row(panel, hands, row):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    table = panel.ui.casesTable
    hands.show(table)
    place = table.visualItemRect(table.item(row, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    hands._host.process_events()


def wide(scans):
    path = scans.with_name("scans_study") / "study_wide.csv"
    return {row["case"]: row for row in csv.DictReader(path.open(newline=""))}


def test_at_first_it_says_what_to_do_and_why_nothing_else_works(panel):
    ui = panel.ui
    assert "Choose a folder with scans" in ui.emptyLabel.text
    assert not ui.casesTable.visible
    assert not ui.runButton.enabled
    assert not ui.correctButton.enabled
    assert not ui.openPageButton.enabled
    for reason in ("Look through the folder first", "Open a case of the list", "The page is there once"):
        assert reason in ui.whyLabel.text
    assert ui.studyButton.directory.endswith("scans_study")


def test_looking_lists_the_cases_and_begins_nothing(panel, hands, worker):
    hands.click(panel.ui.lookButton)
    assert [row[:2] for row in cells(panel)] == [(DONE, "waiting"), ("case-00002", "waiting")]
    assert panel.ui.emptyLabel.text == "2 cases: 0 done, 2 to do, 0 refused or set aside"
    assert panel.ui.runButton.text == "Segment 2 scans"
    assert worker.requests == []


def test_a_folder_without_scans_and_one_of_other_files_are_refused_in_a_sentence(panel, hands, tmp_path):
    (tmp_path / "empty").mkdir()
    panel.ui.scansButton.directory = str(tmp_path / "empty")
    hands.click(panel.ui.lookButton)
    assert "Nothing was found that could be a case" in panel.ui.manyLabel.text
    panel.ui.studyButton.directory = str(tmp_path)
    hands.click(panel.ui.lookButton)
    assert panel.ui.manyLabel.text.startswith("The study folder")
    assert not panel.ui.runButton.enabled


def test_a_run_goes_on_in_the_background_and_ends_its_process(run, worker, scans):
    assert [row[1] for row in cells(run)] == ["done", "done"]
    assert all(row[2].endswith("cm³") for row in cells(run))
    assert run.ui.emptyLabel.text == "2 cases: 2 done, 0 to do, 0 refused or set aside"
    assert not run.ui.runButton.enabled
    assert "All cases of the folder are done" in run.ui.runButton.toolTip
    assert run.ui.openPageButton.enabled
    assert not run.ui.manyBar.visible
    assert set(wide(scans)) == {DONE, "case-00002"}
    (process,) = worker.processes
    assert process.is_killed


def test_a_refused_case_and_one_that_ends_its_process_do_not_stop_the_others(panel, hands, scans):
    for name in ("0_refused", "0_fatal"):
        shutil.copyfile(SAMPLE / "exam1_t2.nii.gz", scans / f"{name}.nii.gz")
    hands.click(panel.ui.lookButton)
    hands.click(panel.ui.runButton)
    hands.wait(lambda: not panel._runner.isRunning)
    assert [row[1] for row in cells(panel)] == ["set aside", "refused", "done", "done"]
    assert "It shows no head" in cells(panel)[1][3]
    click_row(panel, hands, 1)
    assert "case-00002 was refused: It shows no head" in panel.ui.manyLabel.text


def test_a_stop_lets_the_case_end_and_the_button_goes_on(panel, hands, scans, worker):
    worker.cases_wait = True
    hands.click(panel.ui.lookButton)
    hands.click(panel.ui.runButton)
    assert panel.ui.runButton.text == "Stop after this case"
    assert panel.ui.manyBar.visible
    assert not panel.ui.scansButton.enabled
    hands.click(panel.ui.runButton)
    assert panel.ui.runButton.text == "Stop at once"
    assert cells(panel)[0][1] == "at work"
    assert "segmenting" in panel.ui.manyLabel.text
    assert "It is stopped after this case." in panel.ui.manyLabel.text
    worker.cases_wait = False
    worker.let_go()
    hands.wait(lambda: not panel._runner.isRunning)
    assert [row[1] for row in cells(panel)] == ["done", "waiting"]
    assert "Stopped. What is done is kept" in panel.ui.manyLabel.text
    hands.click(panel.ui.lookButton)
    assert panel.ui.runButton.text == "Segment 1 scans"
    hands.click(panel.ui.runButton)
    hands.wait(lambda: not panel._runner.isRunning)
    assert [row[1] for row in cells(panel)] == ["done", "done"]
    assert [request["do"] for request in worker.requests].count("case") == 2


def test_a_second_stop_ends_a_case_that_does_not_end(panel, hands, worker):
    worker.cases_wait = True
    hands.click(panel.ui.lookButton)
    hands.click(panel.ui.runButton)
    hands.click(panel.ui.runButton)
    hands.click(panel.ui.runButton)
    hands.wait(lambda: not panel._runner.isRunning)
    assert [row[1] for row in cells(panel)] == ["waiting", "waiting"]


def test_a_click_opens_the_case_and_the_next_takes_its_place(run, widget, hands):
    click_row(run, hands, 0)
    examination = widget.session.examination
    assert case_at_hand(widget) == DONE
    assert widget.session.parameterNode.caseName == DONE
    assert examination.volumeNode.GetName() == DONE
    assert f"{DONE} is open" in run.ui.manyLabel.text
    assert f"{widget.session.numbers.measurements[0].value:.2f}" in cells(run)[0][2]
    assert not run.ui.correctButton.enabled
    assert "as it is in the study" in run.ui.correctButton.toolTip
    click_row(run, hands, 1)
    assert case_at_hand(widget) == "case-00002"
    assert not is_loaded(DONE)


def test_enter_opens_the_chosen_case(run, widget, hands):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    table = run.ui.casesTable
    hands.show(table)
    table.setFocus()
    table.setCurrentCell(0, 0)
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert widget.session.examination is None  # going through the list opens nothing
    QTest.keyClick(table, Qt.Key.Key_Return)
    hands._host.process_events()
    assert case_at_hand(widget) == "case-00002"


def test_a_correction_goes_back_into_the_study(run, widget, hands, scans):
    click_row(run, hands, 0)
    before = wide(scans)[DONE]
    hands.click(widget.editPanel.ui.plusButton)
    assert run.ui.correctButton.enabled
    hands.click(run.ui.correctButton)
    after = wide(scans)[DONE]
    assert after["corrected"] == "True"
    assert float(after["vol_em"]) != float(before["vol_em"])
    assert float(after["volume_cm3"]) == pytest.approx(float(before["volume_cm3"]))  # the plane moves no voxel
    assert cells(run)[0][1] == "corrected"
    labelmap = read_labelmap(scans.with_name("scans_study") / "cases" / DONE / "segmentation.seg.nrrd")
    assert (labelmap.array == widget.session.examination.labelmap.array).all()
    assert not run.ui.correctButton.enabled
    assert "hold the new numbers" in run.ui.manyLabel.text


def test_a_case_with_a_correction_that_is_not_in_the_study_stays_loaded(run, widget, hands):
    click_row(run, hands, 0)
    hands.click(widget.editPanel.ui.plusButton)
    click_row(run, hands, 1)
    assert is_loaded(DONE)
    assert f"{DONE} stays loaded" in run.ui.manyLabel.text
    click_row(run, hands, 0)
    assert case_at_hand(widget) == DONE
    assert run.ui.correctButton.enabled


def test_a_corrected_case_that_is_opened_again_has_its_edits(run, widget, hands):
    click_row(run, hands, 0)
    hands.click(widget.editPanel.ui.plusButton)
    hands.click(run.ui.correctButton)
    click_row(run, hands, 1)
    click_row(run, hands, 0)
    assert len(widget.session.examination.log.edits) == 1
    assert not run.ui.correctButton.enabled


def test_files_that_are_gone_are_told_in_a_sentence(run, hands, scans):
    shutil.rmtree(scans.with_name("scans_study") / "cases" / DONE)
    click_row(run, hands, 0)
    assert "No such file or directory" in run.ui.manyLabel.text
    assert str(scans) not in run.ui.manyLabel.text


def test_the_folder_is_free_for_others_when_the_module_goes(run, widget, scans):
    lock = scans.with_name("scans_study") / ".batch" / "running"
    assert lock.exists()
    run.cleanup()
    assert not lock.exists()


def test_pictures_of_each_state(panel, hands, worker, tmp_path):
    folder = Path(os.environ.get("VS_SEGMENTATION_PICTURES") or tmp_path)

    def shot(name):
        hands._host.process_events()
        assert panel.widget.grab().save(str(folder / f"many_scans_{name}.png"))

    shot("at_first")
    hands.click(panel.ui.lookButton)
    shot("looked")
    worker.cases_wait = True
    hands.click(panel.ui.runButton)
    shot("running")
    worker.cases_wait = False
    worker.let_go()
    hands.wait(lambda: not panel._runner.isRunning)
    click_row(panel, hands, 0)
    shot("open")
