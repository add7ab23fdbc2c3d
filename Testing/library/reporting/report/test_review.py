from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from Testing.support.phantoms import ice_cream
from Testing.support.reports import CHECKED, NOON, content_of
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.reporting.report.review import Edit, EditLog, Review, is_reviewed

MINUTE = timedelta(minutes=1)


def edit(at: datetime) -> Edit:
    return Edit(at_utc=at, tool="paint", segment="Extrameatal tumor", voxels_added=5, voxels_removed=2)


@pytest.mark.parametrize("left_out", ["mask_checked", "boundary_checked", "line_checked"])
def test_it_is_a_draft_until_all_three_are_checked(left_out):
    assert is_reviewed(CHECKED, EditLog())
    assert not is_reviewed(replace(CHECKED, **{left_out: False}), EditLog())
    assert not is_reviewed(None, EditLog())


def test_an_edit_after_the_review_makes_a_draft_of_it_again():
    before = EditLog().with_edit(edit(NOON - MINUTE))
    assert is_reviewed(CHECKED, before)
    after = before.with_edit(edit(NOON + MINUTE))
    assert not is_reviewed(CHECKED, after)
    assert is_reviewed(replace(CHECKED, at_utc=NOON + 2 * MINUTE), after)


def test_report_says_draft_again_after_an_edit():
    labelmap = ice_cream((1.0, 1.0, 1.0))
    assert content_of(labelmap, review=CHECKED).status == "reviewed"
    log = EditLog().with_edit(edit(NOON + MINUTE))
    assert content_of(labelmap, review=CHECKED, edit_log=log).status == "draft"


def test_log_grows_at_its_end_and_never_changes():
    log = EditLog().with_edit(edit(NOON))
    longer = log.with_edit(edit(NOON))  # two edits within one tick of the clock
    assert (len(log.edits), len(longer.edits)) == (1, 2)
    with pytest.raises(UsageError, match="in the order of time"):
        longer.with_edit(edit(NOON - MINUTE))


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=2))])
def test_times_that_are_not_utc_are_refused(zone):
    local = datetime(2026, 3, 1, 12, tzinfo=zone)
    with pytest.raises(UsageError, match="must be in UTC"):
        edit(local)
    with pytest.raises(UsageError, match="must be in UTC"):
        Review(mask_checked=True, boundary_checked=True, line_checked=True, at_utc=local)
    assert edit(datetime(2026, 3, 1, 12, tzinfo=UTC)).at_utc == NOON


def test_an_edit_adds_and_removes_no_less_than_nothing():
    with pytest.raises(UsageError, match="0 voxels or more"):
        replace(edit(NOON), voxels_removed=-1)
