from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from Testing.support.phantoms import ice_cream, labeled, left_handed, oblique, sagittal
from Testing.support.reports import CASES, CHECKED, content_of
from VSSegmentationLib.measurement import choose_headline
from VSSegmentationLib.reporting import draw_pictures
from VSSegmentationLib.reporting.pictures.key_image import key_diameter

SVG = "{http://www.w3.org/2000/svg}"


def words_of(svg: str) -> list[ET.Element]:
    """The letters in a picture, without the rims below them."""
    return [e for e in ET.fromstring(svg).iter(f"{SVG}text") if e.get("aria-hidden") != "true"]


def test_key_image_has_value_sides_and_scale():
    words = words_of(draw_pictures(content_of(ice_cream((1.5, 0.4, 0.4)))).key.svg)
    assert sorted(e.text for e in words) == sorted(["R", "L", "A", "P", "10 mm", "16.1 mm", "DRAFT"])
    at = {e.text: (float(e.get("x")), float(e.get("y"))) for e in words}
    assert at["R"][0] < 10 < 50 < at["L"][0]
    assert at["A"][1] < 10 < 50 < at["P"][1]


def test_a_result_that_cannot_be_relied_on_has_no_line_in_its_picture():
    content = content_of(ice_cream((1.0, 1.0, 1.0)), doubts=("The result cannot be relied on.",))
    assert key_diameter(content) is None
    key = draw_pictures(content).key
    assert sorted(e.text for e in words_of(key.svg)) == sorted(["R", "L", "A", "P", "10 mm", "DRAFT"])
    assert "Line" not in key.text


def test_of_a_scan_without_an_orientation_no_edge_of_a_picture_has_a_name():
    labelmap = replace(ice_cream((1.0, 1.0, 1.0)), axes_assumed=True)
    drawn = draw_pictures(content_of(labelmap))
    for picture in (drawn.key, *drawn.planes, *drawn.solids):
        assert not {"R", "L", "A", "P", "S", "I"} & {e.text for e in words_of(picture.svg)}
        assert "patient's right" not in picture.text
    assert "which side is which is not known" in drawn.key.text


@pytest.mark.parametrize("grid", [lambda v: v, left_handed, sagittal, oblique], ids=["axial", "left", "sag", "oblique"])
def test_the_line_is_the_one_that_leads_the_report(grid):
    content = content_of(grid(ice_cream((1.0, 1.0, 1.0))))
    assert key_diameter(content).id == "em_max_axial"
    led = choose_headline(content.measurements, after_surgery=True)
    content = content_of(content.labelmap, headline=led)
    assert key_diameter(content).id == "whole_max_axial"
    assert f"{led.value_mm:.1f} mm" in [e.text for e in words_of(draw_pictures(content).key.svg)]


def test_each_picture_names_its_edges_and_says_in_words_what_it_shows():
    drawn = draw_pictures(content_of(ice_cream((1.0, 1.0, 1.0))))
    edges = {p.title: {e.text for e in words_of(p.svg)} - {"10 mm", "DRAFT"} for p in (*drawn.planes, *drawn.solids)}
    assert edges == {
        "Coronal plane": set("RLSI"),
        "Sagittal plane": set("APSI"),
        "Seen from the front": set("RLSI"),
        "Seen from below": set("RLAP"),
    }
    assert "anterior on the left" in drawn.planes[1].text
    assert "smoothed for display: extrameatal tumor and intrameatal tumor" in drawn.solids[0].text


def test_ten_millimeters_are_ten_millimeters_in_every_picture():
    drawn = draw_pictures(content_of(ice_cream((1.0, 1.0, 1.0))))
    for picture in (drawn.key, *drawn.planes, *drawn.solids):
        assert "h10v" in picture.svg  # the user unit of each picture is the millimeter
        side = float(ET.fromstring(picture.svg).get("viewBox").split()[2])
        assert 16 <= side <= 80


def test_draft_leaves_the_pictures_once_a_person_has_checked():
    for review, marked in ((None, True), (CHECKED, False)):
        drawn = draw_pictures(content_of(ice_cream((1.0, 1.0, 1.0)), review=review))
        for picture in (drawn.key, *drawn.planes, *drawn.solids):
            assert ("DRAFT" in [e.text for e in words_of(picture.svg)]) == marked


@pytest.mark.parametrize("across", [4, 20, 34, 46, 70])
def test_value_beside_the_line_stays_inside_the_picture(across):
    labelmap = labeled(np.pad(np.ones((2, 6, across), bool), ((2, 2), (40, 40), (40, 40))), (2.0, 1.0, 1.0))
    svg = draw_pictures(content_of(labelmap)).key.svg
    side = float(ET.fromstring(svg).get("viewBox").split()[2])
    (value,) = [e for e in words_of(svg) if e.text != "10 mm" and " mm" in e.text]
    width = 0.6 * float(value.get("font-size")) * len(value.text)
    start = float(value.get("x")) - {"start": 0, "middle": 0.5, "end": 1}[value.get("text-anchor")] * width
    assert start >= 0
    assert start + width <= side


def test_scan_far_from_the_tumor_changes_no_picture():
    labelmap = ice_cream((1.0, 1.0, 1.0))
    small = content_of(labelmap)
    wide = [(60, 60), (110, 110), (110, 110)]
    affine = labelmap.dhw_to_ras.copy()
    affine[:3, 3] -= affine[:3, :3] @ (60, 110, 110)
    grown = type(labelmap)(np.pad(labelmap.array, wide), affine)
    image = grown.with_array(np.pad(small.image.array, wide, mode="edge"))
    face = image.array.copy()
    face[:, -20:] = 1e6  # far anterior of the tumor
    drawn = [
        draw_pictures(content_of(grown, image=grown.with_array(array), measurements=small.measurements))
        for array in (image.array, face)
    ]
    assert drawn[0] == drawn[1]


def test_no_tumor_has_no_picture():
    assert draw_pictures(CASES["no tumor"]()) is None


def test_outline_of_each_part_that_the_plane_cuts_has_the_color_and_dashes_of_the_part():
    paths = list(ET.fromstring(draw_pictures(content_of(ice_cream((1.5, 0.4, 0.4)))).key.svg).iter(f"{SVG}path"))
    looks = {(e.get("stroke"), e.get("stroke-dasharray") is not None) for e in paths}
    assert {("rgb(230,159,0)", False), ("rgb(0,158,115)", True)} <= looks
