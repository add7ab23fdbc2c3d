import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ball, box, ice_cream, labeled, oblique
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import MeatalPlane, labelmap_warnings
from VSSegmentationLib.measurement.vestibular_schwannoma import quality
from VSSegmentationLib.volume import Volume


def test_usual_mask_and_nothing_have_no_warnings():
    assert labelmap_warnings(ice_cream((1.5, 0.4, 0.4))) == ()
    assert labelmap_warnings(Volume(np.zeros((3, 4, 5), np.uint8), np.eye(4))) == ()


def test_further_components_are_warned_of_with_their_number_and_volume():
    array = np.zeros((12, 30, 40), np.uint8)
    array[4:8, 10:20, 10:20] = Label.EXTRAMEATAL
    array[1:3, 2:4, 2:5] = Label.EXTRAMEATAL  # 12 voxels
    array[5:7, 25:28, 30:34] = Label.EXTRAMEATAL  # 24 voxels
    warnings = labelmap_warnings(Volume(array, axial_affine((1.0, 0.5, 0.5))))
    assert len(warnings) == 1
    assert "2 further components (0.009 cm3 in total)" in warnings[0]


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, 1])
def test_tumor_at_any_border_of_the_image_is_warned_of(axis, end):
    margins = [(2, 2)] * 3
    margins[axis] = (2, 0) if end else (0, 2)
    inside = labeled(np.pad(np.ones((3, 4, 5), dtype=bool), 2), (1, 1, 1))
    at_border = labeled(np.pad(np.ones((3, 4, 5), dtype=bool), margins), (1, 1, 1))
    assert not any("touches the border" in w for w in labelmap_warnings(inside))
    assert any("touches the border" in w for w in labelmap_warnings(at_border))


@pytest.mark.parametrize("side", [1, 100])
def test_volume_of_no_usual_tumor_is_warned_of(side):
    warnings = labelmap_warnings(labeled(box((side, side, side)), (1, 1, 1)))
    assert len(warnings) == 1
    assert "outside the usual 0.01 to 60 cm3" in warnings[0]


@pytest.mark.parametrize(
    ("sizes", "is_told"), [((1, 2, 5), False), ((1, 3, 3), True), ((30, 40, 50), False), ((30, 40, 51), True)]
)
def test_from_10_to_60_000_cubic_millimeters_are_usual(sizes, is_told):
    warnings = labelmap_warnings(labeled(box(sizes), (1, 1, 1)))
    assert any("outside the usual 0.01 to 60 cm3" in warning for warning in warnings) == is_told


def test_part_in_several_pieces_is_warned_of():
    labelmap = labeled(box((6, 12, 20)), (1, 1, 1), Label.INTRAMEATAL)
    array = labelmap.array.copy()
    array[3:9, 3:15, 3:6] = array[3:9, 3:15, 18:23] = Label.EXTRAMEATAL
    assert any("extrameatal part is in 2 pieces" in w for w in labelmap_warnings(labelmap.with_array(array)))


def test_boundary_that_is_not_flat_is_warned_of_with_its_rms():
    labelmap = labeled(box((10, 20, 30)), (1, 1, 1), Label.EXTRAMEATAL)
    array = labelmap.array.copy()
    array[3:13, 3:13, 3:12] = array[3:13, 13:23, 3:20] = Label.INTRAMEATAL  # a step of 8 mm
    assert any("is not flat (RMS" in w for w in labelmap_warnings(labelmap.with_array(array)))


def test_long_voxels_are_warned_of():
    assert any("3.5 mm long" in w for w in labelmap_warnings(labeled(box((6, 6, 6)), (3.5, 0.5, 0.5))))
    assert not any("mm long" in w for w in labelmap_warnings(labeled(box((6, 6, 6)), (3.0, 0.5, 0.5))))


def test_tilt_that_makes_reslicing_necessary_is_warned_of():
    labelmap = labeled(ball(16.0, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5))
    assert any("tilted by 45 degrees" in w for w in labelmap_warnings(oblique(labelmap, 45.0, (0.0, 1.0, 0.0))))
    assert labelmap_warnings(oblique(labelmap, 29.0, (0.0, 1.0, 0.0))) == ()


def two_tumors(first_r_mm: float, second_r_mm: float, second_voxels: int = 20) -> Volume:
    """The larger tumor first; columns of voxels of 1 mm along D, whose centers lie at these R."""
    array = np.zeros((40, 5, 101), np.uint8)
    array[5:35, 2, 50 + round(first_r_mm)] = Label.EXTRAMEATAL
    array[5 : 5 + second_voxels, 2, 50 + round(second_r_mm)] = Label.EXTRAMEATAL
    return Volume(array, axial_affine((1.0, 1.0, 1.0), (-50.0, 0.0, 0.0)))


@pytest.mark.parametrize(
    ("tumors", "is_told"),
    [
        (two_tumors(20, -20), True),
        (two_tumors(-20, 20), True),
        (two_tumors(20, 40), False),
        (two_tumors(20, 0), False),  # in the middle is on no other side
        (two_tumors(0, 20), False),
        (two_tumors(20, -20, 10), True),  # just 0.01 cm3
        (two_tumors(20, -20, 9), False),
    ],
)
def test_tumors_on_both_sides_are_warned_of_from_a_hundredth_of_a_milliliter_on(tumors, is_told):
    assert any("on both sides of the patient" in told for told in labelmap_warnings(tumors)) == is_told


@pytest.mark.parametrize(("rms_mm", "is_told"), [(1.0, False), (1.01, True)])
def test_a_boundary_is_flat_up_to_a_millimeter(monkeypatch, rms_mm, is_told):
    plane = MeatalPlane(origin_ras_mm=(0.0, 0.0, 0.0), normal_ras=(1.0, 0.0, 0.0), rms_mm=rms_mm, source="fit")
    monkeypatch.setattr(quality, "plane_between", lambda _labelmap: plane)
    assert any("is not flat" in told for told in labelmap_warnings(ice_cream((1.5, 0.4, 0.4)))) == is_told
