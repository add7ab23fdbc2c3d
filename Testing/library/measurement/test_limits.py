"""Which limit stands beside a number of a model's answer: measured for it, none, or that it can't be relied on."""

import math
from dataclasses import replace

import pytest

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.limits import AutomaticAnswer, with_limits_of_model, without_limits
from VSSegmentationLib.measurement.uncertainty import no_limit, volume_uncertainty
from VSSegmentationLib.measurement.value import Uncertainty
from VSSegmentationLib.models import CheckedLimit, MeasuredLimit, MeasuredLimits

VOXEL = Uncertainty(value=0.5, unit="mm", kind="digitization", source="one voxel along the line", beyond=None)


def volume(cm3=1.0, measurement_id="vol_total", region="whole"):
    return Measurement(
        id=measurement_id, region=region, name="Volume", value=cm3, unit="cm3", method="counted",
        uncertainty=volume_uncertainty(cm3),
    )  # fmt: skip


def length(mm=10.0, voxel=VOXEL):
    return Measurement(
        id="whole_max_axial", region="whole", name="Diameter", value=mm, unit="mm", method="a line", uncertainty=voxel
    )


def row(measure, half, unit, n=20, **changes):
    usual = {"from_cm3": 0.5, "to_cm3": 2.0, "coverage": None if half is None else 0.95}
    return MeasuredLimit(measure=measure, half_width=half, unit=unit, n=n, **{**usual, **changes})


def answer(*rows, **changes):
    limits = MeasuredLimits(data="", definitions="1", divider_sha256="a" * 64, scans=20, missed=0, rows=rows)
    usual = {"model": "toy version 3", "limits": limits, "divider_sha256": "a" * 64, "boundary_spread_mm": 0.42}
    return AutomaticAnswer(**{**usual, **changes})


def limited(*measurements, by):
    return [m.uncertainty for m in with_limits_of_model(measurements, by, "vol_total")]


def test_a_volume_has_the_limit_of_its_model_and_not_that_of_human_readers():
    (found,) = limited(volume(), by=answer(row("vol_total", 14.0, "%")))
    assert (found.value, found.unit, found.kind) == (14.0, "%", "measured")
    assert "toy version 3 on 20 synthetic scans of whole tumors of 0.5 to 2 cm³" in found.source
    assert "95 % of them" in found.source
    assert "human" not in found.source


def test_a_change_is_beyond_it_from_the_square_root_of_two_times_the_limit():
    (found,) = limited(volume(), by=answer(row("vol_total", 14.0, "%")))
    assert found.beyond == pytest.approx(math.sqrt(2) * 14.0)
    _, in_mm = limited(volume(), length(10.0), by=answer(row("whole_max_axial", 1.2, "mm")))
    assert in_mm.beyond == pytest.approx(math.sqrt(2) * 12.0)  # 1.2 of 10 mm are 12 %


def test_the_size_of_the_whole_tumor_decides_for_its_parts_too():
    part = volume(0.1, "vol_em", "extrameatal")
    _, found = limited(volume(1.0), part, by=answer(row("vol_em", 30.0, "%")))
    assert found.value == 30.0


def test_the_parts_say_that_they_depend_on_the_boundary_and_by_how_much_it_moves_here():
    part = volume(0.1, "vol_em", "extrameatal")
    rows = (row("vol_em", 30.0, "%"), row("vol_total", 14.0, "%"))
    whole, found = limited(volume(1.0), part, by=answer(*rows))
    assert "depends on the boundary of the parts, which moves by 0.4 mm" in found.source
    assert "boundary" not in whole.source
    _, still = limited(volume(1.0), part, by=answer(*rows, boundary_spread_mm=0.04))
    assert "which moves by less than 0.1 mm" in still.source  # "0.0 mm" would read as if it were exact
    _, unknown = limited(volume(1.0), part, by=answer(*rows, boundary_spread_mm=None))
    assert unknown.source.endswith("it depends on the boundary of the parts")


@pytest.mark.parametrize("half", [100.0, 204.0])
def test_a_limit_as_large_as_the_value_is_not_printed(half):
    (found,) = limited(volume(), by=answer(row("vol_total", half, "%")))
    assert (found.value, found.kind, found.beyond) == (None, "not reliable", None)
    _, short = limited(volume(), length(3.0), by=answer(row("whole_max_axial", 3.0, "mm")))
    assert short.kind == "not reliable"


def test_a_coarse_grid_widens_the_limit_of_a_length_to_its_voxel():
    thick = replace(VOXEL, value=3.0)
    by = answer(row("whole_max_axial", 9.0, "%"))
    _, fine, coarse = limited(volume(), length(10.0), length(10.0, thick), by=by)
    assert (fine.value, fine.unit) == (9.0, "%")
    assert (coarse.value, coarse.unit) == (3.0, "mm")


@pytest.mark.parametrize(
    ("by", "why"),
    [
        (answer(limits=None), "no limit was measured for the model toy version 3"),
        (answer(), "no limit of this measure was measured"),
        (answer(row("vol_em", None, "%", n=8)), "8 scans of this size are too few"),
        (answer(row("vol_em", 30.0, "%"), divider_sha256="b" * 64), "measured with another divider"),
        (answer(row("vol_em", 30.0, "%"), divider_sha256=None), "measured with another divider"),
    ],
)
def test_where_nothing_was_measured_no_limit_is_known_and_never_a_human_one_is_taken(by, why):
    _, found = limited(volume(1.0), volume(0.1, "vol_em", "extrameatal"), by=by)
    assert (found.value, found.kind, found.beyond) == (None, "no limit", None)
    assert why in found.source


def test_a_line_from_part_to_part_leans_on_the_boundary_although_it_is_of_the_whole_tumor():
    by = answer(row("whole_max_axial", 1.2, "mm"), across_boundary=frozenset({"whole_max_axial"}))
    _, found = limited(volume(), length(), by=by)
    assert "depends on the boundary" in found.source
    _, unknown = limited(volume(), length(), by=replace(by, divider_sha256="b" * 64))
    assert unknown.kind == "no limit"


def test_another_divider_changes_nothing_for_the_whole_tumor():
    (found,) = limited(volume(), by=answer(row("vol_total", 14.0, "%"), divider_sha256="b" * 64))
    assert found.value == 14.0


def test_real_scans_are_told_with_the_limit():
    def checked(*, inside):
        return CheckedLimit(
            data="a", measure="vol_total", value=1.0, reference=1.0, half_width=1.0, unit="%", inside=inside
        )

    by = answer(row("vol_total", 14.0, "%"))
    real = replace(by.limits, checked=tuple(checked(inside=each) for each in (True, False, None)))
    (found,) = limited(volume(), by=replace(by, limits=real))
    assert "on real scans 1 of 2 values lay within their limits" in found.source


def test_a_length_of_0_mm_has_no_voxel_for_a_limit_either():
    for rows in ((), (row("whole_max_axial", 1.2, "mm"),), (row("whole_max_axial", 12.0, "%"),)):
        _, found = limited(volume(), length(0.0), by=answer(*rows))
        assert (found.value, found.kind) == (None, "not reliable" if rows else "no limit")
    (edited,) = without_limits([length(0.0)])
    assert edited.uncertainty.value is None


def test_no_limit_stands_beside_a_mask_that_was_edited_and_not_checked():
    found = without_limits((volume(), length()))
    assert {m.uncertainty.source for m in found} == {"no limit: the mask was edited and not yet checked"}
    assert {m.uncertainty.beyond for m in found} == {None}


def test_what_has_no_value_is_0_or_says_itself_why_it_has_no_limit_keeps_that():
    missing = Measurement(
        id="em_ap", region="extrameatal", name="x", value=None, unit="mm", method="m", reason="no part"
    )
    rough = replace(volume(1.0, "vol_ellipsoid"), uncertainty=no_limit("%", "rough"))
    zero = volume(0.0, "vol_em", "extrameatal")
    for kept in (without_limits, lambda all_of: with_limits_of_model(all_of, answer(limits=None), "vol_total")):
        assert [m.uncertainty for m in kept((missing, rough, zero))] == [None, rough.uncertainty, None]


def test_a_measured_limit_that_is_just_a_voxel_is_told_as_it_was_measured():
    """10 % of 10 mm are the 1 mm of a voxel; of 9.99 mm they are less, and the voxel is told."""
    coarse = replace(VOXEL, value=1.0)
    _, found = limited(volume(), length(10.0, coarse), by=answer(row("whole_max_axial", 10.0, "%")))
    assert (found.value, found.unit) == (10.0, "%")
    _, found = limited(volume(), length(9.99, coarse), by=answer(row("whole_max_axial", 10.0, "%")))
    assert (found.value, found.unit) == (1.0, "mm")


def test_where_no_limit_is_known_the_unit_is_that_of_the_limit_there_would_be():
    assert [m.uncertainty.unit for m in without_limits([volume(), length()])] == ["%", "mm"]
