"""The narrowest limit that holds: from constructed errors, by the formula of the order statistic."""

import math

import numpy as np
import pytest

from Testing.support.phantoms import ice_cream
from Training.release.bands import Compared, Sample, limits_of, needed_rank, sample_of
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import measure


def sample(whole_cm3, value, truth, unit="cm3", measure_id="m"):
    return Sample(whole_cm3, {measure_id: Compared(value, truth)}, {measure_id: unit})


@pytest.mark.parametrize(("n", "rank"), [(8, 9), (9, 9), (19, 18), (20, 19), (29, 27), (99, 90)])
def test_so_many_errors_have_to_be_covered_that_nine_of_ten_new_ones_are(n, rank):
    assert needed_rank(n) == math.ceil(0.9 * (n + 1)) == rank


def test_the_limit_of_a_volume_is_the_smallest_percentage_that_covers_enough():
    # Values of 1 whose truth is off by 1, 2, ... 19 %: the 18th smallest of 19 errors is needed.
    samples = [sample(1.0, 1.0, 1.0 + 0.01 * k) for k in range(1, 20)]
    (row,) = limits_of(samples, ["m"])
    assert (row.from_cm3, row.to_cm3, row.n) == (0.5, 2.0, 19)
    assert (row.half_width, row.unit) == (18.0, "%")
    assert row.coverage == pytest.approx(18 / 19, abs=1e-3)


def test_a_percentage_is_of_the_value_that_is_printed_and_not_of_the_truth():
    samples = [sample(1.0, 2.0, 1.0)] * 19  # off by 1 where 2 is printed
    (row,) = limits_of(samples, ["m"])
    assert row.half_width == 50.0


def test_the_limit_is_rounded_up_to_what_is_printed_so_that_it_still_covers():
    (percent,) = limits_of([sample(1.0, 1.0, 1.0 + 0.121)] * 19, ["m"])
    assert percent.half_width == 13.0
    (mm,) = limits_of([sample(1.0, 10.0 + i, 10.0 + i + 0.61, "mm") for i in range(19)], ["m"])
    assert (mm.half_width, mm.unit, mm.coverage) == (0.7, "mm", 1.0)


def test_a_length_has_the_form_that_is_narrower_over_its_scans():
    values = np.linspace(5.0, 40.0, 19)
    (steady,) = limits_of([sample(1.0, v, v + 1.0, "mm") for v in values], ["m"])
    assert (steady.half_width, steady.unit) == (1.0, "mm")
    (growing,) = limits_of([sample(1.0, v, 1.1 * v, "mm") for v in values], ["m"])
    assert (growing.half_width, growing.unit) == (10.0, "%")


def test_classes_are_of_the_size_that_was_found_and_each_has_its_own_limit():
    samples = [*[sample(0.2, 1.0, 1.4)] * 9, *[sample(0.5, 1.0, 1.2)] * 9, *[sample(2.0, 1.0, 1.1)] * 9]
    rows = limits_of(samples, ["m"])
    assert [(row.from_cm3, row.to_cm3, row.half_width) for row in rows] == [
        (0.0, 0.5, 40.0),
        (0.5, 2.0, 20.0),
        (2.0, None, 10.0),
    ]


def test_too_few_scans_give_no_limit():
    (row,) = limits_of([sample(1.0, 1.0, 1.0)] * 8, ["m"])
    assert (row.half_width, row.coverage, row.n) == (None, None, 8)


def test_what_is_not_there_is_off_by_any_width():
    there, absent = [sample(1.0, 1.0, 1.05)], sample(1.0, 1.0, None)
    (few,) = limits_of([*there * 18, absent], ["m"])
    assert (few.half_width, few.coverage) == (5.0, pytest.approx(18 / 19, abs=1e-3))
    (many,) = limits_of([*there * 17, absent, absent], ["m"])
    assert many.half_width is None


def test_limits_of_a_normal_error_hold_on_new_scans_nine_times_of_ten():
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(300):
        errors = rng.normal(0, 0.05, 30)
        (row,) = limits_of([sample(1.0, 1.0, 1.0 + e) for e in errors[:29]], ["m"])
        inside.append(abs(errors[29]) <= row.half_width / 100)
    assert np.mean(inside) >= 0.87  # 0.9 or more expected; two standard deviations of 300 draws below


def test_a_mask_is_compared_with_the_true_one_measure_by_measure():
    truth = ice_cream((1.0, 0.5, 0.5))
    found = truth.array.copy()
    found[tuple(np.argwhere(found == Label.EXTRAMEATAL)[0])] = Label.BACKGROUND
    got = sample_of(measure(truth.with_array(found)), measure(truth), "vol_total")
    voxels = int(np.count_nonzero(truth.array))
    assert got.measures["vol_total"].truth == pytest.approx(voxels * 0.25 / 1000)
    assert got.measures["vol_total"].value == got.whole_cm3 == pytest.approx((voxels - 1) * 0.25 / 1000)
    assert "fundus_gap" not in got.measures  # nobody knows where the fundus is


def test_a_part_that_was_made_up_counts_as_an_error_and_one_that_was_overlooked_has_no_value():
    whole = ice_cream((1.0, 0.5, 0.5))
    inside_only = whole.with_array(np.where(whole.array == Label.INTRAMEATAL, whole.array, np.uint8(0)))
    made_up = sample_of(measure(whole), measure(inside_only), "vol_total")
    assert made_up.measures["em_max_axial"].truth is None
    assert made_up.measures["vol_em"].truth == 0
    overlooked = sample_of(measure(inside_only), measure(whole), "vol_total")
    assert "em_max_axial" not in overlooked.measures
    assert "vol_em" not in overlooked.measures


def test_a_scan_without_a_found_tumor_is_no_sample():
    whole = ice_cream((1.0, 0.5, 0.5))
    nothing = whole.with_array(np.zeros_like(whole.array))
    assert sample_of(measure(nothing), measure(whole), "vol_total") is None
