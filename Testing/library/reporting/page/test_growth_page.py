"""The page of a comparison: what it says, what it never says, and that nothing from outside gets in."""

import datetime as dt
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from Testing.support.growth_cases import examination
from Testing.support.phantoms import ice_cream
from VSSegmentationLib.measurement.growth import Treatment, TreatmentKind, compare
from VSSegmentationLib.reporting.growth.content import GrowthContent, ShownExamination
from VSSegmentationLib.reporting.page.growth_page import growth_html

LABELMAP = ice_cream((1.5, 0.6, 0.6))


class Text(HTMLParser):
    """The words of a page, without style sheets and templates' marks."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.words.append(data)


def page(*examinations, shown=None, with_dates: bool = False, **options) -> str:
    growth = compare(examinations, **options)
    shown = shown or (ShownExamination(labelmap=LABELMAP),) * len(examinations)
    return growth_html(GrowthContent(growth=growth, shown=shown, with_dates=with_dates))


def text(html: str) -> str:
    parser = Text()
    parser.feed(html)
    return re.sub(r"\s+", " ", " ".join(parser.words))


def two(**second) -> str:
    return page(examination(0, 1.0, 12.9), examination(365, 1.23, 14.8, **second))


def test_the_page_says_what_changed_with_the_golden_values():
    words = text(two())
    assert "+23.0 % over 365 days; up by 20 % or more; beyond the uncertainty of 20 %." in words
    assert "+1.9 mm over 365 days; less than 2 mm." in words
    assert "+1.90" in words  # mm per year
    assert "+0.207" in words  # SGR per year
    assert "1222" in words  # days of doubling


@pytest.mark.parametrize("word", ["progression", "stable", "treat ", "recommend", "should", "significant", "response"])
def test_the_page_describes_and_never_advises(word: str):
    assert word not in text(two()).lower()


def test_within_42_months_of_radiosurgery_nothing_is_called_growth():
    html = page(
        examination(0, 1.0, 12.0), examination(600, 1.6, 15.0), treatments=[Treatment(TreatmentKind.RADIOSURGERY, 0)]
    )
    words = text(html)
    assert "Change after radiosurgery; transient enlargement is common in this interval." in words
    assert "growth" not in words.lower()
    assert "grow" not in words.lower()
    assert "radiosurgery on day 0" in words


def test_a_draft_says_so_on_top_across_and_at_the_foot_and_a_reviewed_page_does_not():
    draft = two()
    assert draft.count("DRAFT") >= 4  # status, watermark, footer, each picture
    reviewed = page(examination(0, reviewed=True), examination(9, reviewed=True))
    assert "DRAFT" not in text(reviewed)
    assert "REVIEWED" in text(reviewed)


def test_the_notice_stands_on_top_and_at_the_foot():
    assert text(two()).count("For research use only. Not a medical device.") == 2


def test_warnings_of_comparison_and_examinations_are_listed():
    second = replace(examination(365, sequence="ceT1"), warnings=("The tumor touches the border.",))
    words = text(page(examination(0), second))
    assert "The sequences differ" in words
    assert "Examination 2: The tumor touches the border." in words


def test_dates_stand_there_only_on_request():
    examinations = (examination(0, date=dt.date(2023, 3, 1)), examination(365, date=dt.date(2024, 2, 29)))
    assert "2023-03-01" not in page(*examinations)
    assert "2023-03-01" in page(*examinations, with_dates=True)


def test_neighboring_names_of_one_reference_share_a_row():
    words = text(page(examination(0), examination(365), examination(730)))
    assert "1 (baseline, previous, nadir)" in words  # of the second examination
    assert "1 (baseline, nadir)" in words  # of the third: equal values, the earliest is the nadir
    assert "2 (previous)" in words


def test_a_figure_that_is_missing_has_a_note():
    words = text(page(examination(0, 0.0), examination(365, 0.3)))
    assert "Not defined, because it was 0 in examination 1." in words


def test_many_examinations_are_shown_in_tables_of_six():
    words = text(page(*(examination(100 * i, 1.0 + 0.1 * i) for i in range(8))))
    assert "1: day 0" in words
    assert "8: day 700 8 against 1" in words


def test_an_examination_without_a_tumor_is_told_and_the_others_are_shown():
    empty = ShownExamination(labelmap=LABELMAP.with_array(LABELMAP.array * 0))
    html = page(examination(0), examination(365), shown=(ShownExamination(labelmap=LABELMAP), empty))
    assert "Examination 2: no tumor is marked." in text(html)
    assert html.count('aria-labelledby="examination-') == 1


def test_everything_from_outside_is_escaped():
    evil = "<script>alert(1)</script>"
    html = two(sequence=evil, segmented_by=evil, side=evil, headline_change={"note": evil})
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_nothing_is_loaded_from_elsewhere():
    assert not re.search(r'(?:src|href)="(?!data:)', two().replace("data:image", "data:"))
    assert "url(" not in two()


def test_ids_on_the_page_are_unique():
    ids = re.findall(r'\bid="([^"]+)"', two())
    assert len(ids) == len(set(ids))


def test_the_two_limits_are_put_against_each_other_at_the_baseline_alone_and_names_are_those_of_people():
    html = two()
    words = text(html)
    assert "What the two limits mean at each size" not in words
    (told,) = re.findall(r"At the ([\d.]+) mm of the baseline, 2 mm more are ([-+\d.]+) % in volume", words)
    diameter, percent = map(float, told)
    assert percent == pytest.approx(100 * ((diameter + 2) ** 3 / diameter**3 - 1), abs=1.0)  # a ball
    assert "<code>" not in html
