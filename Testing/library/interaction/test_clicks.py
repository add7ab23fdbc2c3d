"""Clicks and scribbles in space: on grids of any orientation the same places of the patient are meant."""

import numpy as np
import pytest
from hypothesis import given

from Testing.support.grids import affines, examples, turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.interaction.clicks import near_any, squared_distance_mm2


def click(sign, *point):
    return Interaction(sign=sign, points_ras_mm=(point,))


def test_a_scribble_is_taken_in_steps_and_keeps_its_own_points():
    line = Interaction(sign="add", points_ras_mm=((0, 0, 0), (3, 0, 0), (3, 4, 0)))
    along = line.along(0.5)
    assert len(along) == 1 + 6 + 8
    assert np.linalg.norm(np.diff(along, axis=0), axis=1).max() <= 0.5 + 1e-9
    for point in line.points_ras_mm:
        assert (np.abs(along - point).max(axis=1) < 1e-12).any()


def test_a_click_lies_in_the_voxel_whose_center_is_nearest():
    affine = turned_affine()
    index = np.array([3, 7, 11])
    place = geometry.transform_points(affine, index + np.array([0.4, -0.4, 0.3]))
    np.testing.assert_array_equal(click("add", *place.tolist()).voxels((9, 20, 20), affine), [index])
    assert len(click("add", 500, 0, 0).voxels((9, 20, 20), affine)) == 0


def test_a_scribble_leaves_no_voxel_of_its_way_out():
    affine = turned_affine()
    ends = geometry.transform_points(affine, np.array([[2, 2, 2], [2, 15, 17]]))
    line = Interaction(sign="remove", points_ras_mm=tuple(map(tuple, ends.tolist())))
    voxels = line.voxels((5, 20, 20), affine)
    assert set(voxels[:, 0].tolist()) == {2}
    assert set(voxels[:, 2].tolist()) == set(range(2, 18))


@given(affines(sheared=True))
@examples(25)
def test_the_distance_is_that_of_the_world_on_any_grid(affine):
    shape = (3, 4, 5)
    points = geometry.transform_points(affine, np.array([[0.3, 1.2, 3.9], [2.2, 3.0, 0.1]]))
    centers = geometry.transform_points(affine, np.stack(np.indices(shape), axis=-1))
    expected = np.min([((centers - point) ** 2).sum(axis=-1) for point in points], axis=0)
    np.testing.assert_allclose(squared_distance_mm2(shape, affine, points), expected, rtol=1e-4, atol=1e-3)


def test_near_is_a_ball_in_mm():
    affine = turned_affine(spacing_dhw_mm=(1.5, 0.5, 0.5))
    place = geometry.transform_points(affine, np.array([10, 20, 20]))
    near = near_any([click("add", *place.tolist())], (21, 41, 41), affine, 6.0)
    assert near.sum() * 1.5 * 0.5 * 0.5 == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.03)
    assert not near_any([], (4, 4, 4), affine, 6.0).any()


@pytest.mark.parametrize(
    ("sign", "points", "said"),
    [
        ("plus", ((0, 0, 0),), "add, remove"),
        ("add", (), "points of three finite numbers"),
        ("add", ((0, 0),), "points of three finite numbers"),
        ("add", ((0, 0, float("nan")),), "points of three finite numbers"),
    ],
)
def test_what_is_no_interaction_is_refused(sign, points, said):
    with pytest.raises(UsageError, match=said):
        Interaction(sign=sign, points_ras_mm=points)
