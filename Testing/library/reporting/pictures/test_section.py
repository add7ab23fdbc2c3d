from functools import partial

import numpy as np
import pytest

from Testing.support.phantoms import MEATAL_NORMAL_RAS, axial_affine, ice_cream, labeled, left_handed, oblique, sagittal
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.reporting.pictures import section as sections
from VSSegmentationLib.reporting.pictures.section import MAX_WINDOW_MM, WINDOW_MM, View
from VSSegmentationLib.volume import Volume

plane_section = partial(sections.plane_section, label_set=VESTIBULAR_SCHWANNOMA_LABELS)
busiest_point = partial(sections.busiest_point, label_set=VESTIBULAR_SCHWANNOMA_LABELS)
EXTRA, INTRA = (VESTIBULAR_SCHWANNOMA_LABELS.of_key(key) for key in ("extrameatal", "intrameatal"))
GRIDS = {
    "axial": lambda v: v,
    "left-handed": left_handed,
    "sagittal": sagittal,
    "oblique": lambda v: oblique(v, 12.0),
    "oblique, left-handed, sagittal": lambda v: oblique(left_handed(sagittal(v)), 12.0),
    "tilted too much": lambda v: oblique(v, 40.0, tuple(MEATAL_NORMAL_RAS)),
}


def center_on_page(section, mask) -> np.ndarray:
    return section.page_from_pixel(np.argwhere(mask).astype(float)).mean(axis=0)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_patients_right_is_on_the_left_of_the_picture_and_anterior_is_up(grid):
    # The canal of the phantom runs to the patient's left and anterior, the ball lies to the right and posterior.
    labelmap = grid(ice_cream((1.5, 0.4, 0.4)))
    section = plane_section(None, labelmap, busiest_point(labelmap))
    ball = center_on_page(section, section.masks[EXTRA])
    canal = center_on_page(section, section.masks[INTRA])
    assert ball[0] < canal[0] - 4
    assert ball[1] > canal[1] + 4


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_line_of_the_diameter_ends_on_the_outline_of_the_tumor(grid):
    labelmap = grid(ice_cream((1.5, 0.4, 0.4)))
    whole = next(m for m in measure(labelmap) if m.id == "whole_max_axial")
    section = plane_section(None, labelmap, whole.end_points_ras_mm[0])
    tumor = np.any(list(section.masks.values()), axis=0)
    pixels = section.page_from_pixel(np.argwhere(tumor).astype(float))
    ends = np.array([section.page_point(point) for point in whole.end_points_ras_mm])
    for end in ends:
        assert np.linalg.norm(pixels - end, axis=1).min() < 0.5
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(whole.extra["line_mm"], abs=1e-6)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_picture_and_outline_lie_on_each_other(grid):
    labelmap = grid(ice_cream((1.5, 0.4, 0.4)))
    image = labelmap.with_array((labelmap.array > 0).astype(np.float32))
    section = plane_section(image, labelmap, busiest_point(labelmap))
    tumor = np.any(list(section.masks.values()), axis=0)
    assert section.image.shape == tumor.shape
    assert ((section.image > 0.5) != tumor).mean() < 0.002


@pytest.mark.parametrize("grid", [left_handed, sagittal])
def test_storage_of_the_scan_does_not_change_the_picture(grid):
    rng = np.random.default_rng(5)
    labelmap = ice_cream((1.5, 0.4, 0.4))
    image = labelmap.with_array(rng.normal(size=labelmap.shape).astype(np.float32))
    here = plane_section(image, labelmap, busiest_point(labelmap))
    there = plane_section(grid(image), grid(labelmap), busiest_point(grid(labelmap)))
    assert np.array_equal(here.image, there.image)
    assert here.corner_mm == pytest.approx(there.corner_mm)


def test_pixels_that_are_not_square_keep_their_shape():
    across = labeled(np.pad(np.ones((5, 20, 10), bool), 4), (1.0, 0.5, 1.5))  # 10 mm anterior, 15 mm right
    section = plane_section(None, across, busiest_point(across))
    corners = section.page_from_pixel(np.argwhere(section.masks[EXTRA]).astype(float))
    assert np.ptp(corners, axis=0) == pytest.approx((9 * 1.5, 19 * 0.5))
    assert corners.mean(axis=0) == pytest.approx((WINDOW_MM / 2, WINDOW_MM / 2))


def test_point_to_the_patients_right_moves_to_the_left_on_the_page():
    labelmap = ice_cream((1.5, 0.4, 0.4))
    through = busiest_point(labelmap)
    section = plane_section(None, labelmap, through)
    x, y = section.page_point(through)
    assert section.page_point((through[0] + 3, through[1], through[2])) == pytest.approx((x - 3, y))
    assert section.page_point((through[0], through[1] + 2, through[2])) == pytest.approx((x, y - 2))


@pytest.mark.parametrize(("across_mm", "window_mm"), [(10, WINDOW_MM), (50, 66), (100, MAX_WINDOW_MM)])
def test_window_is_60_mm_and_wider_only_for_a_large_tumor_never_for_a_face(across_mm, window_mm):
    labelmap = labeled(np.pad(np.ones((2, across_mm, 8), bool), ((3, 3), (60, 60), (90, 90))), (2.0, 1.0, 1.0))
    image = labelmap.with_array(labelmap.array.astype(np.float32))
    section = plane_section(image, labelmap, busiest_point(labelmap))
    assert section.side_mm == window_mm
    assert max(section.image.shape) <= window_mm + 2


def test_tumor_at_the_edge_of_the_scan_is_shown_in_the_middle_beside_black():
    labelmap = labeled(np.pad(np.ones((2, 6, 6), bool), ((2, 2), (0, 90), (0, 90))), (2.0, 1.0, 1.0))
    section = plane_section(None, labelmap, busiest_point(labelmap))
    middle = center_on_page(section, section.masks[EXTRA])
    assert tuple(middle) == pytest.approx((WINDOW_MM / 2, WINDOW_MM / 2))


def test_other_component_on_the_same_slice_does_not_draw_the_window_to_it():
    array = np.zeros((4, 200, 200), np.uint8)
    array[1:3, 20:40, 20:40] = Label.EXTRAMEATAL
    array[1:3, 170:175, 170:175] = Label.EXTRAMEATAL
    labelmap = Volume(array, axial_affine((2.0, 1.0, 1.0)))
    section = plane_section(None, labelmap, busiest_point(labelmap))
    assert section.side_mm == WINDOW_MM
    assert section.masks[EXTRA].sum() == 400


def test_no_tumor_has_no_section():
    empty = Volume(np.zeros((4, 5, 6), np.uint8), np.eye(4))
    with pytest.raises(EmptyMaskError, match="no tumor"):
        plane_section(None, empty, (0.0, 0.0, 0.0))
    with pytest.raises(EmptyMaskError, match="no tumor"):
        busiest_point(empty)


def test_busiest_point_lies_in_the_widest_part_of_the_tumor():
    labelmap = ice_cream((0.5, 0.5, 0.5))
    # Widest near the height of the ball's center, S = 0; inside the ball along the axis.
    point = np.array(busiest_point(labelmap))
    assert abs(point[2]) < 1
    assert 2 < point @ MEATAL_NORMAL_RAS < 8


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize(
    ("view", "to_the_left_ras", "up_ras"),
    [
        (View.AXIAL, (1, 0, 0), (0, 1, 0)),
        (View.CORONAL, (1, 0, 0), (0, 0, 1)),
        (View.SAGITTAL, (0, 1, 0), (0, 0, 1)),
    ],
    ids=lambda value: value.name if isinstance(value, View) else "",
)
def test_each_plane_is_seen_as_radiologists_look_at_it(grid, view, to_the_left_ras, up_ras):
    labelmap = grid(ice_cream((1.5, 0.4, 0.4)))
    through = np.array(busiest_point(labelmap))
    section = plane_section(None, labelmap, tuple(through), view)
    here = np.array(section.page_point(tuple(through)))
    for step_ras, (along, across) in ((to_the_left_ras, (0, 1)), (up_ras, (1, 0))):
        moved = np.array(section.page_point(tuple(through + 5 * np.array(step_ras)))) - here
        assert moved[along] < -3.5  # at most 12 degrees from the patient's own axes, or resliced along them
        assert abs(moved[across]) < 3
    assert section.view.value.left_right_top_bottom[0] == {(1, 0, 0): "R", (0, 1, 0): "A"}[to_the_left_ras]
    assert section.view.value.left_right_top_bottom[2] == {(0, 1, 0): "A", (0, 0, 1): "S"}[up_ras]


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("view", list(View))
def test_outline_in_each_plane_holds_the_voxels_of_the_tumor_that_lie_in_it(grid, view):
    labelmap = grid(ice_cream((1.5, 0.4, 0.4)))
    image = labelmap.with_array((labelmap.array > 0).astype(np.float32))
    section = plane_section(image, labelmap, busiest_point(labelmap), view)
    tumor = np.any(list(section.masks.values()), axis=0)
    assert tumor.any()
    assert ((section.image > 0.5) != tumor).mean() < 0.004


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_a_window_on_another_labelmap_shows_the_same_place(grid):
    first = grid(ice_cream((1.5, 0.4, 0.4)))
    grown = np.zeros(first.shape, np.uint8)
    grown[first.array > 0] = Label.INTRAMEATAL
    grown[0, 0, 0] = Label.EXTRAMEATAL  # alone it would be the whole tumor, and far away
    point = busiest_point(first)
    own = plane_section(None, first, point)
    other = plane_section(None, first.with_array(grown), point, window_on=first)
    nothing = plane_section(None, first.with_array(np.zeros_like(grown)), point, window_on=first)
    assert (other.side_mm, other.corner_mm) == (nothing.side_mm, nothing.corner_mm) == (own.side_mm, own.corner_mm)
    assert (other.masks[INTRA] == np.any(list(own.masks.values()), axis=0)).all()
    assert nothing.masks == {}
