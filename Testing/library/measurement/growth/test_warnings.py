"""What makes examinations hard to compare is said, once, in full sentences; what does not is not."""

import numpy as np
import pytest

from Testing.support.growth_cases import examination, warned
from Testing.support.phantoms import rotation_about
from VSSegmentationLib.measurement.growth import Treatment, TreatmentKind, compare


def tilted(degrees: float, axis_ras: tuple[float, float, float] = (1.0, 0.3, 0.0)) -> tuple[float, float, float]:
    return tuple((rotation_about(axis_ras, degrees)[:3, :3] @ np.array((0.0, 0.0, 1.0))).tolist())


def two(**second: object) -> dict[str, str]:
    return warned(compare([examination(0), examination(365, **second)]))


def test_two_examinations_alike_warn_of_nothing():
    assert two() == {}


@pytest.mark.parametrize(("degrees", "is_told"), [(4.9, False), (5.1, True), (-12.0, True)])
def test_slices_tilted_by_more_than_5_degrees_are_told_with_what_20_degrees_do(degrees: float, is_told: bool):
    # about the horizontal axis the normal of axial slices turns by the whole angle
    text = two(slice_normal_ras=tilted(degrees)).get("tilt", "")
    assert ("20 degrees moves the largest axial diameter of a 20 mm tumor by about 2 mm" in text) == is_told
    if is_told:
        assert f"1 and 2 by {abs(degrees):.1f} degrees" in text


def test_turning_the_slices_in_their_own_plane_or_over_is_no_tilt():
    assert two(slice_normal_ras=(0.0, 0.0, -1.0)) == {}


def test_the_tilt_tells_from_where_it_was_seen():
    plain = two(slice_normal_ras=tilted(12.0))["tilt"]
    assert "seen from the scanner" in plain
    examinations = [
        examination(0, normal_in_baseline_ras=(0.0, 0.0, 1.0)),
        examination(365, normal_in_baseline_ras=tilted(12.0)),
    ]
    assert "seen from the head, after registration" in warned(compare(examinations))["tilt"]


def test_a_head_that_lay_otherwise_with_its_slices_is_no_tilt_once_aligned():
    straight = (0.0, 0.0, 1.0)
    examinations = [
        examination(0, normal_in_baseline_ras=straight),
        examination(365, slice_normal_ras=tilted(12.0), normal_in_baseline_ras=straight),
    ]
    assert warned(compare(examinations)) == {}


@pytest.mark.parametrize(
    ("code", "second", "words"),
    [
        ("sequence", {"sequence": "ceT1"}, "examination 1: T2, examination 2: ceT1"),
        ("side", {"side": "right"}, "examination 1: left, examination 2: right"),
        ("segmentation", {"segmented_by": "given"}, "examination 1: model 1, examination 2: given"),
        ("slice_thickness", {"slice_thickness_mm": 3.0}, "examination 1: 1.5 mm, examination 2: 3 mm"),
        ("policy", {"headline_change": {"policy": "Kanzaki"}}, "KCL 2023 version 1, examination 2: Kanzaki version 1"),
        ("policy", {"headline_change": {"policy_version": "2"}}, "examination 2: KCL 2023 version 2"),
        ("headline", {"headline_change": {"note": "The policy would now choose otherwise."}}, "Examination 2: The"),
    ],
)
def test_what_differs_is_told_with_both_values(code: str, second: dict[str, object], words: str):
    told = two(**second)
    assert list(told) == [code]
    assert words in told[code]


@pytest.mark.parametrize("fact", ["sequence", "slice_thickness_mm", "side", "segmented_by"])
def test_what_is_not_known_differs_from_nothing(fact: str):
    assert two(**{fact: None}) == {}


def test_a_slice_thickness_that_differs_by_rounding_is_the_same():
    assert two(slice_thickness_mm=1.4999999) == {}


def test_all_examinations_are_listed_once():
    growth = compare([examination(365 * i, sequence=s) for i, s in enumerate(("T2", "ceT1", "T2", None))])
    assert len(growth.warnings) == 1
    assert "1: T2, examination 2: ceT1, examination 3: T2, examination 4: not known" in growth.warnings[0].text


def test_one_scan_given_twice_is_told():
    growth = compare([examination(0, voxels_sha256="ab"), examination(365, voxels_sha256="ab")])
    assert "Examinations 1 and 2 are the same scan" in warned(growth)["same_scan"]


@pytest.mark.parametrize(("day", "is_told"), [(-1, False), (0, True), (100, True), (365, True), (366, False)])
def test_surgery_between_the_examinations_is_told(day: int, is_told: bool):
    growth = compare([examination(0), examination(365)], treatments=[Treatment(TreatmentKind.SURGERY, day)])
    assert ("surgery" in warned(growth)) == is_told
