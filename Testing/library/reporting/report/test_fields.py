"""A field that a person fills in is declared once, and stands wherever a report is told."""

import json
from dataclasses import dataclass, field, fields

import pytest

from Testing.support.phantoms import ice_cream
from Testing.support.reports import Page, content_of
from VSSegmentationLib.codec import json_schema
from VSSegmentationLib.reporting import UserFields, make_report, questions, report_html, write_report_json
from VSSegmentationLib.reporting.dicom.groups import entered_grades
from VSSegmentationLib.reporting.report.fields import answers, asked


@dataclass(frozen=True, kw_only=True)
class MoreFields(UserFields):
    """With a finding and a grade that no report has."""

    tinnitus: str = field(default="", metadata=asked(label="Tinnitus of the patient", short="Tinnitus"))
    ruler: str = field(
        default="", metadata=asked(label="Ruler grade", short="Ruler", choices=("1", "2"), grade="Ruler")
    )


FILLED = MoreFields(tinnitus="on the left", ruler="2")


def test_every_field_but_the_treatments_is_asked_for_under_its_own_name():
    asked_for = [each.id for each in questions()]
    assert asked_for == [each.name for each in fields(UserFields) if each.name != "prior_treatment"]
    assert all(each.label and each.short and each.help for each in questions())


def test_a_field_declared_once_stands_in_json_schema_and_page(tmp_path):
    content = content_of(ice_cream((1.0, 1.0, 1.0)), user_fields=FILLED)
    write_report_json(tmp_path / "report.json", content)
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert written["user_fields"]["tinnitus"] == "on the left"
    assert "tinnitus" in json_schema(MoreFields)["$defs"]["MoreFields"]["properties"]
    text = Page(report_html(content)).text
    assert "Tinnitus of the patient" in text
    assert "on the left" in text


def test_a_grade_declared_once_stands_in_the_structured_report():
    pytest.importorskip("highdicom")
    report = make_report(content_of(ice_cream((1.0, 1.0, 1.0)), user_fields=FILLED))
    assert [(grade.name, grade.value) for grade in entered_grades(report)] == [("Ruler", "2")]


def test_what_was_left_empty_is_no_answer():
    assert [(question.id, answer) for question, answer in answers(UserFields(koos=" III ", comment="  "))] == [
        ("koos", "III")
    ]
