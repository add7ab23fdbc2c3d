"""The page of a scan in which no tumor was found."""

from dataclasses import replace

from Testing.support.canals import CANDIDATE, FAR, no_tumor_content
from Testing.support.reports import Page
from VSSegmentationLib.reporting import report_html
from VSSegmentationLib.reporting.report.no_tumor import NO_EVIDENCE


def test_both_canals_and_the_uncertain_region_are_shown_and_nothing_is_proved():
    page = Page(report_html(no_tumor_content(candidates=[CANDIDATE])))
    pictures = [a["aria-labelledby"].split("-title")[0] for a in page.all("svg") if a.get("role") == "img"]
    assert pictures == ["porus-right", "porus-left", "uncertain-1"]
    assert page.text.count(NO_EVIDENCE) == 1
    assert "1.200 cm³ on the left side" in page.text
    assert "neither in the labelmap nor in any measurement" in page.text


def test_no_number_is_shown_that_was_not_measured():
    text = Page(report_html(no_tumor_content())).text
    assert "Headline diameter" not in text
    assert "0.000 cm³" not in text
    assert "16 measures: not measurable, because no tumor is segmented." in text  # 20 less 3 volumes of 0


def test_findings_of_an_older_version_get_the_words_beside_them():
    content = replace(no_tumor_content(), findings="No tumor was found.")
    assert NO_EVIDENCE in Page(report_html(content)).text


def test_regions_are_listed_in_words_once_there_are_more_than_the_uncertain_one():
    alone = Page(report_html(no_tumor_content(candidates=[CANDIDATE]))).text
    assert "Other regions considered" not in alone
    both = Page(report_html(no_tumor_content(candidates=[CANDIDATE, FAR]))).text
    for told in ("Other regions considered", "Mean probability", "0.090 cm³", "R -24.0 A 6.0 S 6.0", "too far"):
        assert told in both
    assert "volume mm3" not in both


def test_what_no_region_tells_has_no_column_and_one_or_several_are_spoken_of_rightly():
    blank = {"uncertain": "", "mean_over_looks": None}
    text = Page(report_html(no_tumor_content(candidates=[CANDIDATE | blank, FAR | blank]))).text
    assert "uncertain\n" not in text
    assert "turned looks" not in text
    told = Page(report_html(no_tumor_content(candidates=[CANDIDATE | blank, FAR | {"mean_over_looks": 0.123}]))).text
    assert "Mean over turned looks" in told
    assert "0.12" in told
    assert "This is shown for a person to look at" in Page(report_html(no_tumor_content(candidates=[CANDIDATE]))).text
    two = [FAR | {"reason": "far"}, CANDIDATE]
    assert "Each is shown for a person to look at" in Page(report_html(no_tumor_content(candidates=two))).text
