from dataclasses import replace

import pytest

from Testing.support.canals import no_tumor_content
from Testing.support.phantoms import box, ice_cream, labeled
from Testing.support.reports import CASES, CHECKED, content_of, grown_report
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import choose_headline
from VSSegmentationLib.reporting import NOTICE, ManualOverride, clinical_sentence, make_report
from VSSegmentationLib.reporting.report.no_tumor import NO_EVIDENCE, no_tumor_findings

DRAFT = "DRAFT, not checked by a person."


def sentence(content) -> str:
    return clinical_sentence(make_report(content))


def test_side_diameter_and_volumes_are_told_as_in_a_letter():
    content = content_of(ice_cream((1.5, 0.4, 0.4)), side="left", review=CHECKED)
    assert sentence(content) == (
        f"Left VS, extrameatal 16.1 mm (axial), volume 2.238 cm³ (EM 2.067, IM 0.171). {NOTICE}"
    )


def test_draft_says_so():
    assert sentence(content_of(ice_cream((1.0, 1.0, 1.0)))).endswith(f". {DRAFT} {NOTICE}")


def test_whole_tumor_is_named_where_it_leads():
    labelmap = ice_cream((1.5, 0.4, 0.4))
    content = content_of(labelmap, side="right")
    content = content_of(labelmap, side="right", headline=choose_headline(content.measurements, after_surgery=True))
    assert sentence(content).startswith("Right VS, whole tumor 23.1 mm (axial), volume 2.238 cm³")


def test_undivided_tumor_is_called_so():
    content = content_of(labeled(box((3, 9, 12)), (1, 1, 1), Label.UNDIVIDED_TUMOR), side="left")
    assert "whole tumor" in sentence(content)
    assert "volume 0.324 cm³ (not divided)" in sentence(content)


def test_an_uncertain_tumor_is_told_as_one_until_a_person_has_checked_the_mask():
    found = "A tumor was found on the patient's left side, which is uncertain: mean probability 0.71, below 0.85."
    content = content_of(ice_cream((1.5, 0.4, 0.4)), side="left", findings=found)
    assert sentence(content).startswith(
        "Uncertain whether a tumor (mean probability 0.71, below 0.85): Left VS, extrameatal 16.1 mm (axial)"
    )
    assert sentence(replace(content, review=CHECKED)).startswith("Left VS, extrameatal")


@pytest.mark.parametrize(
    ("sides", "is_named", "words"),
    [
        (("left",), True, "The left ear was not judged."),
        (("left",), False, "One ear was not judged."),
        (("right", "left"), True, "Neither ear was judged."),
    ],
)
def test_an_ear_that_was_not_judged_is_told_in_the_letter_too(sides, is_named, words):
    content = no_tumor_content()
    run = {**content.provenance.run, "ears_not_judged": list(sides)}
    told = replace(
        content,
        findings=no_tumor_findings([], sides, are_sides_known=is_named),
        provenance=replace(content.provenance, run=run),
    )
    assert sentence(told).startswith(f"No vestibular schwannoma is marked. {words} {NO_EVIDENCE}")


def test_one_voxel_and_no_tumor_are_told_without_a_number_that_is_none():
    assert "no diameter measurable, volume 0.001 cm³" in sentence(CASES["one voxel"]())
    assert sentence(CASES["no tumor"]()).startswith("No vestibular schwannoma is marked.")


def test_side_that_is_not_known_is_not_guessed():
    assert sentence(content_of(ice_cream((1.0, 1.0, 1.0)))).startswith("VS, side not determined, ")


def test_length_drawn_by_hand_leads_and_the_computed_one_stays():
    override = ManualOverride(measurement_id="em_max_axial", value=15.1)
    content = content_of(ice_cream((1.5, 0.4, 0.4)), overrides=(override,))
    assert "extrameatal 15.1 mm (manual; automatic 16.1 mm) (axial)" in sentence(content)


def test_change_since_the_previous_examination_is_described():
    # 1.0 cm3 and 12.9 mm a year before 1.23 cm3 and 14.8 mm: the golden values of growth.
    assert "; 365 days before: 12.9 mm, 1.000 cm³ (+23 %)." in sentence(grown_report())


def test_after_radiosurgery_the_wording_says_so():
    told = sentence(grown_report(radiosurgery_days=100))
    assert "change after radiosurgery; transient enlargement is common in this interval" in told


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_wording_describes_and_never_advises(case):
    told = sentence(case()).lower().replace(NOTICE.lower(), "")
    for word in ("treat", "recommend", "stable", "progress", "should", "growth", "nan", "none"):
        assert word not in told
