"""Fields, ticks, formats and files."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from VSSegmentationLib.formats import DICOM_FORMATS, OutputFormat
from VSSegmentationLib.reporting import UserFields, questions, read_report_json
from VSSegmentationLib.reporting.report.fields import asked


@pytest.fixture
def report(segmented, hands, tmp_path):
    """The open report panel, with an empty folder to export into."""
    ui = segmented.reportPanel.ui
    ui.reportSection.collapsed = False
    ui.exportFolderButton.directory = str(tmp_path)
    choose(segmented, OutputFormat.REPORT_JSON)
    return segmented


def choose(widget, *formats):
    for each, box in widget.reportPanel.formatBoxes.items():
        box.checked = each in formats


def test_every_format_but_those_of_dicom_is_written(report, hands, tmp_path):
    possible = [each for each, box in report.reportPanel.formatBoxes.items() if box.enabled]
    assert set(OutputFormat) - set(possible) == set(DICOM_FORMATS)
    choose(report, *possible)
    hands.click(report.reportPanel.ui.exportButton)
    assert "Written into" in report.reportPanel.ui.exportLabel.text
    names = {path.name for path in (tmp_path / "vs_report").iterdir()}
    assert len(names) == len(possible) + 2  # and provenance.json, and a piece of the scan
    assert (tmp_path / "vs_report" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_format_that_is_not_possible_says_why(report):
    box = report.reportPanel.formatBoxes[OutputFormat.DICOM_SEG]
    assert not box.enabled
    assert "was not loaded from Slicer's DICOM database" in box.toolTip
    assert box.toolTip in report.reportPanel.ui.whyLabel.text


@pytest.mark.parametrize(("key", "side"), [(Qt.Key.Key_Down, "right"), (Qt.Key.Key_Up, "not determined")])
def test_a_side_that_a_person_corrected_is_the_one_that_the_report_names(report, hands, tmp_path, key, side):
    box = report.casePanel.ui.sideBox
    assert box.currentText == "left"
    hands.show(box)
    QTest.keyClick(box, key)
    assert box.currentText == side
    hands.click(report.reportPanel.ui.exportButton)
    written = read_report_json(next(tmp_path.glob("*/report.json")))
    if side == "right":
        assert (written.side, written.findings) == ("right", "A tumor was found on the patient's right side.")
        assert written.provenance["side"]["source"] == "stated by a person"
    else:
        assert (written.side, written.findings) == (None, "A tumor was found.")


def test_what_was_typed_and_edited_stands_in_the_report(report, hands, tmp_path):
    ui = report.reportPanel.ui
    hands.type(report.casePanel.ui.caseNameEdit, "case 7")
    ui.koosBox.setCurrentIndex(ui.koosBox.findText("III"))
    ui.treatmentBox.setCurrentIndex(ui.treatmentBox.findText("radiosurgery"))
    hands.type(ui.commentEdit, "seen <b>twice</b>")
    hands.click(report.editPanel.ui.plusButton)
    hands.click(ui.exportButton)
    written = read_report_json(tmp_path / "vs_report_case_7" / "report.json")
    assert written.case == "case 7"
    assert written.user_fields.koos == "III"
    assert written.user_fields.prior_treatment[0].kind == "radiosurgery"
    assert written.user_fields.comment == "seen <b>twice</b>"
    assert [edit.tool for edit in written.segmentation.edits] == ["porus plane"]
    assert written.segmentation.plane.source == "user"
    assert written.segmentation.dice_automatic_final == 1.0
    assert "A warning of the model." in written.warnings


def test_two_ticks_make_it_reviewed_and_an_edit_makes_it_a_draft_again(report, hands, tmp_path):
    ui = report.reportPanel.ui
    hands.tick(ui.maskCheck)
    assert "DRAFT" in ui.exportLabel.text
    hands.tick(ui.boundaryCheck)
    assert ui.exportLabel.text == "Reviewed."
    hands.click(ui.exportButton)
    assert read_report_json(tmp_path / "vs_report" / "report.json").status == "reviewed"

    hands.click(report.editPanel.ui.plusButton)
    assert not ui.maskCheck.checked
    assert not ui.boundaryCheck.checked
    hands.click(ui.exportButton)
    assert read_report_json(tmp_path / "vs_report_2" / "report.json").status == "draft"


def test_nothing_chosen_is_said_on_the_button(report):
    choose(report)
    assert not report.reportPanel.ui.exportButton.enabled
    assert report.reportPanel.ui.exportButton.toolTip == "Choose at least one format."


def test_a_folder_that_cannot_be_written_ends_in_a_sentence(report, hands, tmp_path):
    (tmp_path / "file").write_text("")
    report.reportPanel.ui.exportFolderButton.directory = str(tmp_path / "file")
    hands.click(report.reportPanel.ui.exportButton)
    assert "cannot be written" in report.reportPanel.ui.exportLabel.text


def test_the_preview_is_opened_in_the_browser_and_removed_with_the_module(report, hands, monkeypatch):
    import qt

    opened = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    hands.click(report.reportPanel.ui.previewButton)
    from pathlib import Path

    page = Path(opened[0])
    assert "DRAFT" in page.read_text(encoding="utf-8")
    report.reportPanel.cleanup()
    assert not page.exists()


def test_formats_and_folder_are_remembered(report, slicer_host, tmp_path):
    settings = slicer_host.app.userSettings()
    choose(report, OutputFormat.HTML, OutputFormat.CSV)
    assert settings.value("VSSegmentation/exportFolder") == str(tmp_path)
    assert set(settings.value("VSSegmentation/formats").split(",")) == {"html", "csv"}


def test_the_provenance_names_the_model_and_slicer(report, hands, tmp_path):
    import slicer

    hands.click(report.reportPanel.ui.exportButton)
    provenance = json.loads((tmp_path / "vs_report" / "provenance.json").read_text())
    assert (provenance["model"]["name"], provenance["device"]) == ("toy", "cpu")
    version = f"{slicer.app.majorVersion}.{slicer.app.minorVersion}"
    assert provenance["software"]["slicer_version"] == version
    assert read_report_json(tmp_path / "vs_report" / "report.json").software.slicer_version == version
    assert provenance["source"]["file_format"] == "Slicer volume"


def test_every_field_of_the_report_has_a_box_in_the_form_and_arrives_as_it_was_entered(report, hands, tmp_path):
    ui = report.reportPanel.ui
    ui.moreBox.collapsed = False
    entered = {}
    for question in questions():
        if question.choices:
            entered[question.id] = question.choices[-1]
            box = getattr(ui, f"{question.id}Box")
            assert box.itemText(0) == "not given"
            box.setCurrentIndex(box.findText(entered[question.id]))
        else:
            entered[question.id] = f"{question.id} in words"
            hands.type(getattr(ui, f"{question.id}Edit"), entered[question.id])
    hands.click(ui.exportButton)
    written = read_report_json(tmp_path / "vs_report" / "report.json").user_fields
    assert {name: getattr(written, name) for name in entered} == entered


def test_a_field_that_is_declared_in_the_library_needs_nothing_in_the_module(report, monkeypatch):
    import ctk
    import qt
    from VSSegmentationPanels import ReportFields

    @dataclass(frozen=True, kw_only=True)
    class MoreFields(UserFields):
        tinnitus: str = field(default="", metadata=asked(label="Tinnitus of the patient", short="Tinnitus"))

    monkeypatch.setattr(ReportFields, "questions", lambda: questions(MoreFields))
    monkeypatch.setattr(ReportFields, "UserFields", MoreFields)
    form = SimpleNamespace(
        reportSection=qt.QWidget(),
        fieldsBox=qt.QWidget(),
        treatmentDaysBox=qt.QSpinBox(),
        moreBox=ctk.ctkCollapsibleGroupBox(),
    )
    for box in (form.fieldsBox, form.moreBox):
        qt.QFormLayout(box)
    ReportFields.addFields(form)
    assert form.tinnitusEdit.property("SlicerParameterName") == "tinnitus"

    class Parameters:
        reader: str = ""

    assert ReportFields.withReportFields(Parameters).__annotations__["tinnitus"] is str
    values = {each.id: "on the left" if each.id == "tinnitus" else "" for each in questions(MoreFields)}
    node = SimpleNamespace(treatment="none", treatmentDays=0, getValue=values.get)
    assert ReportFields.userFields(node) == MoreFields(tinnitus="on the left")


def test_an_edit_names_who_edited_if_that_person_wants_to_be_named(report, hands, tmp_path):
    hands.click(report.editPanel.ui.plusButton)
    hands.type(report.reportPanel.ui.readerEdit, "A. Reader")
    hands.click(report.editPanel.ui.plusButton)
    hands.click(report.reportPanel.ui.exportButton)
    written = read_report_json(tmp_path / "vs_report" / "report.json")
    assert [edit.actor for edit in written.segmentation.edits] == ["", "A. Reader"]
