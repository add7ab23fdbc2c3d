"""A result that cannot be relied on has no headline, no grade and no sentence for a letter, in any output."""

import csv
import json

import pytest

from Testing.support.phantoms import ice_cream
from Testing.support.reports import Page, content_of
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.measurement.grades import NOT_GRADED
from VSSegmentationLib.outputs import write_outputs
from VSSegmentationLib.reporting import clinical_sentence, make_report, report_html
from VSSegmentationLib.reporting.report.reliability import CANNOT_BE_RELIED_ON

DOUBT = "By the call the scan is T2, and its image looks like ceT1: the result cannot be relied on."


@pytest.fixture(scope="module")
def doubted():
    return content_of(ice_cream((1.5, 0.4, 0.4)), side="left", doubts=(DOUBT,), warnings=(DOUBT,))


@pytest.fixture(scope="module")
def sound():
    return content_of(ice_cream((1.5, 0.4, 0.4)), side="left")


def test_no_headline_and_no_grade_are_in_the_report(doubted, sound):
    report = make_report(doubted)
    assert not report.is_reliable
    assert (report.headline.measurement_id, report.headline.value_mm) == (None, None)
    assert report.headline.reason == CANNOT_BE_RELIED_ON
    assert [grade.name for grade in report.grades] == [grade.name for grade in make_report(sound).grades]
    assert {grade.value for grade in report.grades} == {NOT_GRADED}
    assert {grade.raw_mm for grade in report.grades} == {None}


def test_a_headline_that_was_given_is_withheld_too(sound):
    given = content_of(ice_cream((1.5, 0.4, 0.4)), headline=sound.leading, doubts=(DOUBT,))
    assert given.leading.measurement_id is None


def test_the_sentence_says_that_there_is_none_and_why(doubted):
    sentence = clinical_sentence(make_report(doubted))
    assert sentence.startswith(f"No statement is made. {DOUBT} ")
    assert "mm" not in sentence
    assert "cm³" not in sentence


def test_a_result_without_doubt_is_as_before(sound):
    report = make_report(sound)
    assert report.is_reliable
    assert report.headline.value_mm == pytest.approx(16.1, abs=0.1)  # the phantom's ball is 16 mm wide
    assert "16.1 mm" in clinical_sentence(report)


def test_every_file_says_so(doubted, tmp_path):
    formats = (OutputFormat.REPORT_JSON, OutputFormat.STUDY_CSV, OutputFormat.HTML)
    write_outputs(doubted, tmp_path / "out", formats=formats)
    told = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert told["doubts"] == [DOUBT]
    assert told["headline"]["value_mm"] is None
    with (tmp_path / "out" / "study.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["is_headline"].lower() for row in rows} == {"false"}
    assert all(DOUBT in row["warnings"] for row in rows)


def test_the_page_leads_with_none_and_says_why(doubted):
    text = " ".join(Page(report_html(doubted)).text.split())
    assert "Headline diameter none" in text.replace("diameternone", "diameter none")
    assert "The result cannot be relied on" in text
    assert DOUBT in text
