import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from Testing.support.lying_scans import CENTER_RAS_MM, GRIDS, empty_scan
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.preprocessing import (
    Box,
    Grid,
    box_around,
    crop_grid,
    field_of_view_mm,
    grid_of,
    indices_inside,
    working_grid,
)

spacings = st.floats(0.1, 8.0)
triplets = st.tuples(spacings, spacings, spacings)
shapes = st.tuples(*[st.integers(1, 40)] * 3)


def edges(grid):
    corners = np.array([np.full(3, -0.5), np.array(grid.shape) - 0.5])
    return geometry.transform_points(grid.dhw_to_ras, corners)


@pytest.mark.parametrize("name", GRIDS)
def test_working_grid_keeps_the_box_of_the_scan_and_has_exactly_the_spacing(name):
    grid = grid_of(empty_scan(name, (60.0, 63.0, 66.0)))
    working = working_grid(grid, (1.5, 0.5, 0.5))
    assert working.spacing_dhw_mm == pytest.approx((1.5, 0.5, 0.5), rel=1e-12)
    assert geometry.directions(working.dhw_to_ras) == pytest.approx(geometry.directions(grid.dhw_to_ras), abs=1e-12)
    apart = geometry.directions(grid.dhw_to_ras).T @ (edges(working) - edges(grid)).T
    assert (np.abs(apart) <= np.array([[0.375], [0.125], [0.125]]) + 1e-9).all()  # a quarter of a voxel a side
    assert edges(working).mean(axis=0) == pytest.approx(CENTER_RAS_MM, abs=1e-9)


@settings(deadline=None)
@given(shape=shapes, spacing=triplets, target=triplets)
def test_center_of_the_box_never_moves(shape, spacing, target):
    affine = np.diag([*spacing, 1.0])
    grid = Grid(shape, affine)
    working = working_grid(grid, target)
    assert edges(working).mean(axis=0) == pytest.approx(edges(grid).mean(axis=0), abs=1e-6)
    for new, old, step in zip(field_of_view_mm(working), field_of_view_mm(grid), target, strict=True):
        assert new == pytest.approx(old, abs=step / 2 + 1e-6) or new == pytest.approx(step)


def test_halving_the_voxels_puts_the_first_center_a_quarter_voxel_before():
    working = working_grid(Grid((4, 4, 4), np.eye(4)), (0.5, 0.5, 0.5))
    assert working.shape == (8, 8, 8)
    assert working.dhw_to_ras[:3, 3] == pytest.approx((-0.25, -0.25, -0.25))


def test_no_spacing_is_the_scans_own_grid():
    grid = Grid((4, 5, 6), np.eye(4))
    assert working_grid(grid, None) is grid


def test_field_of_view_no_scanner_has_is_refused():
    with pytest.raises(InputRefusedError, match="1000 mm"):
        working_grid(Grid((10, 10, 10), np.diag([200.0, 1.0, 1.0, 1.0])), (1.5, 0.5, 0.5))


@pytest.mark.parametrize("name", GRIDS)
def test_box_round_a_point_is_centered_there_and_has_its_size(name):
    grid = grid_of(empty_scan(name, (90.0, 90.0, 90.0)))
    point = tuple(np.add(CENTER_RAS_MM, (5.0, -4.0, 3.0)))
    part = crop_grid(grid, box_around(grid, point, (30.0, 24.0, 36.0)))
    off = geometry.directions(grid.dhw_to_ras).T @ (edges(part).mean(axis=0) - point)
    assert (np.abs(off) <= np.array(grid.spacing_dhw_mm) / 2 + 1e-9).all()
    for size, wanted, step in zip(field_of_view_mm(part), (30.0, 24.0, 36.0), grid.spacing_dhw_mm, strict=True):
        assert size == pytest.approx(wanted, abs=step)


def test_box_at_the_rim_is_clipped_to_the_scan_and_one_beside_it_is_refused():
    grid = Grid((20, 20, 20), np.eye(4))
    assert box_around(grid, (0.2, 10.2, 19.2), (8.0, 8.0, 8.0)) == Box((0, 7, 16), (5, 15, 20))
    with pytest.raises(GeometryError, match="outside"):
        box_around(grid, (-30.0, 10.0, 10.0), (8.0, 8.0, 8.0))


@pytest.mark.parametrize(("start", "stop"), [((0, 0, 0), (0, 4, 4)), ((-1, 0, 0), (2, 2, 2)), ((0, 0, 0), (5, 4, 4))])
def test_crop_that_is_empty_or_leaves_the_grid_is_refused(start, stop):
    with pytest.raises(GeometryError, match="crop"):
        crop_grid(Grid((4, 4, 4), np.eye(4)), Box(start, stop))


def test_voxels_inside_are_those_whose_centers_are():
    grid = Grid((20, 20, 20), np.eye(4))
    part = crop_grid(working_grid(grid, (0.5, 0.5, 0.5)), Box((10, 11, 12), (20, 21, 13)))
    # edges of the part: 4.5 to 9.5, 5.0 to 10.0, 5.5 to 6.0
    assert indices_inside(grid, part) == Box((5, 5, 6), (10, 11, 7))


@pytest.mark.parametrize("name", GRIDS)
def test_all_voxels_of_a_scan_are_inside_its_working_grid(name):
    grid = grid_of(empty_scan(name))
    assert indices_inside(grid, working_grid(grid, (1.5, 0.5, 0.5))).shape == grid.shape
