"""No tumor found: the largest region that was not taken is named, and nothing is proved."""

import pytest

from Testing.support.canals import CANDIDATE, FAR, LEFT_PORUS, RIGHT_PORUS, no_tumor_content
from Testing.support.reports import content_of, no_tumor
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.reporting import Provenance, clinical_sentence, make_report
from VSSegmentationLib.reporting.report.no_tumor import (
    NO_EVIDENCE,
    known_pori,
    no_tumor_findings,
    sides_not_judged,
    uncertain,
    uncertain_sentence,
)

NAMED = (
    "Uncertain: a region of 1.200 cm³ on the left side was not taken for tumor (mean probability 0.68, below 0.70; 2 "
    "mm from the nearest porus)."
)


def test_findings_name_the_largest_region_with_side_volume_and_reason_and_prove_nothing():
    assert no_tumor_findings([CANDIDATE], ()) == f"No tumor was found. {NAMED} {NO_EVIDENCE}"
    assert no_tumor_findings([], ()) == f"No tumor was found. {NO_EVIDENCE}"


@pytest.mark.parametrize(
    ("not_judged", "words"),
    [
        (
            ("left",),
            "No tumor was found on the right side; the left ear lies mostly outside the scan and was not judged.",
        ),
        (("right", "left"), "Neither ear was judged: both lie mostly outside the scan."),
    ],
)
def test_an_ear_that_was_not_judged_is_told_and_not_called_free(not_judged, words):
    assert no_tumor_findings([], not_judged) == f"{words} {NO_EVIDENCE}"


def test_of_a_scan_without_an_orientation_no_ear_is_named():
    words = "No tumor was found in one ear; the other lies mostly outside the scan and was not judged."
    assert no_tumor_findings([], ("left",), are_sides_known=False) == f"{words} {NO_EVIDENCE}"


def test_the_most_tumor_like_region_is_named_beside_the_largest_where_they_differ():
    assert uncertain([CANDIDATE, FAR]) == (CANDIDATE,)
    assert uncertain([FAR, CANDIDATE]) == (CANDIDATE, FAR)
    assert uncertain([{"score": 1}]) == ()


def test_distance_is_told_once_and_only_where_it_is_known():
    reason = "14 mm from the nearest porus, more than 12 mm"
    assert uncertain_sentence(CANDIDATE | {"reason": reason}).count("porus") == 1
    assert "porus" not in uncertain_sentence(CANDIDATE | {"porus_distance_mm": None})
    assert "of undetermined side" in uncertain_sentence(CANDIDATE | {"side": None})


def test_sentence_for_a_letter_says_the_same_and_of_a_persons_empty_labelmap_only_that_none_is_marked():
    told = clinical_sentence(make_report(no_tumor_content(candidates=[CANDIDATE])))
    assert told.startswith(f"No vestibular schwannoma is marked. {NAMED} {NO_EVIDENCE} DRAFT")
    by_hand = clinical_sentence(make_report(content_of(no_tumor(), provenance=Provenance())))
    assert by_hand.startswith("No vestibular schwannoma is marked. DRAFT")


def test_pori_are_read_from_the_run_and_nowhere_where_none_ran():
    pori = known_pori(no_tumor_content().provenance)
    assert (pori.of_side("right"), pori.of_side("left")) == (RIGHT_PORUS, LEFT_PORUS)
    assert known_pori(Provenance()).of_side("left") is None
    with pytest.raises(InputRefusedError, match="pori"):
        known_pori(Provenance(run={"pori": {"left_ras_mm": "near the ear"}}))


def test_sides_not_judged_are_sides():
    assert sides_not_judged({"ears_not_judged": ["left"]}) == ("left",)
    assert sides_not_judged({}) == ()
