import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from Testing.support.grids import affines, examples
from Testing.support.phantoms import (
    MEATAL_NORMAL_RAS,
    axial_affine,
    ball,
    box,
    ice_cream,
    labeled,
    left_handed,
    oblique,
    rotation_about,
    sagittal,
)
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement import MeatalPlane, NoPlane, fit_meatal_plane, measure, split_by_plane
from VSSegmentationLib.measurement.vestibular_schwannoma.plane import _no_direction, _parting_normal
from VSSegmentationLib.volume import Volume

PLANE = MeatalPlane(
    origin_ras_mm=(0.0, 0.0, 0.0), normal_ras=tuple(MEATAL_NORMAL_RAS.tolist()), rms_mm=0.0, source="user"
)
LABELMAPS = arrays(np.uint8, st.tuples(*[st.integers(1, 5)] * 3), elements=st.integers(0, 4))
GRIDS = {
    "axial": lambda v: v,
    "sagittal": sagittal,
    "left-handed": left_handed,
    "oblique": oblique,
    "all": lambda v: oblique(left_handed(sagittal(v)), 25.0),
}


def moved(offset_mm: float) -> MeatalPlane:
    origin = tuple((offset_mm * MEATAL_NORMAL_RAS).tolist())
    return MeatalPlane(origin_ras_mm=origin, normal_ras=PLANE.normal_ras, rms_mm=0.0, source="user")


def enclosed() -> Volume:
    array = np.full((5, 5, 5), Label.INTRAMEATAL, np.uint8)
    array[2, 2, 2] = Label.EXTRAMEATAL
    return Volume(array, np.eye(4))


def faces(labelmap: Volume) -> int:
    em, im = np.pad(labelmap.array == 1, 1), np.pad(labelmap.array == 2, 1)
    return sum(int((em & np.roll(im, shift, axis)).sum()) for axis in range(3) for shift in (1, -1))


@pytest.mark.parametrize(
    ("spacing", "shared", "origin", "along"),
    [
        ((1.5, 0.4, 0.4), 46, (-0.17, -0.03, 0.11), -0.0990),
        ((0.5, 0.5, 0.5), 114, (-0.1397, 0.0503, -0.0304), -0.1344),
        ((1.0, 1.0, 1.0), 30, (-0.22, 0.22, 0.0433), -0.3111),
    ],
)
def test_plane_fitted_to_the_ice_cream_phantom_is_that_of_the_golden_table(spacing, shared, origin, along):
    labelmap = ice_cream(spacing)
    plane = fit_meatal_plane(labelmap)
    assert isinstance(plane, MeatalPlane)
    assert faces(labelmap) == shared
    assert plane.origin_ras_mm == pytest.approx(origin, abs=1e-4)
    assert np.array(plane.origin_ras_mm) @ MEATAL_NORMAL_RAS == pytest.approx(along, abs=1e-4)
    assert plane.normal_ras == pytest.approx(MEATAL_NORMAL_RAS, abs=1e-9)
    assert plane.rms_mm == pytest.approx(0, abs=1e-9)
    assert plane.source == "fit"


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("spacing", [(1.5, 0.4, 0.4), (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)])
def test_dividing_again_at_the_fitted_plane_relabels_no_voxel(spacing, grid):
    labelmap = grid(ice_cream(spacing))
    plane = fit_meatal_plane(labelmap)
    assert np.array_equal(split_by_plane(labelmap, plane).array, labelmap.array)


@pytest.mark.parametrize(
    ("spacing", "offset", "n_em", "v_em", "v_im", "em_f"),
    [
        ((1.5, 0.4, 0.4), -1.0, 8681, 2083.440, 154.560, 16.1399),
        ((1.5, 0.4, 0.4), -0.5, 8635, 2072.400, 165.600, 16.1399),
        ((1.5, 0.4, 0.4), +0.5, 8389, 2013.360, 224.640, 16.1399),
        ((1.5, 0.4, 0.4), +1.0, 8123, 1949.520, 288.480, 16.1399),
        ((1.5, 0.4, 0.4), +2.0, 7634, 1832.160, 405.840, 16.1399),
        ((0.5, 0.5, 0.5), -1.0, 16637, 2079.625, 162.500, 16.1952),
        ((0.5, 0.5, 0.5), -0.5, 16581, 2072.625, 169.500, 16.1952),
        ((0.5, 0.5, 0.5), +0.5, 15981, 1997.625, 244.500, 16.1952),
        ((0.5, 0.5, 0.5), +1.0, 15655, 1956.875, 285.250, 16.1952),
        ((0.5, 0.5, 0.5), +2.0, 14499, 1812.375, 429.750, 16.1952),
    ],
)
def test_plane_moved_along_the_canal_divides_as_the_golden_table_says(spacing, offset, n_em, v_em, v_im, em_f):
    labelmap = ice_cream(spacing)
    found = {m.id: m for m in measure(split_by_plane(labelmap, moved(offset)))}
    assert found["vol_em"].extra["voxel_count"] == n_em
    assert found["vol_em"].value * 1000 == pytest.approx(v_em, abs=1e-6)
    assert found["vol_im"].value * 1000 == pytest.approx(v_im, abs=1e-6)
    assert found["em_max_axial"].value == pytest.approx(em_f, abs=1e-3)


def test_plane_moved_out_and_back_restores_every_number():
    labelmap = split_by_plane(ice_cream((1.5, 0.4, 0.4)), moved(0.0))
    there_and_back = split_by_plane(split_by_plane(labelmap, moved(2.0)), moved(0.0))
    assert measure(there_and_back) == measure(labelmap)


@examples(80)
@given(LABELMAPS, affines(), st.tuples(*[st.floats(-3, 3)] * 3), st.tuples(*[st.floats(-1, 1)] * 3))
def test_no_plane_ever_changes_the_union_or_another_label(array, dhw_to_ras, origin, normal):
    labelmap = Volume(array, dhw_to_ras)
    if np.linalg.norm(normal) < 1e-6:
        normal = (0.0, 0.0, 1.0)
    plane = MeatalPlane(origin_ras_mm=origin, normal_ras=normal, rms_mm=0.0, source="user")
    after = split_by_plane(labelmap, plane)
    assert np.array_equal(
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(after.array), VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(array)
    )
    assert np.array_equal(after.array == Label.COCHLEA, array == Label.COCHLEA)
    changed = np.argwhere(after.array != array)
    heights = plane.height_mm(geometry.transform_points(dhw_to_ras, changed))
    assert ((after.array[tuple(changed.T)] == Label.EXTRAMEATAL) == (heights > 0)).all()


def test_plane_turns_with_the_patient():
    labelmap = ice_cream((1.5, 0.4, 0.4))
    turn = rotation_about((1.0, 0.6, 0.4), 17.0)
    here, there = fit_meatal_plane(labelmap), fit_meatal_plane(oblique(labelmap))
    expected = geometry.transform_points(turn, np.array(here.origin_ras_mm))
    assert there.origin_ras_mm == pytest.approx(tuple(expected), abs=1e-9)
    assert there.normal_ras == pytest.approx(tuple(turn[:3, :3] @ here.normal_ras), abs=1e-9)


def test_rms_is_the_root_mean_square_distance_of_a_stepped_interface():
    # Two steps of 2 mm: half of the faces lie 1 mm before, half 1 mm behind the middle; the risers add a few faces.
    array = np.zeros((20, 40, 40), np.uint8)
    array[:, 5:35, 5:35] = Label.EXTRAMEATAL
    array[:10, 5:35, 5:20] = array[10:, 5:35, 5:22] = Label.INTRAMEATAL
    plane = fit_meatal_plane(Volume(array, axial_affine((1.0, 1.0, 1.0))))
    # The best plane leans toward the step: residual of a unit step over its best straight line is 1/2.
    assert plane.rms_mm == pytest.approx(0.5, abs=0.1)


def test_normal_points_to_the_extrameatal_part_whichever_side_of_the_patient_it_is():
    labelmap = ice_cream((1.5, 0.4, 0.4))
    mirror = np.diag((-1.0, 1.0, 1.0, 1.0))
    mirrored = Volume(labelmap.array, mirror @ labelmap.dhw_to_ras)
    assert fit_meatal_plane(mirrored).normal_ras == pytest.approx(tuple(MEATAL_NORMAL_RAS * (-1, 1, 1)), abs=1e-9)


@pytest.mark.parametrize(
    ("labelmap", "reason"),
    [
        (Volume(np.zeros((3, 4, 5), np.uint8), np.eye(4)), "no tumor is segmented"),
        (labeled(box((2, 3, 4)), (1, 1, 1), Label.EXTRAMEATAL), "no intrameatal part"),
        (labeled(box((2, 3, 4)), (1, 1, 1), Label.INTRAMEATAL), "no extrameatal part"),
        (labeled(box((2, 3, 4)), (1, 1, 1), Label.UNDIVIDED_TUMOR), "not divided"),
        (Volume(np.array([[[1, 2]]], np.uint8), np.eye(4)), "share 1 voxel faces"),
        (Volume(np.array([[[1, 2], [1, 2], [1, 2]]], np.uint8), np.eye(4)), "along a line"),
        (Volume(np.array([[[2, 2, 2], [2, 1, 2], [2, 2, 2]]], np.uint8), np.eye(4)), "does not lie across"),
        (enclosed(), "about as deep as it is wide"),
    ],
)
def test_interface_that_gives_no_plane_says_why(labelmap, reason):
    plane = fit_meatal_plane(labelmap)
    assert isinstance(plane, NoPlane)
    assert reason in plane.reason


def test_tumor_of_the_other_ear_keeps_its_division():
    array = np.zeros((10, 20, 60), np.uint8)
    array[3:7, 5:15, 2:8] = Label.INTRAMEATAL
    array[3:7, 5:15, 8:16] = Label.EXTRAMEATAL
    array[3:7, 5:15, 50:58] = Label.INTRAMEATAL
    labelmap = Volume(array, axial_affine((1.0, 1.0, 1.0)))
    plane = MeatalPlane(origin_ras_mm=(5.5, 10.0, 5.0), normal_ras=(1.0, 0.0, 0.0), rms_mm=0.0, source="user")
    after = split_by_plane(labelmap, plane)
    assert (after.array[3:7, 5:15, 6:16] == Label.EXTRAMEATAL).all()
    assert (after.array[:, :, 50:] == array[:, :, 50:]).all()


def test_undivided_tumor_is_divided():
    spacing = (0.5, 0.5, 0.5)
    whole = labeled(ball(10.0, spacing), spacing, Label.UNDIVIDED_TUMOR)
    middle = geometry.transform_points(whole.dhw_to_ras, (np.array(whole.shape) - 1) / 2)
    plane = MeatalPlane(origin_ras_mm=tuple(middle.tolist()), normal_ras=(1.0, 0.0, 0.0), rms_mm=0.0, source="user")
    after = split_by_plane(whole, plane)
    assert set(np.unique(after.array)) == {0, 1, 2}
    # Centers on the plane are intrameatal: the two halves differ by exactly the central layer.
    central = (whole.array[:, :, whole.shape[2] // 2] > 0).sum()
    assert (after.array == 2).sum() - (after.array == 1).sum() == central


def test_normal_is_kept_at_unit_length():
    plane = MeatalPlane(origin_ras_mm=(1.0, 2.0, 3.0), normal_ras=(0.0, 3.0, 4.0), rms_mm=0.0, source="user")
    assert plane.normal_ras == pytest.approx((0.0, 0.6, 0.8))
    assert plane.height_mm(np.array([(1.0, 2.0, 3.0), (1.0, 2.6, 3.8)])) == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize(
    ("origin", "normal"), [((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), ((np.nan, 0.0, 0.0), (1.0, 0.0, 0.0))]
)
def test_plane_without_direction_or_place_is_refused(origin, normal):
    with pytest.raises(GeometryError, match="a meatal plane needs finite points"):
        MeatalPlane(origin_ras_mm=origin, normal_ras=normal, rms_mm=0.0, source="user")


def test_labels_of_another_convention_are_refused():
    with pytest.raises(InputRefusedError, match="map the labels first"):
        split_by_plane(Volume(np.full((2, 2, 2), 9, np.uint8), np.eye(4)), PLANE)


def _ice_cream_in_a_pose(seed: int) -> Volume:
    """A ball of 16 mm on a canal of 5 mm along +S, on 3 mm slices that are turned and shifted at random."""
    rng = np.random.default_rng(seed)
    spacing = np.array((3.0, 0.5, 0.5))
    half = np.ceil(18 / spacing).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.random(random_state=int(rng.integers(2**31))).as_matrix() * spacing
    affine[:3, 3] = affine[:3, :3] @ (rng.uniform(-0.5, 0.5, 3) - half)
    shape = tuple(2 * half + 1)
    points = geometry.transform_points(affine, np.stack(np.unravel_index(np.arange(np.prod(shape)), shape), axis=1))
    beside = np.linalg.norm(points[:, :2], axis=1)
    cistern = (np.linalg.norm(points - (0, 0, 6), axis=1) <= 8) & (points[:, 2] > 0)
    canal = (beside <= 2.5) & (points[:, 2] >= -9) & (points[:, 2] <= 0)
    array = np.where(cistern, Label.EXTRAMEATAL, np.where(canal, Label.INTRAMEATAL, 0)).astype(np.uint8)
    return Volume(array.reshape(shape), affine)


@pytest.mark.parametrize("seed", [0, 1, 2, 186, 264, 291, 386, 436])  # the last five have faces on two stairs only
def test_an_ice_cream_cone_on_thick_slices_has_a_plane_in_any_pose(seed: int):
    plane = fit_meatal_plane(_ice_cream_in_a_pose(seed))
    assert isinstance(plane, MeatalPlane)
    assert plane.normal_ras[2] > np.cos(np.radians(45))


@pytest.mark.slow  # five hundred poses; eight of them, the hardest among them, run above
def test_an_ice_cream_cone_on_thick_slices_has_a_plane_in_five_hundred_poses():
    assert all(isinstance(fit_meatal_plane(_ice_cream_in_a_pose(seed)), MeatalPlane) for seed in range(500))


@pytest.mark.parametrize(("in_second_layer", "parts"), [(20, False), (32, True)])
def test_a_side_that_is_all_but_one_voxel_thin_tells_no_direction(in_second_layer, parts):
    """A share f in a second layer spreads by f(1 - f) voxel squares across; less than a sixteenth is one layer.

    Of 400 voxels and 20 more it is 0.045, of 400 and 32 more 0.069. They are laid out evenly, so that nothing tilts.
    """
    array = np.zeros((4, 20, 20), np.uint8)
    array[1], array[2] = Label.INTRAMEATAL, Label.EXTRAMEATAL
    second = array[3].reshape(-1)
    half = np.random.default_rng(2).choice(200, in_second_layer // 2, replace=False)
    second[half] = second[399 - half] = Label.EXTRAMEATAL
    labelmap = Volume(array, axial_affine((0.5, 0.5, 0.5)))
    normal = _parting_normal(labelmap, array == Label.EXTRAMEATAL, array == Label.INTRAMEATAL)
    assert (normal is not None) is parts
    if normal is not None:
        assert abs(normal @ labelmap.dhw_to_ras[:3, 0]) == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize(("less", "is_parted"), [(0, True), (1, False)])
def test_eight_voxels_on_each_side_give_a_direction_and_seven_do_not(less, is_parted):
    array = np.zeros((4, 4, 6), np.uint8)
    array[1:3, 1:3, 1:3], array[1:3, 1:3, 3:5] = Label.EXTRAMEATAL, Label.INTRAMEATAL
    array[1, 1, 4] = 0 if less else Label.INTRAMEATAL
    labelmap = Volume(array, axial_affine((1.0, 1.0, 1.0)))
    normal = _parting_normal(labelmap, array == Label.EXTRAMEATAL, array == Label.INTRAMEATAL)
    if is_parted:
        along = geometry.directions(labelmap.dhw_to_ras)[:, 2]
        assert abs(normal @ along) == pytest.approx(1, abs=1e-6)
    else:
        assert normal is None


def test_parts_that_no_plane_parts_have_no_direction():
    """Two halves in one layer, and the other part round them: most voxels lie on the wrong side of any plane."""
    array = np.full((6, 6, 6), Label.EXTRAMEATAL, np.uint8)
    array[2:4, 2:4, 2:5] = Label.INTRAMEATAL
    labelmap = Volume(array, axial_affine((1.0, 1.0, 1.0)))
    assert _parting_normal(labelmap, array == Label.EXTRAMEATAL, array == Label.INTRAMEATAL) is None


@pytest.mark.parametrize(("fourth_mm", "have_a_say"), [(4, True), (5, False)])
def test_voxels_up_to_4_mm_from_the_other_part_have_a_say(fourth_mm, have_a_say):
    """Of a part two voxels wide four layers of 1 mm are eight voxels, and fewer are too few."""
    array = np.zeros((4, 4, 12), np.uint8)
    array[1:3, 1:3, 3:5], array[1:3, 1, 5:8] = Label.INTRAMEATAL, Label.EXTRAMEATAL
    array[1:3, 1, 4 + fourth_mm :] = Label.EXTRAMEATAL
    labelmap = Volume(array, axial_affine((1.0, 1.0, 1.0)))
    normal = _parting_normal(labelmap, array == Label.EXTRAMEATAL, array == Label.INTRAMEATAL)
    assert (normal is not None) == have_a_say


@pytest.mark.parametrize(("degrees", "is_across"), [(9.7, False), (9.9, True), (19.0, True), (90.0, True)])
def test_a_plane_is_crossed_by_the_line_between_the_parts_at_about_10_degrees_or_more(degrees, is_across):
    across = np.array((np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0.0))
    for normal in (np.array((0.0, 1.0, 0.0)), np.array((0.0, -1.0, 0.0))):
        assert (_no_direction(normal, np.array((5.0, 4.0, 0.5)), across) is None) == is_across


@pytest.mark.parametrize("inner", [(slice(2), slice(1, 3), slice(1, 3)), (slice(1, 3), slice(1, 3), slice(1, 3))])
def test_parts_that_enclose_each_other_have_no_direction(inner):
    """In a niche fewer than nine of ten voxels lie on their own side of any plane; in the very middle there is none."""
    array = np.full((4, 4, 4 if inner[0].start else 5), Label.EXTRAMEATAL, np.uint8)
    array[inner] = Label.INTRAMEATAL
    labelmap = Volume(array, axial_affine((1.0, 1.0, 1.0)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _parting_normal(labelmap, array == Label.EXTRAMEATAL, array == Label.INTRAMEATAL) is None
