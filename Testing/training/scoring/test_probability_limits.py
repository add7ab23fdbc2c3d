"""Limits of the mean probability by the rule: at most one tumor-free scan, and one tumor, in a hundred."""

import pytest

from Training.scoring.probability_limits import accepting_all, limits_by_rule, tradeoff_table, tradeoffs
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
    assert limits_by_rule(tradeoffs(rows)) == (0.7, 0.7)  # one of 100 is allowed on either side
    rows = free(99, 0.62, 0.66, 0.83) + ill(0.64, 0.72, *[0.9] * 98)
    assert limits_by_rule(tradeoffs(rows)) == (0.85, 0.7)  # one of 99 is not
    assert "accepted from 0.70, certain from 0.85" in tradeoff_table(tradeoffs(rows))


def test_accepted_is_never_above_certain():
    assert limits_by_rule(tradeoffs(free(100) + ill(*[0.9] * 20))) == (0.5, 0.5)


@pytest.mark.parametrize("rows", [[], free(10), ill(0.9)])
def test_without_both_kinds_of_scans_no_limit_is_set(rows):
    with pytest.raises(UsageError, match="scans without one"):
        limits_by_rule(tradeoffs(rows))


def test_where_no_limit_keeps_scans_clean_it_says_so():
    with pytest.raises(UsageError, match="no limit is set"):
        limits_by_rule(tradeoffs(free(10, 0.97, 0.99) + ill(0.9)))


def test_accepting_all_changes_nothing_but_the_limit():
    models = Models(segmenter=load_model(find_model("spvpa_t2_synthetic")))
    certainty = accepting_all(models).segmenter.settings.certainty
    assert certainty.mean_probability == (0.5, 0.5)
    assert certainty.porus_distance_mm == models.segmenter.settings.certainty.porus_distance_mm
