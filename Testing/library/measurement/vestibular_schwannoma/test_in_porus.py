from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ice_cream, left_handed, oblique, sagittal
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement, MeatalPlane, measure
from VSSegmentationLib.measurement.stack import Stack
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.measurement.vestibular_schwannoma.in_porus import Fundus, _fundus_gap, _in_slice
from VSSegmentationLib.measurement.vestibular_schwannoma.plane import fit_meatal_plane
from VSSegmentationLib.volume import Volume

TRUE_PLANE = MeatalPlane(origin_ras_mm=(0.0, 0.0, 0.0), normal_ras=(1.0, -1.0, 0.0), rms_mm=0.0, source="user")
SPACINGS = [(1.5, 0.4, 0.4), (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)]


def by_id(labelmap: Volume, **options) -> dict[str, Measurement]:
    return {m.id: m for m in measure(labelmap, **options)}


def straight_canal(cochlea_gap_voxels: int | None = None) -> Volume:
    """Canal from W 20 to 29, tumor outside it from 30 to 49; faces at 19.5, 29.5 and 49.5. Pixels of 0.5 mm."""
    array = np.zeros((12, 40, 60), np.uint8)
    array[4:8, 16:24, 20:30] = Label.INTRAMEATAL
    array[2:10, 8:32, 30:50] = Label.EXTRAMEATAL
    if cochlea_gap_voxels is not None:
        medial = 20 - cochlea_gap_voxels
        array[4:6, 10:18, medial - 6 : medial] = Label.COCHLEA
    return Volume(array, axial_affine((1.5, 0.5, 0.5), (3.0, -8.0, 21.0)))


def test_box_beside_a_canal_has_the_sides_and_the_depth_it_was_made_with():
    found = by_id(straight_canal())
    assert found["em_ml"].value == pytest.approx(10.0, abs=1e-3)  # 20 voxels
    assert found["em_ap"].value == pytest.approx(12.0, abs=1e-3)  # 24 voxels
    assert found["aao_size"].end_points_ras_mm == found["em_ap"].end_points_ras_mm  # the longer one is drawn
    assert found["aao_size"].value == pytest.approx(np.sqrt(120.0), abs=1e-3)
    assert found["im_length"].value == pytest.approx(5.0, abs=1e-9)
    assert found["para_IM"].value == pytest.approx(4.0, abs=1e-3)
    assert found["para_EM"].value == pytest.approx(12.0, abs=1e-3)
    assert found["perp_EM"].value == pytest.approx(10.0, abs=1e-3)


def test_golden_box_has_the_size_of_its_chords():
    array = np.zeros((14, 26, 40), np.uint8)
    array[2:12, 3:23, 5:35] = Label.EXTRAMEATAL
    plane = MeatalPlane(origin_ras_mm=(0.0, 0.0, 0.0), normal_ras=(1.0, 0.0, 0.0), rms_mm=0.0, source="user")
    found = by_id(Volume(array, axial_affine((1.5, 0.4, 0.4))), plane=plane)
    values = (found["em_ml"].value, found["em_ap"].value, found["aao_size"].value)
    assert values == pytest.approx((12.0, 8.0, 9.7980), abs=1e-3)
    assert found["aao_size"].end_points_ras_mm == found["em_ml"].end_points_ras_mm


@pytest.mark.parametrize(
    ("spacing", "ml", "ap"),
    [((1.5, 0.4, 0.4), 14.15, 15.85), ((0.5, 0.5, 0.5), 14.15, 16.27), ((1.0, 1.0, 1.0), 14.16, 16.39)],
)
def test_ice_cream_phantom_has_the_size_of_the_golden_table(spacing, ml, ap):
    found = by_id(ice_cream(spacing))
    assert found["em_ml"].value == pytest.approx(ml, abs=spacing[1] / 4)
    assert found["em_ap"].value == pytest.approx(ap, abs=spacing[1] / 4)
    assert found["aao_size"].value == pytest.approx(np.sqrt(found["em_ml"].value * found["em_ap"].value), abs=1e-9)


@pytest.mark.parametrize(
    ("spacing", "true_plane", "fitted_plane"),
    [
        ((1.5, 0.4, 0.4), 8.8671, 8.7681),
        ((0.5, 0.5, 0.5), 8.9732, 8.8388),
        ((1.0, 1.0, 1.0), 8.7964, 8.4853),
    ],
)
def test_depth_of_the_ice_cream_phantom_is_that_of_the_golden_table(spacing, true_plane, fitted_plane):
    labelmap = ice_cream(spacing)
    assert by_id(labelmap, plane=TRUE_PLANE)["im_length"].value == pytest.approx(true_plane, abs=1e-3)
    assert by_id(labelmap)["im_length"].value == pytest.approx(fitted_plane, abs=1e-3)


@pytest.mark.parametrize("grid", [sagittal, left_handed, oblique, lambda v: oblique(left_handed(sagittal(v)), 25.0)])
def test_odd_grids_change_neither_sizes_nor_depths(grid):
    here, there = by_id(straight_canal(4)), by_id(grid(straight_canal(4)))
    assert there["gap_cochlea"].value == pytest.approx(here["gap_cochlea"].value, abs=1e-4)
    for name in ("em_ap", "em_ml", "aao_size", "im_length", "para_EM", "para_IM", "perp_EM"):
        assert there[name].value == pytest.approx(here[name].value, abs=1e-4), name


def test_sizes_of_the_ice_cream_phantom_are_unbiased_wherever_the_voxels_lie():
    rng = np.random.default_rng(11)
    errors = []
    for _ in range(12):
        offset = tuple((rng.uniform(-0.5, 0.5, 3) * (0.4, 0.4, 1.5)).tolist())
        found = by_id(ice_cream((1.5, 0.4, 0.4), grid_offset_ras_mm=offset), plane=TRUE_PLANE)
        errors.append((found["em_ml"].value - 14.0, found["em_ap"].value - 16.0, found["im_length"].value - 9.0))
    assert np.abs(np.mean(errors, axis=0)) == pytest.approx(0, abs=0.15)
    assert np.abs(errors).max() <= 0.4  # a pixel


def test_chord_lies_in_the_slice_of_the_largest_extrameatal_diameter():
    found = by_id(ice_cream((1.5, 0.4, 0.4)))
    for name in ("em_ap", "em_ml"):
        assert found[name].slice_index == found["em_max_axial"].slice_index == 10
    across = np.subtract(*found["em_ml"].end_points_ras_mm)
    along = np.subtract(*found["em_ap"].end_points_ras_mm)
    assert across @ along == pytest.approx(0, abs=1e-6)
    assert np.abs(across / np.linalg.norm(across)) @ np.abs(np.array((1, 1, 0)) / np.sqrt(2)) == pytest.approx(1)


def canal_tip(lateral_mm: float) -> tuple[float, float, float]:
    """A point so far lateral of the deepest face of the tumor, in the middle of the canal."""
    return 3.0 + 19.5 * 0.5 - lateral_mm, 1.75, 29.25


@pytest.mark.parametrize("gap", [0.0, 0.5, 2.0, 4.5])
def test_gap_to_the_fundus_that_a_model_found_is_that_of_the_tumors_own_ear(gap):
    other_ear = (75.0, 0.0, 29.0)
    found = by_id(straight_canal(), fundi_found_ras_mm=[other_ear, canal_tip(gap)])["fundus_gap"]
    assert found.value == pytest.approx(gap, abs=1e-9)
    assert "as the model found it" in found.method


def test_a_cochlea_stands_for_no_fundus_and_a_point_set_by_a_person_goes_before_one_found():
    assert by_id(straight_canal(4))["fundus_gap"].reason == reasons.NO_FUNDUS
    both = by_id(straight_canal(4), fundus_ras_mm=canal_tip(3.0), fundi_found_ras_mm=[canal_tip(1.0)])["fundus_gap"]
    assert both.value == pytest.approx(3.0, abs=1e-9)
    assert "set at the fundus" in both.method


def test_gap_to_a_point_is_measured_along_the_normal_of_the_plane():
    tip_r = 3.0 + 19.5 * 0.5
    found = by_id(straight_canal(4), fundus_ras_mm=(tip_r - 3.2, 40.0, -17.0))["fundus_gap"]
    assert found.value == pytest.approx(3.2, abs=1e-9)
    assert "point set at the fundus" in found.method


def test_tumor_beyond_the_fundus_leaves_no_gap_and_says_how_far():
    found = by_id(straight_canal(), fundus_ras_mm=(3.0 + 19.5 * 0.5 + 1.5, 4.0, 30.0))["fundus_gap"]
    assert (found.value, found.extra["beyond_fundus_mm"]) == (0.0, pytest.approx(1.5))


def test_the_fundus_of_the_other_ear_is_not_taken():
    found = by_id(straight_canal(), fundi_found_ras_mm=[canal_tip(25.0)])["fundus_gap"]
    assert found.value is None
    assert "another ear" in found.reason


NEED_PLANE = ("em_ap", "em_ml", "aao_size", "im_length", "fundus_gap", "para_EM", "para_IM", "perp_EM")


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (Label.EXTRAMEATAL, "the tumor has no intrameatal part"),
        (Label.INTRAMEATAL, "the tumor has no extrameatal part"),
        (Label.UNDIVIDED_TUMOR, "the tumor is not divided"),
    ],
)
def test_without_two_parts_nothing_that_needs_the_plane_is_measured_and_each_says_why(label, reason):
    array = np.where(straight_canal().array > 0, np.uint8(label), np.uint8(0))
    found = by_id(Volume(array, straight_canal().dhw_to_ras))
    for name in NEED_PLANE:
        assert (found[name].value, found[name].reason) == (None, reason), name


def test_plane_parallel_to_the_slices_gives_no_direction_in_them():
    plane = MeatalPlane(origin_ras_mm=(0.0, 0.0, 0.0), normal_ras=(0.05, 0.0, 1.0), rms_mm=0.0, source="user")
    assert by_id(straight_canal(), plane=plane)["em_ap"].reason == "the meatal plane is parallel to the slices"


def test_plane_behind_the_whole_canal_part_gives_no_depth():
    plane = MeatalPlane(origin_ras_mm=(0.0, 0.0, 0.0), normal_ras=(1.0, 0.0, 0.0), rms_mm=0.0, source="user")
    assert "no intrameatal voxel" in by_id(straight_canal(), plane=plane)["im_length"].reason


def test_parts_that_share_no_slice_are_not_compared():
    array = np.zeros((10, 20, 20), np.uint8)
    array[2:5, 5:15, 5:15] = Label.INTRAMEATAL
    array[5:8, 5:15, 5:15] = Label.EXTRAMEATAL
    found = by_id(Volume(array, axial_affine((1.5, 0.5, 0.5))))
    for name in ("iac_max_axial", "para_EM", "para_IM", "perp_EM"):
        assert found[name].reason == "no slice holds both parts of the tumor in one piece", name


@pytest.mark.parametrize("source", ["user", "fit"])
def test_method_names_where_the_plane_is_from(source):
    at_porus = MeatalPlane(origin_ras_mm=(17.75, 0.0, 0.0), normal_ras=(1.0, 0.0, 0.0), rms_mm=0.0, source="user")
    found = by_id(straight_canal(), plane=at_porus if source == "user" else None)
    assert ("set by a person" if source == "user" else "fitted to the interface") in found["im_length"].method


PLANE = MeatalPlane(origin_ras_mm=(0.0, 0.0, 0.0), normal_ras=(1.0, 0.0, 0.0), rms_mm=0.0, source="user")
TIP = np.array((-5.0, 2.0, 1.0))


def gap_to(fundus: tuple[float, float, float]) -> Measurement:
    return _fundus_gap(SimpleNamespace(plane=PLANE, dhw_to_ras=np.eye(4)), TIP, Fundus(found_ras_mm=(fundus,)))


@pytest.mark.parametrize(("away_mm", "is_own"), [(20.0, True), (20.01, False)])
def test_a_fundus_up_to_20_mm_from_the_tumor_is_that_of_its_ear(away_mm, is_own):
    assert (gap_to((-5.0 - away_mm, 2.0, 1.0)).value is not None) == is_own


def test_the_gap_to_the_fundus_is_drawn_from_the_tip_along_the_normal_and_told_beside_the_way_there():
    found = gap_to((-9.0, 5.0, 1.0))
    assert found.value == pytest.approx(4.0)
    assert found.end_points_ras_mm == (pytest.approx((-5.0, 2.0, 1.0)), pytest.approx((-9.0, 2.0, 1.0)))
    assert found.extra["direct_mm"] == pytest.approx(5.0)


@pytest.mark.parametrize("grid", [lambda v: v, sagittal, left_handed, oblique])
def test_the_depth_is_drawn_from_the_plane_to_the_tip(grid):
    found = by_id(grid(straight_canal()))["im_length"]
    start, end = np.array(found.end_points_ras_mm)
    plane = fit_meatal_plane(grid(straight_canal()))
    assert plane.height_mm(np.array((start, end))) == pytest.approx((0.0, -5.0), abs=1e-6)
    assert np.linalg.norm(end - start) == pytest.approx(5.0)


@pytest.mark.parametrize(("behind_mm", "is_measured"), [(0.0, False), (0.5, True)])
def test_a_plane_at_the_very_tip_of_the_canal_part_gives_no_depth(behind_mm, is_measured):
    """The canal begins at the face 19.5, at R = 3 + 19.5 / 2."""
    plane = replace(PLANE, origin_ras_mm=(3.0 + 9.75 + behind_mm, 0.0, 0.0))
    found = by_id(straight_canal(), plane=plane)["im_length"]
    assert (found.value is not None) == is_measured
    assert found.value == (pytest.approx(0.5) if is_measured else None)


def test_whose_plane_a_depth_leans_on_is_told():
    found = by_id(straight_canal())["im_length"]
    assert "leans on the meatal plane, fitted to the interface of the parts (RMS 0.0 mm)" in found.method
    moved = replace(PLANE, origin_ras_mm=(3.0 + 14.75, 0.0, 0.0))
    assert "leans on the meatal plane, set by a person" in by_id(straight_canal(), plane=moved)["im_length"].method


def test_without_one_of_two_parts_no_line_goes_from_part_to_part_and_the_missing_one_is_told():
    tumor = straight_canal()
    for label, reason in ((Label.EXTRAMEATAL, reasons.NO_INTRAMEATAL), (Label.INTRAMEATAL, reasons.NO_EXTRAMEATAL)):
        found = by_id(tumor.with_array(np.where(tumor.array > 0, np.uint8(label), np.uint8(0))))
        assert found["iac_max_axial"].reason == reason


@pytest.mark.parametrize(("degrees", "is_direction"), [(9.7, False), (9.9, True), (90.0, True)])
def test_a_normal_within_about_10_degrees_of_that_of_the_slices_gives_no_direction_in_them(degrees, is_direction):
    stack = Stack(slices_to_ras=np.eye(4), axis=0, first_slice=0, tilt_deg=0.0, note="", regions={})
    normal = (np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0.0)
    within = _in_slice(replace(PLANE, normal_ras=normal), stack)
    assert (within is not None) == is_direction
    if within is not None:
        assert within == pytest.approx((0.0, normal[1], 0.0))
