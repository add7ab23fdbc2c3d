"""What makes examinations hard to compare is said, once, in full sentences; what does not is not."""

from dataclasses import replace

import numpy as np
import pytest

from Testing.support.growth_cases import examination, warned
from Testing.support.phantoms import rotation_about
from VSSegmentationLib.measurement.growth import Treatment, TreatmentKind, compare, warnings


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


@pytest.mark.parametrize(
    ("first_mm", "second_mm", "is_told"), [(0.1, 0.2, False), (0.2, 0.1, False), (1.5, 1.65, True), (1.65, 1.5, True)]
)
def test_a_slice_thickness_that_differs_by_more_than_a_tenth_of_a_millimeter_is_told(first_mm, second_mm, is_told):
    examinations = [examination(0, slice_thickness_mm=first_mm), examination(365, slice_thickness_mm=second_mm)]
    assert ("slice_thickness" in warned(compare(examinations))) == is_told


@pytest.mark.parametrize(("degrees", "is_told"), [(5.0, False), (np.nextafter(5.0, 6.0), True)])
def test_a_tilt_of_just_5_degrees_is_not_told(monkeypatch, degrees, is_told):
    monkeypatch.setattr(warnings, "angle_between_deg", lambda _first, _second: degrees)
    assert ("tilt" in two()) == is_told


def test_where_one_examination_is_not_aligned_all_tilts_are_seen_from_the_scanner():
    straight = (0.0, 0.0, 1.0)
    examinations = [
        examination(0, normal_in_baseline_ras=straight),
        examination(365, slice_normal_ras=tilted(12.0)),
        examination(730, normal_in_baseline_ras=tilted(20.0)),
    ]
    told = warned(compare(examinations))["tilt"]
    assert "examinations 1 and 2 by 12.0 degrees, 2 and 3 by 12.0 degrees; seen from the scanner" in told


@pytest.mark.parametrize(
    ("reliable", "told"),
    [((True, False, True), "examination 2 "), ((False, True, False), "examinations 1 and 3 "), ((True,) * 3, "")],
)
def test_examinations_that_cannot_be_relied_on_are_told_by_number(reliable, told):
    growth = compare([replace(examination(365 * i), reliable=each) for i, each in enumerate(reliable)])
    text = warned(growth).get("unreliable", "")
    assert text == (f"The result of {told}cannot be relied on, and so can no change from or to it." if told else "")


def test_two_case_names_are_told_and_an_empty_one_is_none():
    def named(*cases):
        return warned(compare([replace(examination(365 * i), case=case) for i, case in enumerate(cases)]))

    assert "examination 1: A, examination 2: B" in named("A", "B")["case"]
    assert named("A", "") == named("", "") == named("A", "A") == {}


def test_the_same_scan_is_told_wherever_it_comes_again_and_an_unknown_one_is_not_the_same():
    examinations = [examination(365 * i, voxels_sha256=each) for i, each in enumerate(("ab", "cd", "cd"))]
    assert "Examinations 2 and 3 are the same scan" in warned(compare(examinations))["same_scan"]
    examinations = [examination(365 * i, voxels_sha256=each) for i, each in enumerate((None, None, "cd"))]
    assert warned(compare(examinations)) == {}


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
