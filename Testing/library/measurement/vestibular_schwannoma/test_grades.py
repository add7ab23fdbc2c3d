import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ball, ice_cream, labeled
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import kanzaki_grade, koos_prefill, measure
from VSSegmentationLib.measurement.reasons import NO_TUMOR
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import measured, unmeasured
from VSSegmentationLib.volume import Volume


@pytest.mark.parametrize(
    ("diameter", "value", "meaning"),
    [
        (0.3, "1", "small"),
        (1.0, "1", "small"),
        (10.4, "1", "small"),
        (10.49, "1", "small"),
        (10.5, "2", "medium"),
        (20.4, "2", "medium"),
        (20.5, "3", "moderately large"),
        (30.49, "3", "moderately large"),
        (30.5, "4", "large"),
        (40.49, "4", "large"),
        (40.5, "5", "giant"),
        (55.0, "5", "giant"),
    ],
)
def test_kanzaki_grade_follows_the_diameter_rounded_half_up_and_keeps_it(diameter, value, meaning):
    grade = kanzaki_grade(measured("em_max_axial", diameter))
    assert (grade.name, grade.value, grade.meaning, grade.raw_mm) == ("Kanzaki 2003", value, meaning, diameter)


def test_kanzaki_grade_without_an_extrameatal_part_is_0():
    grade = kanzaki_grade(unmeasured("em_max_axial", reasons.NO_EXTRAMEATAL))
    assert (grade.value, grade.meaning, grade.raw_mm) == ("0", "intrameatal", None)


def test_extrameatal_part_of_one_voxel_is_grade_1_and_not_0():
    array = np.zeros((6, 10, 10), np.uint8)
    array[2:4, 3:7, 3:7] = Label.INTRAMEATAL
    array[2, 3, 7] = Label.EXTRAMEATAL
    found = {m.id: m for m in measure(Volume(array, axial_affine((1.5, 0.4, 0.4))))}
    grade = kanzaki_grade(found["em_max_axial"])
    assert (grade.value, grade.raw_mm) == ("1", 0.0)


@pytest.mark.parametrize("reason", [NO_TUMOR, reasons.NOT_DIVIDED])
def test_nothing_is_graded_that_was_not_measured(reason):
    grade = kanzaki_grade(unmeasured("em_max_axial", reason))
    assert (grade.value, grade.meaning) == ("not graded", "")
    assert reason in grade.reason


def test_koos_of_a_purely_intrameatal_tumor_is_i():
    labelmap = labeled(ball(6.3, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5), Label.INTRAMEATAL)
    grade = koos_prefill(measure(labelmap))
    assert grade.value == "I"
    assert "intrameatal" in grade.reason


def test_koos_of_any_other_tumor_is_left_to_a_person():
    grade = koos_prefill(measure(ice_cream((1.5, 0.4, 0.4))))
    assert grade.value == "II or higher"
    assert "entered by a person" in grade.reason


@pytest.mark.parametrize(("label", "reason"), [(0, NO_TUMOR), (4, reasons.NOT_DIVIDED)])
def test_koos_of_no_tumor_or_an_undivided_one_is_not_graded(label, reason):
    grade = koos_prefill(measure(Volume(np.full((4, 5, 6), label, np.uint8), np.eye(4))))
    assert (grade.value, grade.reason) == ("not graded", reason)
