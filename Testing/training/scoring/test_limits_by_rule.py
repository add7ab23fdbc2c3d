"""Limits by their rules: of the mean probability, of the distance to a porus, of the spread of a boundary."""

import pytest

from Training.scoring.limits_by_rule import (
    accepting_all,
    limits_text,
    porus_by_rule,
    probability_by_rule,
    spread_by_rule,
    spread_text,
    spread_tradeoffs,
    tradeoffs,
)
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import Models, load_model
from VSSegmentationLib.models import find_model


def free(count: int, *false: float) -> list[dict]:
    rows = [{"true_cm3": 0.0, "mean_probability": each} for each in false]
    return rows + [{"true_cm3": 0.0} for _ in range(count - len(false))]


def ill(*found: float, missed: int = 0, small: int = 0) -> list[dict]:
    rows = [{"true_cm3": 1.0, "hit": True, "mean_probability": each} for each in found]
    rows += [{"true_cm3": 1.0, "hit": False} for _ in range(missed)]
    return rows + [{"true_cm3": 0.05, "hit": True, "mean_probability": 0.51} for _ in range(small)]


def test_each_limit_tells_what_it_keeps_out_and_what_it_loses():
    weighed = {each.limit: each for each in tradeoffs(free(50, 0.61, 0.8) + ill(0.55, 0.7, 0.9, missed=2, small=3))}
    assert weighed[0.6][1:] == (2, 50, 1, 5)
    assert weighed[0.7][1:] == (1, 50, 1, 5)  # a finding right at a limit is kept
    assert weighed[0.8][1:] == (1, 50, 2, 5)
    assert weighed[0.85][1:] == (0, 50, 2, 5)


def test_certain_keeps_tumor_free_scans_clean_and_accepted_loses_hardly_a_tumor():
    rows = free(100, 0.62, 0.66, 0.83) + ill(0.64, 0.72, *[0.9] * 98)
    assert probability_by_rule(tradeoffs(rows)) == (0.7, 0.7)  # one of 100 is allowed on either side
    rows = free(99, 0.62, 0.66, 0.83) + ill(0.64, 0.72, *[0.9] * 98)
    assert probability_by_rule(tradeoffs(rows)) == (0.85, 0.7)  # one of 99 is not
    assert "accepted from 0.70, certain from 0.85" in limits_text([*rows, *begun(2.5)])


def test_accepted_is_the_lowest_limit_that_keeps_as_many_false_findings_out():
    rows = free(40, 0.62, 0.83) + ill(0.74, 0.84, 0.84, *[0.9] * 97)
    assert probability_by_rule(tradeoffs(rows)) == (0.85, 0.65)  # 0.70 would lose no tumor counted, and gain nothing
    assert probability_by_rule(tradeoffs(free(40, 0.83) + ill(0.84, 0.84, *[0.9] * 98))) == (0.85, 0.5)


def test_accepted_is_never_above_certain():
    assert probability_by_rule(tradeoffs(free(100) + ill(*[0.9] * 20))) == (0.5, 0.5)


@pytest.mark.parametrize("rows", [[], free(10), ill(0.9)])
def test_without_both_kinds_of_scans_no_limit_is_set(rows):
    with pytest.raises(UsageError, match="scans without one"):
        probability_by_rule(tradeoffs(rows))


def test_where_no_limit_keeps_scans_clean_it_says_so():
    with pytest.raises(UsageError, match="no limit is set"):
        probability_by_rule(tradeoffs(free(10, 0.97, 0.99) + ill(0.9)))


def begun(*distances: float, hit: bool = True, cm3: float = 1.0) -> list[dict]:
    each = {"true_cm3": cm3, "hit": hit, "mean_probability": 0.9}
    return [{**each, "porus_distance_mm": distance} for distance in distances]


def test_a_tumor_is_certain_where_99_of_100_begin_and_accepted_2_mm_beyond():
    inside = [0.0] * 60 + [3.2] * 39
    assert porus_by_rule(begun(*inside, 9.5)) == (4, 6)  # the hundredth may lie anywhere
    assert porus_by_rule(begun(*inside[1:], 9.5)) == (10, 12)  # one of 99 may not
    assert porus_by_rule(begun(0.0, 0.0)) == (1, 3)
    assert porus_by_rule(begun(3.0)) == (3, 5)


def test_a_small_tumor_at_the_end_of_the_canal_counts():
    assert porus_by_rule(begun(*[1.0] * 50) + begun(9.4, cm3=0.05)) == (10, 12)


def test_what_is_no_tumor_sets_no_limit_of_the_distance():
    false = [{"true_cm3": 0.0, "mean_probability": 0.9, "porus_distance_mm": 20.0}]
    aside = begun(21.0, hit=False) + false
    assert porus_by_rule([*begun(2.0), *aside]) == (2, 4)
    with pytest.raises(UsageError, match="need tumors that are found, and a locator"):
        porus_by_rule(aside)


def divided(spread: float, off_by: float, count: int) -> list[dict]:
    return [{"true_cm3": 1.0, "hit": True, "boundary_spread_mm": spread, "boundary_mm": off_by}] * count


def test_models_that_share_a_divider_are_weighed_together():
    first, second = divided(0.1, 0.5, 50), divided(0.3, 2.0, 2)  # the second alone sets no limit
    assert "no limit is set" in spread_text(second)
    joined = spread_text([*first, *second])
    assert "| 0.20 mm | 0 of 50 | 2 of 2 |" in joined
    assert "certain up to 2.00 mm" in joined  # 2 of 52 wrong are fewer than 5 %


def test_a_boundary_is_certain_up_to_where_one_of_20_is_wrong_and_refused_where_half_are():
    rows = divided(0.1, 0.5, 19) + divided(0.3, 1.6, 1)
    assert spread_by_rule(spread_tradeoffs(rows)) == (2.0, 1000.0)  # 5 % wrong among all
    rows += divided(0.4, 1.4, 2) + divided(0.6, 1.6, 2)
    weighed = {each.limit: each for each in spread_tradeoffs(rows)}
    assert weighed[0.3][1:] == (1, 20, 2, 4)  # right at the limit is within it
    assert weighed[0.4][1:] == (1, 22, 2, 2)
    assert spread_by_rule(spread_tradeoffs(rows)) == (0.55, 0.55)  # beyond 0.3 half are wrong, but 0.55 is certain
    rows = divided(0.1, 0.5, 19) + divided(0.5, 1.6, 2) + divided(0.7, 1.4, 3) + divided(0.9, 2.0, 4)
    assert spread_by_rule(spread_tradeoffs(rows)) == (0.45, 0.45)
    rows = divided(0.1, 0.5, 19) + divided(0.5, 1.6, 2) + divided(0.5, 0.5, 8) + divided(0.9, 2.0, 4)
    assert spread_by_rule(spread_tradeoffs(rows)) == (0.45, 0.5)


@pytest.mark.parametrize("rows", [[], divided(0.03, 1.6, 10)])
def test_without_right_boundaries_no_limit_of_the_spread_is_set(rows):
    with pytest.raises(UsageError, match=r"more than 5 % .* over 1\.5 mm off within every limit .* or there are none"):
        spread_by_rule(spread_tradeoffs(rows))


def test_the_text_tells_all_limits_with_what_they_do():
    rows = free(100, 0.62, 0.66, 0.83) + ill(0.64, 0.72, *[0.9] * 98) + begun(2.5) + divided(0.1, 0.5, 3)
    for row in rows:
        row.setdefault("mean_probability", 0.9 if row["true_cm3"] else 0.0)
    text = limits_text(rows)
    assert "certain up to 3 mm from a porus, accepted up to 5 mm" in text
    assert "| 3 mm | 1 of 1 | 0 of 0 |" in text
    assert "accepted from 0.70, certain from 0.70" in text
    assert "| 0.10 mm | 0 of 3 | 0 of 0 |" in text
    assert "certain up to 2.00 mm, never refused" in text
    assert "no limit is set" in limits_text(free(100) + ill(0.9) + begun(2.5))


def test_where_one_rule_sets_no_limit_its_table_and_the_other_rules_are_told_all_the_same():
    text = limits_text(free(10, 0.97, 0.99) + begun(2.5))
    assert "| 0.95 | 2 of 10 | 1 of 1 |" in text
    assert "By the rule: more than 1 % of the tumor-free scans hold a finding even from 0.95 on" in text
    assert "certain up to 3 mm from a porus" in text
    assert "By the rule: limits of the distance to a porus need tumors" in limits_text(free(10) + ill(0.9))


def test_accepting_all_changes_nothing_but_the_limits():
    models = Models(segmenter=load_model(find_model("spvpa_t2_synthetic")))
    certainty = accepting_all(models).segmenter.settings.certainty
    assert certainty.mean_probability == (0.5, 0.5)
    assert certainty.porus_distance_mm == (25, 25)
    assert certainty.mean_over_looks == models.segmenter.settings.certainty.mean_over_looks
