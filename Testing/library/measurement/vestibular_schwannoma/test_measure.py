import nibabel
import numpy as np
import pytest

from Testing.support.phantoms import (
    MEATAL_NORMAL_RAS,
    axial_affine,
    ball,
    box,
    ellipsoid,
    ice_cream,
    labeled,
    left_handed,
    oblique,
    rotation_about,
    sagittal,
)
from Testing.support.real_data import REAL_DATA, needs_real_data
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement, measure
from VSSegmentationLib.volume import Volume

PHANTOM_SPACINGS = [(1.5, 0.4, 0.4), (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)]
GRIDS = {"axial": lambda v: v, "sagittal": sagittal, "left-handed": left_handed}


def by_id(labelmap: Volume) -> dict[str, Measurement]:
    return {m.id: m for m in measure(labelmap)}


def numbers(labelmap: Volume) -> list[float | None]:
    return [
        number
        for m in measure(labelmap)
        for number in (m.value, m.extra.get("feret_slice_center_mm"), m.extra.get("voxel_count"))
    ]


@pytest.mark.parametrize(
    ("spacing", "n_im", "n_em", "v_im", "v_em"),
    [
        ((1.5, 0.4, 0.4), 713, 8612, 0.171120, 2.066880),
        ((0.5, 0.5, 0.5), 1413, 16524, 0.176625, 2.065500),
        ((1.0, 1.0, 1.0), 174, 2081, 0.174, 2.081),
    ],
)
def test_ice_cream_phantom_has_the_volumes_of_the_golden_table(spacing, n_im, n_em, v_im, v_em):
    found = by_id(ice_cream(spacing))
    assert (found["vol_im"].extra["voxel_count"], found["vol_em"].extra["voxel_count"]) == (n_im, n_em)
    assert found["vol_im"].value == pytest.approx(v_im, abs=1e-12)
    assert found["vol_em"].value == pytest.approx(v_em, abs=1e-12)
    assert found["vol_total"].value == found["vol_im"].value + found["vol_em"].value


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize(
    ("spacing", "whole", "extrameatal"),
    [
        ((1.5, 0.4, 0.4), (10, 22.8806, 23.0806, 23.2034), (10, 15.9399, 16.1399, 16.3218)),
        ((0.5, 0.5, 0.5), (28, 22.9020, 23.1520, 23.3077), (29, 15.9452, 16.1952, 16.3783)),
        ((1.0, 1.0, 1.0), (13, 22.2036, 22.7036, 23.0217), (15, 15.8114, 16.3114, 16.7631)),
    ],
)
def test_ice_cream_phantom_has_the_diameters_of_the_golden_table_on_every_grid(grid, spacing, whole, extrameatal):
    labelmap = grid(ice_cream(spacing))
    found = by_id(labelmap)
    for measurement, (slice_index, a, f, c) in (
        (found["whole_max_axial"], whole),
        (found["em_max_axial"], extrameatal),
    ):
        three = (
            measurement.extra["feret_slice_center_mm"],
            measurement.value,
            measurement.extra["crack_slice_mm"],
        )
        assert three == pytest.approx((a, f, c), abs=1e-3)
        assert (measurement.slice_axis, measurement.slice_index) == (
            geometry.axial_axis(labelmap.dhw_to_ras),
            slice_index,
        )


@pytest.mark.parametrize(
    ("spacing", "offset", "n_em", "v_em", "v_im", "f"),
    [
        ((1.5, 0.4, 0.4), -1.0, 8681, 2.083440, 0.154560, 16.1399),
        ((1.5, 0.4, 0.4), +0.5, 8389, 2.013360, 0.224640, 16.1399),
        ((1.5, 0.4, 0.4), +2.0, 7634, 1.832160, 0.405840, 16.1399),
        ((0.5, 0.5, 0.5), -0.5, 16581, 2.072625, 0.169500, 16.1952),
        ((0.5, 0.5, 0.5), +1.0, 15655, 1.956875, 0.285250, 16.1952),
    ],
)
def test_plane_moved_along_the_canal_changes_the_parts_and_never_the_whole(spacing, offset, n_em, v_em, v_im, f):
    found = by_id(ice_cream(spacing, plane_offset_mm=offset))
    assert found["vol_em"].extra["voxel_count"] == n_em
    assert (found["vol_em"].value, found["vol_im"].value) == pytest.approx((v_em, v_im), abs=1e-12)
    assert found["em_max_axial"].value == pytest.approx(f, abs=1e-3)
    assert found["vol_total"].value == pytest.approx(by_id(ice_cream(spacing))["vol_total"].value, abs=1e-12)


def test_end_points_of_the_whole_tumor_span_the_axis_of_canal_and_ball():
    found = by_id(ice_cream((1.5, 0.4, 0.4)))["whole_max_axial"]
    low, high = sorted(np.array(found.end_points_ras_mm) @ MEATAL_NORMAL_RAS)
    assert (low, high) == pytest.approx((-9, 14), abs=0.4)  # a pixel
    assert found.end_points_ras_mm[0][2] == found.end_points_ras_mm[1][2] == pytest.approx(0.11)


@pytest.mark.parametrize("grid", [sagittal, left_handed, oblique, lambda v: oblique(left_handed(sagittal(v)))])
def test_odd_grids_change_no_number_of_the_ice_cream_phantom(grid):
    labelmap = ice_cream((1.5, 0.4, 0.4))
    assert numbers(grid(labelmap)) == pytest.approx(numbers(labelmap), abs=1e-9)


@pytest.mark.parametrize("grid", [sagittal, left_handed])
def test_end_points_of_the_same_patient_do_not_depend_on_how_the_scan_is_stored(grid):
    triangle = np.array([[[11 * h + 7 * w <= 77 for w in range(12)] for h in range(8)]])  # one longest line only
    labelmap = labeled(np.pad(triangle, 2), (1.5, 0.4, 0.4))
    here, there = (np.array(by_id(v)["em_max_axial"].end_points_ras_mm) for v in (labelmap, grid(labelmap)))
    assert sorted(here.round(9).tolist()) == sorted(there.round(9).tolist())


def test_end_points_turn_with_the_patient():
    labelmap = ice_cream((1.5, 0.4, 0.4))
    turn = rotation_about((1.0, 0.6, 0.4), 17.0)
    expected = geometry.transform_points(turn, np.array(by_id(labelmap)["em_max_axial"].end_points_ras_mm))
    found = by_id(oblique(labelmap, 17.0, (1.0, 0.6, 0.4)))["em_max_axial"].end_points_ras_mm
    assert np.array(found) == pytest.approx(expected, abs=1e-9)


def test_one_voxel_has_its_volume_and_no_diameter():
    found = by_id(labeled(box((1, 1, 1)), (1.5, 0.4, 0.4)))
    assert found["vol_total"].value == pytest.approx(0.00024, abs=1e-15)
    assert found["whole_max_axial"].value is None
    assert "one voxel" in found["whole_max_axial"].reason
    assert found["whole_max_axial"].extra["feret_slice_center_mm"] == 0


def test_empty_labelmap_has_no_volume_and_a_reason_for_every_diameter():
    found = by_id(Volume(np.zeros((4, 5, 6), np.uint8), axial_affine((1.5, 0.4, 0.4))))
    assert [found[name].value for name in ("vol_total", "vol_em", "vol_im")] == [0.0, 0.0, 0.0]
    for name in ("whole_max_axial", "em_max_axial"):
        assert (found[name].value, found[name].reason) == (None, "no tumor is segmented")


def test_cochlea_is_no_tumor():
    assert by_id(labeled(box((2, 3, 4)), (1, 1, 1), Label.COCHLEA))["vol_total"].value == 0.0


def test_undivided_tumor_is_measured_as_a_whole_only():
    found = by_id(labeled(ball(16.3, (1.5, 0.4, 0.4)), (1.5, 0.4, 0.4), Label.UNDIVIDED_TUMOR))
    assert found["vol_total"].value == pytest.approx(2.26056, abs=1e-9)
    assert found["whole_max_axial"].value == pytest.approx(16.3988, abs=1e-3)
    for name in ("vol_em", "vol_im", "em_max_axial"):
        assert (found[name].value, found[name].reason) == (None, "the tumor is not divided")


def test_tumor_that_is_divided_in_part_has_no_parts_that_could_be_mistaken_for_all():
    mask = box((4, 6, 8))
    labelmap = labeled(mask, (1, 1, 1), Label.UNDIVIDED_TUMOR)
    array = labelmap.array.copy()
    array[:5][mask[:5]] = Label.EXTRAMEATAL
    found = by_id(labelmap.with_array(array))
    assert found["vol_total"].value == pytest.approx(0.192)
    assert found["vol_em"].reason == "part of the tumor is not divided"


def test_purely_intrameatal_tumor_has_an_extrameatal_volume_of_zero_and_no_extrameatal_diameter():
    found = by_id(labeled(ball(6.3, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5), Label.INTRAMEATAL))
    assert (found["vol_em"].value, found["vol_im"].value) == (0.0, pytest.approx(0.127625))
    assert (found["em_max_axial"].value, found["em_max_axial"].reason) == (None, "the tumor has no extrameatal part")
    assert found["whole_max_axial"].value == pytest.approx(6.3328, abs=1e-3)


def test_only_the_largest_of_several_components_is_measured_and_the_others_are_counted():
    array = np.zeros((10, 40, 60), np.uint8)
    array[2:6, 5:15, 5:15] = Label.EXTRAMEATAL  # 400 voxels
    array[7:9, 30:35, 40:58] = Label.EXTRAMEATAL  # 180 voxels, but longer
    found = by_id(Volume(array, axial_affine((1.0, 1.0, 1.0))))
    assert found["vol_total"].value == pytest.approx(0.4)
    assert found["whole_max_axial"].extra["feret_slice_center_mm"] == pytest.approx(np.hypot(9, 9))
    assert found["vol_total"].extra["other_components"] == 1
    assert found["vol_total"].extra["other_components_cm3"] == pytest.approx(0.18)


def test_scan_tilted_by_more_than_30_degrees_is_measured_on_a_resliced_mask_and_says_so():
    spacing = (0.5, 0.5, 0.5)
    labelmap = labeled(ellipsoid((10.0, 10.0, 20.0), spacing), spacing)
    turned = by_id(oblique(labelmap, 45.0, (0.0, 1.0, 0.0)))["whole_max_axial"]
    # Cut of a prolate spheroid, half-axes 10 and 5, by a plane at 45 degrees to its long axis.
    expected = 2 / np.sqrt(0.5 / 10**2 + 0.5 / 5**2)
    assert turned.value == pytest.approx(expected, abs=0.5)  # a voxel
    assert "resliced" in turned.method
    assert (turned.slice_axis, turned.slice_index) == (None, None)
    assert turned.end_points_ras_mm[0][2] == pytest.approx(turned.end_points_ras_mm[1][2])
    assert "resliced" not in by_id(oblique(labelmap, 29.0, (0.0, 1.0, 0.0)))["whole_max_axial"].method


def test_axial_planes_of_a_sagittal_acquisition_are_named_as_such():
    across = labeled(ball(16.3, (0.5, 0.5, 1.5)), (0.5, 0.5, 1.5))  # slices along right-left
    assert "slices are not axial" in by_id(sagittal(across))["whole_max_axial"].method
    assert "acquisition slices" in by_id(ice_cream((1.5, 0.4, 0.4)))["whole_max_axial"].method


def test_labels_of_another_convention_are_refused():
    labelmap = labeled(box((2, 2, 2)), (1, 1, 1))
    with pytest.raises(InputRefusedError, match="from 0 to 255"):
        measure(labelmap.with_array(labelmap.array * np.uint8(255)))
    with pytest.raises(InputRefusedError, match="from -1 to 0"):
        measure(labelmap.with_array(-(labelmap.array > 0).astype(np.int16)))
    with pytest.raises(InputRefusedError, match="whole numbers, got float32"):
        measure(labelmap.with_array(labelmap.array.astype(np.float32)))


@pytest.mark.parametrize("pixel", [0.4, 0.5, 0.55])
def test_headline_diameter_of_shapes_of_10_mm_and_more_is_within_0_2_mm_on_average(pixel):
    rng = np.random.default_rng(7)
    errors = []
    for diameter in (10.0, 13.0, 17.0, 22.0):
        for _ in range(4):
            spacing = (1.5, pixel, pixel)
            offset = tuple((rng.uniform(-0.5, 0.5, 3) * spacing).tolist())
            mask = ellipsoid((diameter, 0.75 * diameter, diameter), spacing, offset_mm=offset)
            errors.append(by_id(labeled(mask, spacing))["whole_max_axial"].value - diameter)
    assert abs(np.mean(errors)) <= 0.2


@needs_real_data
@pytest.mark.parametrize(
    ("file", "volume_cm3"),
    [
        ("vs_gk/vs_gk_95_t2_seg.nii.gz", 1.38),
        ("vs_gk/vs_gk_98_t2_seg_unverified.nii.gz", 2.09),
        ("vs_gk/vs_gk_99_t1_seg.nii.gz", 3.05),
    ],
)
def test_real_masks_have_the_volume_that_came_with_them(file, volume_cm3):
    image = nibabel.load(REAL_DATA / file)
    mask = np.asarray(image.dataobj) > 0
    found = by_id(Volume(np.where(mask, np.uint8(4), np.uint8(0)), image.affine))
    assert found["vol_total"].value == pytest.approx(volume_cm3, abs=0.005)
    longest_possible = (6 / np.pi * volume_cm3 * 1000) ** (1 / 3)
    assert longest_possible * 0.8 < found["whole_max_axial"].value < longest_possible * 2
