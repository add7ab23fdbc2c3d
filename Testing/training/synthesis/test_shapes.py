import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from Training.synthesis.shapes import Profile, Solid, arc, beyond, both, duct, ellipsoid, stamp, tube, union

RNG = np.random.default_rng(4)
points = RNG.uniform(-12, 12, (400, 3))


def distance(solid: Solid, places: np.ndarray) -> np.ndarray:
    return np.asarray(solid.distance(*places.T.astype(np.float32)))


def test_the_distance_of_a_ball_is_exact():
    center = np.array([1.0, -2.0, 3.0])
    expected = np.linalg.norm(points - center, axis=1) - 4
    assert distance(ellipsoid(center, [4.0] * 3), points) == pytest.approx(expected, abs=1e-4)


def test_an_ellipsoid_is_zero_on_its_surface_negative_inside_positive_outside_however_it_is_turned():
    center, radii = np.array([2.0, 0.0, -1.0]), np.array([2.0, 5.0, 3.0])
    turn = Rotation.from_euler("xyz", (30, -50, 70), degrees=True).as_matrix()
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    solid = ellipsoid(center, radii, turn)
    for factor, low, high in ((0.9, -0.51, -0.19), (1.0, -1e-3, 1e-3), (1.1, 0.19, 0.51)):
        found = distance(solid, center + (factor * unit * radii) @ turn.T)
        assert (low < found).all()
        assert (found < high).all()


def test_a_tube_of_one_segment_is_a_capsule():
    a, b = np.array([-3.0, 1.0, 0.0]), np.array([4.0, 2.0, -5.0])
    ab = b - a
    t = np.clip((points - a) @ ab / (ab @ ab), 0, 1)
    expected = np.linalg.norm(points - a - t[:, None] * ab, axis=1) - 1.5
    assert distance(tube(np.stack([a, b]), 1.5), points) == pytest.approx(expected, abs=1e-4)


def test_the_radius_of_a_tube_runs_straight_between_its_points():
    solid = tube(np.array([[0.0, 0, 0], [0, 0, 10]]), [1.0, 3.0])
    along = np.linspace(0, 10, 11)
    on_surface = np.stack([1 + 0.2 * along, np.zeros(11), along], axis=1)
    assert distance(solid, on_surface) == pytest.approx(0, abs=1e-5)


def test_a_tube_of_one_point_is_refused():
    solid = tube(np.zeros((1, 3)), 1.0)
    with pytest.raises(ValueError, match="at least two points, got 1"):
        distance(solid, points)


def test_an_arc_lies_on_its_circle_with_its_middle_where_asked_and_covers_its_angle():
    first, middle = np.array([0.0, 1, 0]), np.array([0.0, 0, 1])
    center = np.array([1.0, 2, 3])
    line = arc(center, first, middle, 3.0, np.radians(240))
    offsets = line - center
    assert np.linalg.norm(offsets, axis=1) == pytest.approx(3.0)
    assert offsets[:, 0] == pytest.approx(0, abs=1e-12)
    assert offsets[len(line) // 2] == pytest.approx(3 * middle)
    assert offsets[0] @ first > 0 > offsets[-1] @ first
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
    assert steps == pytest.approx(np.radians(240) * 3, rel=0.01)
    assert np.linalg.norm(line[0] - line[-1]) == pytest.approx(2 * 3 * np.sin(np.radians(60)))  # open by 120 degrees


def test_a_duct_has_elliptic_sections_that_change_along_it():
    profile = Profile(np.array([0.0, 10.0]), np.array([2.0, 4.0]), np.array([3.0, 3.0]))
    frame = Rotation.from_euler("xyz", (20, 30, -40), degrees=True).as_matrix()
    origin = np.array([1.0, -2.0, 0.5])
    solid = duct(origin, frame, profile)
    angles = np.linspace(0, 2 * np.pi, 40)
    for t in (1.0, 5.0, 9.0):
        half = 2 + 0.2 * t
        ring = np.stack([np.full(40, t), half * np.cos(angles), 3 * np.sin(angles)], axis=1)
        assert distance(solid, origin + ring @ frame.T) == pytest.approx(0, abs=1e-4)
        assert (distance(solid, origin + (ring * (1, 0.9, 0.9)) @ frame.T) < 0).all()
    beyond_end = origin + np.array([[-1.0, 0, 0], [12.0, 0, 0]]) @ frame.T
    assert distance(solid, beyond_end) == pytest.approx([1, 2], abs=0.01)


def test_both_is_what_lies_in_the_solid_and_in_the_half_space():
    ball = ellipsoid(np.zeros(3), [5.0] * 3)
    normal = np.array([1.0, 2.0, 2.0]) / 3
    half = both(ball, beyond(np.array([1.0, 0, 0]), normal))
    inside = (np.linalg.norm(points, axis=1) < 5) & ((points - (1, 0, 0)) @ normal > 0)
    assert np.array_equal(distance(half, points) < 0, inside)


def test_a_union_is_the_smaller_distance_and_a_smooth_one_fills_the_crease_by_at_most_a_quarter():
    a, b = ellipsoid(np.zeros(3), [4.0] * 3), ellipsoid(np.array([0, 0, 6.0]), [3.0] * 3)
    least = np.minimum(distance(a, points), distance(b, points))
    assert distance(union(a, b), points) == pytest.approx(least, abs=1e-5)
    filled = least - distance(union(a, b, smooth_mm=2.0), points)
    assert filled.min() >= -1e-5
    assert filled.max() <= 0.5 + 1e-5
    far_apart = np.abs(distance(a, points) - distance(b, points)) > 2
    assert filled[far_apart] == pytest.approx(0, abs=1e-5)
    in_the_crease = np.array([[0.0, 0.0, 3.5]])  # as far inside of one as of the other
    assert distance(union(a, b, smooth_mm=2.0), in_the_crease) == pytest.approx(-0.5 - 0.5, abs=1e-5)


@pytest.mark.parametrize(
    "solid",
    [
        ellipsoid(np.array([1.0, 2, 3]), [2.0, 5.0, 3.0], Rotation.from_euler("x", 40, degrees=True).as_matrix()),
        tube(np.array([[0.0, 0, 0], [3, 3, 3], [5, -2, 1]]), [1.0, 2.0, 0.5]),
        duct(np.array([0.0, 1, 0]), np.eye(3), Profile(np.array([0.0, 6]), np.array([2.0, 3]), np.array([1.0, 2]))),
        both(ellipsoid(np.zeros(3), [3.0] * 3), beyond(np.zeros(3), np.array([0.0, 0, 1]))),
        union(ellipsoid(np.zeros(3), [3.0] * 3), ellipsoid(np.array([4.0, 0, 0]), [2.0] * 3), smooth_mm=1.5),
    ],
)
def test_no_point_outside_its_box_is_inside_a_solid(solid: Solid):
    outside = ((points < solid.low) | (points > solid.high)).any(axis=1)
    assert outside.any()
    assert (distance(solid, points[outside]) > 0).all()


def test_a_stamped_ball_has_the_volume_of_a_ball():
    tissues = np.zeros((50, 50, 50), np.uint8)
    stamp(tissues, 0.5, ellipsoid(np.array([12.0, 12.3, 11.8]), [7.0] * 3), 9)
    assert (tissues == 9).sum() * 0.125 == pytest.approx(4 / 3 * np.pi * 343, rel=0.01)


def test_a_ball_on_the_border_is_stamped_by_half_and_one_beyond_it_not_at_all():
    tissues = np.zeros((40, 40, 40), np.uint8)
    stamp(tissues, 1.0, ellipsoid(np.array([-0.5, 20.0, 20.0]), [9.0] * 3), 1)
    assert tissues.sum() == pytest.approx(2 / 3 * np.pi * 729, rel=0.02)
    before = tissues.copy()
    stamp(tissues, 1.0, ellipsoid(np.array([60.0, 20.0, 20.0]), [9.0] * 3), 1)
    assert np.array_equal(tissues, before)


def test_a_stamp_keeps_what_it_is_not_to_cover():
    tissues = np.zeros((20, 20, 20), np.uint8)
    tissues[10:], tissues[:, :5] = 3, 7
    stamp(tissues, 1.0, ellipsoid(np.full(3, 10.0), [8.0] * 3), 1, only_over=(0, 3))
    assert (tissues[:, :5] == 7).all()
    assert tissues[10, 10, 10] == tissues[6, 10, 10] == 1
