import re
from dataclasses import replace

import numpy as np
import pytest

from Testing.support.phantoms import ice_cream
from Testing.support.reports import CASES, CHECKED, NOON, Page, content_of
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement import Headline, Measurement, Uncertainty, measure
from VSSegmentationLib.measurement.limits import without_limits
from VSSegmentationLib.reporting import (
    Edit,
    EditLog,
    ManualOverride,
    Provenance,
    Software,
    UserFields,
    report_html,
    write_report_html,
)


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
def test_each_part_has_its_color_explained_and_each_picture_words_for_those_who_cannot_see_it(case):
    content = CASES[case]()
    page = Page(report_html(content))
    pictures = [attributes["aria-labelledby"] for attributes in page.all("svg") if attributes.get("role") == "img"]
    names = ("key", "coronal", "sagittal", "solid-front", "solid-below")
    assert pictures == [f"{name}-title {name}-text" for name in names]
    strokes = {attributes.get("stroke") for attributes in page.all("path")}
    parts = set(np.unique(content.labelmap.array).tolist()) - {0}
    colors = {Label.EXTRAMEATAL: "rgb(230,159,0)", Label.INTRAMEATAL: "rgb(0,158,115)"}
    expected = {colors.get(Label(part), "rgb(213,94,0)") for part in parts}
    assert expected <= strokes
    assert sum(VESTIBULAR_SCHWANNOMA_LABELS.of_value(Label(part)).name in page.text for part in parts) == len(parts)


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
    reviewed = report_html(content_of(ice_cream((1.0, 1.0, 1.0)), review=CHECKED))
    assert 'class="watermark"' in draft
    assert (
        Page(draft).text.count("DRAFT") == 3 + 2 * 5
    )  # badge, footer, watermark; each picture, and the rim below its letters
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
    labelmap = ice_cream((1.0, 1.0, 1.0))
    measured = list(measure(labelmap))
    measured.append(Measurement(id=evil, region=evil, name=evil, value=None, unit=evil, method=evil, reason=evil))
    content = content_of(
        labelmap,
        measurements=tuple(measured),
        findings=evil,
        warnings=(evil,),
        candidates=({evil: evil},),
        provenance=Provenance(software=Software(name=evil, version=evil), run={evil: {evil: [evil, {evil: evil}]}}),
        case=evil,
        user_fields=UserFields(koos=evil, comment=evil),
        edit_log=EditLog(edits=(Edit(at_utc=NOON, tool=evil, segment=evil, actor=evil),)),
        headline=Headline(measurement_id=evil, value_mm=None, policy=evil, policy_version=evil, reason=evil, note=evil),
    )
    page = Page(report_html(content))
    assert not page.all("script")
    assert page.text.count("<script>alert(1)</script>") >= 18


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


def test_uncertainty_stands_beside_each_value_and_says_whose_figure_it_is():
    text = Page(report_html(content_of(ice_cream((1.5, 0.4, 0.4))))).text
    assert "± 20 % (SDD: smallest difference that human readers detect between two examinations)" in text  # 2.2 cm3
    assert "± 27 % (LOAM: one human reader against the mean of several)" in text  # 0.17 cm3 in the lowest
    assert "± 0.4 mm (one voxel)" in text
    assert "published inter-observer limit (human readers, ceT1), not measured for this software" in text


def test_the_whole_tumors_long_axis_is_one_row_with_its_largest_axial_diameter():
    page = Page(report_html(content_of(ice_cream((1.5, 0.4, 0.4)))))
    assert "Largest axial diameter, whole tumor (long axis) whole_max_axial" in page.text
    assert "whole_long" not in page.text


def test_diameters_along_the_petrous_face_say_that_they_lean_on_the_fitted_plane():
    text = Page(report_html(content_of(ice_cream((1.5, 0.4, 0.4))))).text
    assert text.count("in the slice of the largest extrameatal diameter; leans on the meatal plane, fitted to the") == 2


def test_what_is_not_known_or_not_reliable_is_said_in_place_of_a_limit():
    labelmap = ice_cream((1.5, 0.4, 0.4))
    wide = Uncertainty(value=None, unit="%", kind="not reliable", source="as large as the value", beyond=None)
    measured = tuple(replace(m, uncertainty=wide) if m.id == "vol_im" else m for m in measure(labelmap))
    text = Page(report_html(content_of(labelmap, measurements=without_limits(measured)))).text
    assert "not reliable" in text
    assert "as large as the value" in text
    assert "no limit known" in text
    assert "no limit: the mask was edited and not yet checked" in text
    assert "±" not in text


def test_headline_has_value_policy_version_and_reason_and_grades_have_theirs():
    text = Page(report_html(content_of(ice_cream((1.5, 0.4, 0.4))))).text
    assert "policy “KCL 2023”, version 1" in text
    assert "because the part outside the canal reaches" in text
    assert "Kanzaki 2003: 2 (medium)" in text
    assert "largest extrameatal diameter 16.14 mm, rounded to 16 mm" in text
    assert "Koos: II or higher, pre-filled" in text


def test_what_a_person_entered_is_shown_only_where_it_was_entered():
    empty = Page(report_html(content_of(ice_cream((1.0, 1.0, 1.0))))).text
    assert "Entered by a person" not in empty
    filled = content_of(ice_cream((1.0, 1.0, 1.0)), user_fields=UserFields(koos="III", hydrocephalus="none"))
    text = Page(report_html(filled)).text
    assert "Koos grade, entered by a person" in text
    assert "Hydrocephalus" in text
    assert "Samii" not in text


def test_edits_and_the_untouched_volume_stand_beside_the_edited_one():
    labelmap = ice_cream((1.0, 1.0, 1.0))
    automatic = labelmap.array.copy()
    automatic[np.nonzero(automatic == Label.INTRAMEATAL)] = Label.BACKGROUND
    log = EditLog(edits=(Edit(at_utc=NOON, tool="paint", segment="Intrameatal tumor", voxels_added=171),))
    text = Page(report_html(content_of(labelmap, automatic_labelmap=labelmap.with_array(automatic), edit_log=log))).text
    before, after = (np.count_nonzero(mask) for mask in (automatic, labelmap.array))
    dice = 2 * before / (before + after)
    assert f"automatic {before / 1000:.3f} cm³, after edit {after / 1000:.3f} cm³ (Dice {dice:.2f})" in text
    assert "+171 / -0" in text
    assert "SEMIAUTOMATIC" in text


def test_length_drawn_by_hand_stands_beside_the_computed_one():
    labelmap = ice_cream((1.5, 0.4, 0.4))
    override = ManualOverride(measurement_id="em_max_axial", value=15.1)
    text = Page(report_html(content_of(labelmap, overrides=(override,)))).text
    assert "16.1 mm; drawn by hand 15.1 mm" in text


def test_printer_with_margin_boxes_gets_the_same_words():
    content = content_of(ice_cream((1.0, 1.0, 1.0)))
    browser, paged = report_html(content), report_html(content, margin_boxes=True)
    assert browser.replace('<body class="browser">', '<body class="paged">') == paged
