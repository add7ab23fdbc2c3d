import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from Testing.support.phantoms import box, ice_cream, labeled, oblique
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement, measure
from VSSegmentationLib.reporting import ReportContent, key_image_svg, report_html, write_report_html
from VSSegmentationLib.volume import Volume

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Sees that every element is closed in its turn, and keeps what was found."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def content_of(labelmap: Volume, **changes) -> ReportContent:
    noise = np.random.default_rng(1).normal(size=labelmap.shape).astype(np.float32)
    values = {
        "image": labelmap.with_array(noise),
        "labelmap": labelmap,
        "measurements": measure(labelmap),
        "findings": "A tumor was found.",
        "provenance": {"model": {"name": "default_t2", "weights_sha256": "ab" * 32}, "device": "cpu"},
    }
    return ReportContent(**{**values, **changes})


def no_tumor() -> Volume:
    labelmap = ice_cream((1.0, 1.0, 1.0))
    return labelmap.with_array(np.zeros_like(labelmap.array))


CASES = {
    "two parts": lambda: content_of(ice_cream((1.5, 0.4, 0.4))),
    "not divided": lambda: content_of(labeled(box((3, 9, 9)), (1, 1, 1), Label.UNDIVIDED_TUMOR)),
    "one voxel": lambda: content_of(labeled(box((1, 1, 1)), (1, 1, 1))),
    "tilted": lambda: content_of(oblique(ice_cream((1.0, 1.0, 1.0)), 40.0)),
    "no scan": lambda: content_of(ice_cream((1.0, 1.0, 1.0)), image=None),
    "constant scan": lambda: content_of(
        ice_cream((1.0, 1.0, 1.0)), image=no_tumor().with_array(np.ones((30, 44, 44), np.float32))
    ),
    "no tumor": lambda: content_of(no_tumor(), findings="No tumor was found."),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_report_is_well_formed_loads_nothing_and_says_what_it_is_not(case):
    text = report_html(case())
    page = Page(text)
    assert page.all("html") == [{"lang": "en"}]
    assert not page.all("script")
    assert not page.all("link")
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "data:image/png;base64,").startswith("data:image/png;base64,")
    assert "@import" not in text
    assert "url(" not in text
    assert page.text.count("For research use only. Not a medical device.") == 2
    assert not re.search(r"\b(nan|inf)\b", page.text.lower())


@pytest.mark.parametrize("case", [name for name in CASES if name != "no tumor"])
def test_key_image_has_an_outline_in_the_color_of_each_part_and_words_for_those_who_cannot_see_it(case):
    content = CASES[case]()
    page = Page(report_html(content))
    (svg,) = [attributes for attributes in page.all("svg") if attributes.get("role") == "img"]
    assert svg["aria-labelledby"] == "key-title key-text"
    strokes = {attributes.get("stroke") for attributes in page.all("path")}
    parts = set(np.unique(content.labelmap.array).tolist()) - {0}
    colors = {Label.EXTRAMEATAL: "rgb(230,159,0)", Label.INTRAMEATAL: "rgb(0,158,115)"}
    expected = {colors.get(Label(part), "rgb(213,94,0)") for part in parts}
    assert expected <= strokes


def test_key_image_is_a_picture_of_its_own_with_value_sides_and_scale():
    svg = ET.fromstring(key_image_svg(content_of(ice_cream((1.5, 0.4, 0.4)))))
    words = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(words) == sorted(["R", "L", "A", "P", "10 mm", "23.1 mm", "DRAFT"])
    at = {e.text: (float(e.get("x")), float(e.get("y"))) for e in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert at["R"][0] < 10 < 50 < at["L"][0]
    assert at["A"][1] < 10 < 50 < at["P"][1]


@pytest.mark.parametrize("across", [4, 20, 34, 46, 70])
def test_value_beside_the_line_stays_inside_the_picture(across):
    labelmap = labeled(np.pad(np.ones((2, 6, across), bool), ((2, 2), (40, 40), (40, 40))), (2.0, 1.0, 1.0))
    svg = ET.fromstring(key_image_svg(content_of(labelmap)))
    side = float(svg.get("viewBox").split()[2])
    (value,) = [e for e in svg.iter("{http://www.w3.org/2000/svg}text") if e.text not in {"10 mm"} and " mm" in e.text]
    width = 0.6 * 2.6 * len(value.text)
    start = float(value.get("x")) - {"start": 0, "middle": 0.5, "end": 1}[value.get("text-anchor")] * width
    assert start >= 0
    assert start + width <= side


def test_values_are_shown_with_1_decimal_in_mm_and_3_in_cm3():
    text = Page(report_html(content_of(ice_cream((1.5, 0.4, 0.4))))).text
    for shown in ("2.238 cm³", "2.067 cm³", "0.171 cm³", "23.1 mm", "16.1 mm"):
        assert shown in text


def test_plane_that_was_cut_through_a_tilted_scan_is_called_resliced():
    assert "resliced from the tilted scan" in Page(report_html(CASES["tilted"]())).text
    assert "resliced" not in Page(report_html(CASES["two parts"]())).text


def test_no_tumor_is_said_and_no_tumor_is_drawn():
    page = Page(report_html(CASES["no tumor"]()))
    assert "No tumor was found." in page.text
    assert "no key image" in page.text
    assert not page.all("svg")
    assert "not measurable" in page.text


def test_draft_is_marked_until_a_person_has_checked():
    draft = report_html(content_of(ice_cream((1.0, 1.0, 1.0))))
    reviewed = report_html(content_of(ice_cream((1.0, 1.0, 1.0)), reviewed=True))
    assert 'class="watermark"' in draft
    assert "DRAFT" not in Page(reviewed).text
    assert "REVIEWED" in Page(reviewed).text


def test_warnings_candidates_and_provenance_are_told():
    content = content_of(
        ice_cream((1.0, 1.0, 1.0)),
        warnings=("The slices are 4.0 mm thick.", "The scan is tilted by 33 degrees."),
        candidates=({"volume_cm3": 0.0123, "mean_probability": 0.5}, {"volume_cm3": 0.2, "side": "left"}),
    )
    text = Page(report_html(content)).text
    for told in (*content.warnings, "0.0123", "mean probability", "left", "default_t2", "ab" * 32):
        assert told in text


def test_everything_from_outside_is_escaped():
    evil = "<script>alert(1)</script>&\"'"
    measurement = Measurement(id=evil, region="whole", name=evil, value=None, unit=evil, method=evil, reason=evil)
    content = content_of(
        ice_cream((1.0, 1.0, 1.0)),
        measurements=(measurement,),
        findings=evil,
        warnings=(evil,),
        candidates=({evil: evil},),
        provenance={evil: {evil: [evil, {evil: evil}]}},
    )
    page = Page(report_html(content))
    assert not page.all("script")
    assert page.text.count("<script>alert(1)</script>") >= 9


def test_tables_name_their_rows_and_columns_for_screen_readers():
    page = Page(report_html(content_of(ice_cream((1.0, 1.0, 1.0)), candidates=({"volume_cm3": 0.1},))))
    heads = page.all("th")
    assert heads
    assert all(head.get("scope") in {"row", "col"} for head in heads)


def test_report_is_written_as_utf_8(tmp_path):
    write_report_html(tmp_path / "report.html", content_of(ice_cream((1.0, 1.0, 1.0))))
    assert "cm³" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_wording_describes_and_never_advises():
    text = Page(report_html(content_of(ice_cream((1.5, 0.4, 0.4))))).text.lower()
    for word in ("treat ", "recommend", "stable disease", "progression", "should"):
        assert word not in text
