"""Where a plane cuts a slice, and on which side of the line each name stands, in views of every direction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.scene.plane_cuts import cut_by_slice, name_places, turned

HALF_MM = 10.0
SIZE_PX = (500, 400)
TEXT_PX = (100.0, 20.0)
MM_PER_PX = 0.1
VIEWS = {
    "axial": ((-1, 0, 0), (0, 1, 0)),
    "sagittal": ((0, -1, 0), (0, 0, 1)),
    "coronal": ((-1, 0, 0), (0, 0, 1)),
    "oblique": ((-0.8, 0.36, 0.48), (0.6, 0.48, 0.64)),
}
"""Where right and up on the screen lie in RAS, as in Slicer's views."""


def slice_to_ras(view, through_ras_mm):
    right, up = (np.array(each, float) for each in VIEWS[view])
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = right, up, np.cross(right, up)
    matrix[:3, 3] = through_ras_mm
    return matrix


def xy_to_ras(matrix):
    pixels = np.diag((MM_PER_PX, MM_PER_PX, 1.0, 1.0))
    pixels[:2, 3] = [-size * MM_PER_PX / 2 for size in SIZE_PX]
    return matrix @ pixels


def plane_of(normal, origin=(30.0, -12.0, 8.0)):
    return MeatalPlane(origin_ras_mm=origin, normal_ras=tuple(normal), rms_mm=0.0, source="fit")


def unit_vectors():
    return st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1)


@pytest.mark.parametrize("view", VIEWS)
@given(normal=unit_vectors(), depth=st.floats(-4, 4), turn=st.floats(0, 360))
def test_line_lies_in_both_and_each_name_wholly_on_its_own_side(view, normal, depth, turn):
    plane = plane_of(normal)
    matrix = slice_to_ras(view, plane.origin_ras_mm)
    matrix[:3, :3] = matrix[:3, :3] @ Rotation.from_euler("z", turn, degrees=True).as_matrix()
    matrix[:3, 3] += depth * matrix[:3, 2]
    cut = cut_by_slice(plane, matrix, HALF_MM)
    if cut is None:
        return
    points = np.array((cut.center_ras_mm, *cut.ends_ras_mm))
    assert plane.height_mm(points) == pytest.approx(np.zeros(3), abs=1e-9)
    assert (points - matrix[:3, 3]) @ matrix[:3, 2] == pytest.approx(np.zeros(3), abs=1e-9)
    assert np.linalg.norm(points[1] - points[2]) == pytest.approx(2 * HALF_MM)
    to_ras = xy_to_ras(matrix)
    places = name_places(cut, plane, to_ras, SIZE_PX, TEXT_PX)
    assert places is not None
    for place, side in zip(places, (1, -1), strict=True):
        corner = np.linalg.inv(to_ras) @ (*place.anchor_ras_mm, 1.0)
        for x in (0, TEXT_PX[0] if place.to_right else -TEXT_PX[0]):
            for y in (0, TEXT_PX[1] if place.upward else -TEXT_PX[1]):
                pixel = corner[:3] + np.array((x, y, 0))
                assert 0 < pixel[0] < SIZE_PX[0]
                assert 0 < pixel[1] < SIZE_PX[1]
                assert side * plane.height_mm((to_ras @ (*pixel, 1.0))[:3]) > 0


def test_line_of_a_plane_across_an_axial_slice_is_where_it_was_set():
    """A plane facing left, cut by an axial slice through its origin: a line from anterior to posterior."""
    plane = plane_of((-1.0, 0.0, 0.0))
    cut = cut_by_slice(plane, slice_to_ras("axial", (0.0, 0.0, 8.0)), HALF_MM)
    assert cut.center_ras_mm == pytest.approx((30.0, -12.0, 8.0))
    assert sorted(end[1] for end in cut.ends_ras_mm) == pytest.approx([-22.0, -2.0])
    front, behind = name_places(cut, plane, xy_to_ras(slice_to_ras("axial", (30.0, -12.0, 8.0))), SIZE_PX, TEXT_PX)
    assert front.to_right  # the screen's right is the patient's left, where the normal points
    assert not behind.to_right
    assert front.anchor_ras_mm[0] < 30.0 < behind.anchor_ras_mm[0]


@pytest.mark.parametrize(("normal", "through"), [((1.0, 0.05, 0.1), (30.0, 0, 0)), ((0, 0, 1), (30.0 + 10.5, 0, 0))])
def test_slice_along_the_plane_or_beyond_it_shows_no_line(normal, through):
    assert cut_by_slice(plane_of(normal), slice_to_ras("sagittal", through), HALF_MM) is None


def test_names_that_find_no_room_are_left_out():
    plane = plane_of((1.0, 0.0, 0.0))
    matrix = slice_to_ras("axial", plane.origin_ras_mm)
    cut = cut_by_slice(plane, matrix, HALF_MM)
    assert name_places(cut, plane, xy_to_ras(matrix), (60, 60), TEXT_PX) is None


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("degrees", [-35.0, 12.0, 80.0])
def test_dragged_end_turns_the_plane_within_the_slice_by_the_angle_it_was_dragged(view, end, degrees):
    plane = plane_of((0.8, 0.55, 0.25))
    matrix = slice_to_ras(view, np.array(plane.origin_ras_mm))
    cut = cut_by_slice(plane, matrix, HALF_MM)
    center = np.array(cut.center_ras_mm)
    turn = Rotation.from_rotvec(np.radians(degrees) * matrix[:3, 2]).as_matrix()
    wanted = center + 1.7 * turn @ (np.array(cut.ends_ras_mm[end]) - center)  # no need to keep the distance
    found = turned(plane, cut, matrix, end, tuple(wanted))
    assert found.normal_ras == pytest.approx(turn @ np.array(plane.normal_ras))
    assert found.height_mm(np.array((wanted, center))) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert found.source == "user"
