"""What a reader meets first on the page, and what does not stand there."""

import re
from dataclasses import replace

from Testing.support.phantoms import ice_cream
from Testing.support.reports import BY_MODEL, Page, content_of, grown_report
from VSSegmentationLib.reporting import Provenance, report_html
from VSSegmentationLib.reporting.page.header import page_header
from VSSegmentationLib.reporting.page.provenance_section import provenance_table
from VSSegmentationLib.reporting.report.building import make_report
from VSSegmentationLib.tasks import DEFAULT_TASK

FINE = (1.5, 0.4, 0.4)


def body_of(content) -> str:
    return re.sub(r"\s+", " ", Page(report_html(content)).text)


def test_side_finding_headline_change_volume_extent_parts_then_the_appendix():
    text = body_of(grown_report())
    order = (
        "Left side. A tumor was found.", "14.8 mm", "since the previous examination", "Volume, whole tumor",
        "Lateral extent in the canal", "Volume, extrameatal", "Kanzaki 2003", "Appendix: all measurements",
        "Provenance",
    )  # fmt: skip
    places = [text.index(each) for each in order]
    assert places == sorted(places)


def test_headline_and_volume_carry_their_change_since_the_previous_examination():
    text = body_of(grown_report())
    assert "+1.9 mm" in text  # 12.9 to 14.8 mm, a year apart
    assert "+0.230 cm³ (+23 %) in 365 days, since the previous examination." in text
    assert "since the previous examination" not in body_of(content_of(ice_cream(FINE)))


def test_side_is_told_once_and_that_it_is_not_determined():
    report = make_report(content_of(ice_cream(FINE), side="right"))
    for side, words in (("right", "Right side. A tumor was found."), (None, "Side not determined. A tumor was found.")):
        assert words in Page(page_header(replace(report, side=side), DEFAULT_TASK)).text
    named = content_of(ice_cream(FINE), side="left", findings="A tumor was found on the patient's left side.")
    assert "Left side." not in body_of(named)


def test_no_name_of_the_program_stands_beside_a_measure():
    html = report_html(grown_report())
    assert "<code>" not in html
    for name in ("em_max_axial", "vol_total", "whole_height", "fundus_gap"):
        assert name not in html


def test_slice_of_the_key_image_has_the_number_and_the_place_that_a_viewer_shows():
    text = body_of(content_of(ice_cream(FINE)))
    assert re.search(r"Slice \d+ of 20 \(the first is the lowest\), R -?\d+\.\d A -?\d+\.\d S -?\d+\.\d mm", text)
    assert "in the order of the file" not in text


def test_remarks_about_files_are_no_warnings():
    html = report_html(content_of(ice_cream(FINE), remarks=("No DICOM object was written: no series.",)))
    assert 'class="warnings"' not in html
    assert html.index("No DICOM object was written") > html.index("Provenance</h2>")


def test_provenance_has_a_row_for_each_thing_and_stays_within_a_page():
    run = {f"stage {i}": {"words": "w" * 200, "more": list(range(200))} for i in range(60)}
    content = content_of(ice_cream(FINE), provenance=Provenance(model=BY_MODEL.model, device="cpu", run=run))
    page = Page(provenance_table(make_report(content)))
    assert len(page.all("tr")) <= 27
    assert "All of it stands in provenance.json." in page.text
    assert "default_t2" in page.text
    assert len(page.text) < 26 * 400
