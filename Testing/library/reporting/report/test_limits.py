"""Whose limits stand beside the numbers: it depends on who made the mask, and whether a person has checked it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from Testing.library.models.test_limits import LIMITS
from Testing.support.phantoms import ice_cream
from Testing.support.reports import BY_MODEL, CHECKED, MODEL, NOON, Page
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.pipeline import MaskFacts, measure_labelmap
from VSSegmentationLib.reporting import Edit, EditLog, Provenance, ReportChoices, Review, mask_state, report_html

EDITED = EditLog(edits=(Edit(at_utc=NOON, tool="paint", segment="extrameatal", voxels_added=3),))
LATER = replace(CHECKED, at_utc=NOON + timedelta(minutes=5))
EARLIER = replace(CHECKED, at_utc=NOON - timedelta(minutes=5))
MASK_ONLY = Review(mask_checked=True, boundary_checked=False, line_checked=False, at_utc=NOON)
LINE_ONLY = Review(mask_checked=False, boundary_checked=True, line_checked=True, at_utc=NOON)


@pytest.mark.parametrize(
    ("provenance", "log", "review", "state"),
    [
        (Provenance(), EditLog(), None, "unstated"),
        (Provenance(), EditLog(), CHECKED, "checked"),
        (BY_MODEL, EditLog(), None, "automatic"),
        (BY_MODEL, EditLog(), MASK_ONLY, "checked"),
        (BY_MODEL, EditLog(), LINE_ONLY, "automatic"),
        (BY_MODEL, EDITED, None, "edited"),
        (BY_MODEL, EDITED, LATER, "checked"),
        (BY_MODEL, EDITED, EARLIER, "edited"),
    ],
)
def test_a_person_stands_behind_a_mask_that_was_given_or_ticked_since_the_last_edit(provenance, log, review, state):
    assert mask_state(provenance, log, review) == state


@pytest.mark.parametrize(("drawn_by", "state"), [("person", "given"), ("model", "other program"), (None, "unstated")])
def test_of_a_mask_that_tells_nothing_it_counts_who_is_said_to_have_drawn_it(drawn_by, state):
    assert mask_state(Provenance(), EditLog(), None, drawn_by=drawn_by) == state
    assert mask_state(BY_MODEL, EditLog(), None, drawn_by=drawn_by) == "automatic"


def test_an_answer_that_was_changed_without_a_log_is_an_edited_one():
    assert mask_state(BY_MODEL, EditLog(), None, was_edited=True) == "edited"


def uncertainty_of(measurement_id="vol_total", review=None, **known):
    found = measure_labelmap(ice_cream((1.5, 0.4, 0.4)), None, ReportChoices(review=review), known=MaskFacts(**known))
    return next(m for m in found.content.measurements if m.id == measurement_id).uncertainty


def answered(limits):
    run = {"boundary": {"spread_mm": 0.31, "sure": True}}
    return replace(BY_MODEL, model=replace(MODEL, limits=limits), run=run)


def test_human_limits_stand_beside_masks_only_that_a_person_is_said_to_have_drawn_or_checked():
    by_model = answered(None)
    assert uncertainty_of(drawn_by="person").kind == "SDD"  # 2.2 cm3 lies in the middle band
    assert uncertainty_of(review=MASK_ONLY).kind == "SDD"
    assert uncertainty_of().source == "limits unknown: who drew this mask isn't stated"
    assert uncertainty_of(drawn_by="model").value is None
    assert uncertainty_of(provenance=by_model, review=MASK_ONLY).kind == "SDD"
    assert uncertainty_of(provenance=by_model).kind == "no limit"
    assert uncertainty_of(provenance=by_model, edit_log=EDITED).kind == "no limit"
    assert uncertainty_of(provenance=by_model, edit_log=EDITED, review=LATER).kind == "SDD"


def test_an_untouched_answer_has_the_limits_of_its_card_with_the_spread_of_this_very_scan():
    wide = replace(LIMITS.rows[0], to_cm3=None)
    limits = replace(LIMITS, rows=(wide, replace(wide, measure="vol_im")), divider_sha256=None)
    assert uncertainty_of(provenance=answered(limits)).value == 14.0
    assert "moves by 0.3 mm" in uncertainty_of("vol_im", provenance=answered(limits)).source


@pytest.mark.parametrize("known", [{}, {"provenance": answered(LIMITS)}, {"provenance": BY_MODEL, "edit_log": EDITED}])
def test_two_estimates_of_one_volume_never_contradict_each_other_by_two_limits(known):
    found = uncertainty_of("vol_ellipsoid", **known)
    assert found.value is None
    assert "only to compare with old reports" in found.source


def test_measuring_by_itself_knows_no_model():
    assert {m.uncertainty.kind for m in measure(ice_cream((1.5, 0.4, 0.4))) if m.uncertainty} == {
        "SDD", "LOAM", "digitization", "no limit",
    }  # fmt: skip


def test_the_first_page_says_by_how_much_the_boundary_moves_beside_an_untouched_answer_only():
    def page(**known):
        facts = MaskFacts(provenance=answered(None), **known)
        return Page(report_html(measure_labelmap(ice_cream((1.5, 0.4, 0.4)), None, known=facts).content)).text

    said = "Both parts depend on the boundary between them, which moves by 0.3 mm on average between mirror images"
    assert said in page()
    assert said not in page(edit_log=EDITED)


def test_limits_of_the_usual_look_do_not_stand_beside_the_answer_of_a_thorough_one():
    usual = answered(replace(LIMITS, rows=(replace(LIMITS.rows[0], to_cm3=None),), divider_sha256=None))
    turned = {"looks": {"turn_deg": 12.0, "windows_of_ears": {"left": 7}}}
    none = {"looks": {"turn_deg": 12.0, "windows_of_ears": {}}}  # asked for, and nothing to look at again
    assert uncertainty_of(provenance=usual).kind == "measured"
    assert uncertainty_of(provenance=replace(usual, run={**usual.run, **none})).kind == "measured"
    thorough = uncertainty_of(provenance=replace(usual, run={**usual.run, **turned}))
    assert thorough.kind == "no limit"
    assert "with a thorough look" in thorough.source
