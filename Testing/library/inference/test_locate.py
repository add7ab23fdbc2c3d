from dataclasses import replace

import numpy as np
import pytest

from Testing.support.lying_scans import GRIDS, empty_scan, with_ball
from VSSegmentationLib import geometry
from VSSegmentationLib.inference.config import LocatorConfig, RegionConfig
from VSSegmentationLib.inference.locate import Pori, choose_region, find_pori, on_canvas, side_of
from VSSegmentationLib.preprocessing import Grid, crop_grid, grid_of, working_grid
from VSSegmentationLib.volume import reorder

RIGHT, LEFT = np.array([28.0, -10.0, 5.0]), np.array([-24.0, -9.0, 4.0])
CONFIG = LocatorConfig()


def coarse(name="axial", extents_mm=(90.0, 120.0, 150.0)):
    """A scan at 3 mm, axes to superior, anterior, right, as the locator sees it."""
    scan = empty_scan(name, (max(extents_mm),) * 3)
    scan = reorder(scan, geometry.superior_anterior_right_order(scan.dhw_to_ras))
    grid = working_grid(grid_of(scan), (3.0, 3.0, 3.0))
    return replace(scan, array=np.zeros(grid.shape, np.float32), dhw_to_ras=grid.dhw_to_ras)


def output(volume, *, right=(), left=()):
    maps = []
    for balls in (right, left):
        one = volume
        for center, radius in balls:
            one = with_ball(one, center, radius, 1.0)
        maps.append(np.clip(one.array, 0, 1))
    return np.stack([1 - maps[0] - maps[1], *maps])


@pytest.mark.parametrize("name", GRIDS)
def test_both_pori_are_found_at_the_centers_of_their_balls(name):
    volume = coarse(name)
    found = find_pori(output(volume, right=[(RIGHT, 10.0)], left=[(LEFT, 10.0)]), grid_of(volume), CONFIG)
    assert found.right_ras_mm == pytest.approx(RIGHT, abs=0.5)
    assert found.left_ras_mm == pytest.approx(LEFT, abs=0.5)
    assert found.assumed is None


def test_largest_component_counts():
    volume = coarse()
    balls = [(RIGHT, 10.0), (np.add(RIGHT, (0.0, 40.0, 0.0)), 6.0)]
    found = find_pori(output(volume, right=balls, left=[(LEFT, 10.0)]), grid_of(volume), CONFIG)
    assert found.right_ras_mm == pytest.approx(RIGHT, abs=0.5)


@pytest.mark.parametrize(("side", "center", "toward"), [("right", RIGHT, -1), ("left", LEFT, 1)])
def test_side_that_is_missing_is_assumed_at_the_usual_distance(side, center, toward):
    volume = coarse()
    found = find_pori(output(volume, **{side: [(center, 10.0)]}), grid_of(volume), CONFIG)
    assert found.assumed == ("left" if side == "right" else "right")
    mirrored = found.left_ras_mm if side == "right" else found.right_ras_mm
    assert mirrored == pytest.approx(np.add(center, (toward * 52.0, 0.0, 0.0)), abs=0.5)


@pytest.mark.parametrize(
    ("right", "left"),
    [(RIGHT, np.add(RIGHT, (25.0, 0.0, 0.0))), (LEFT, RIGHT), (RIGHT, np.add(RIGHT, (-20.0, 0.0, 0.0)))],
)
def test_two_that_cannot_both_be_right_leave_the_surer_one(right, left):
    volume = coarse()
    found = find_pori(output(volume, right=[(right, 10.0)], left=[(left, 7.0)]), grid_of(volume), CONFIG)
    assert found.assumed == "left"
    assert found.right_ras_mm == pytest.approx(right, abs=0.5)


def test_nothing_and_specks_are_not_found():
    volume = coarse()
    assert find_pori(output(volume), grid_of(volume), CONFIG) == Pori()
    assert find_pori(output(volume, right=[(RIGHT, 4.0)]), grid_of(volume), CONFIG) == Pori()  # 268 mm3 of 500


def test_region_is_the_box_round_the_middle_between_the_pori():
    working = working_grid(grid_of(coarse(extents_mm=(200.0, 200.0, 200.0))), (1.5, 0.5, 0.5))
    region = choose_region(Pori(right_ras_mm=tuple(RIGHT), left_ras_mm=tuple(LEFT)), working, RegionConfig())
    part = crop_grid(working, region.box)
    assert part.shape == (44, 168, 248)
    middle = geometry.transform_points(part.dhw_to_ras, (np.array(part.shape) - 1) / 2)
    assert middle == pytest.approx((RIGHT + LEFT) / 2, abs=0.75)


def test_a_margin_makes_the_region_larger_on_each_side():
    working = working_grid(grid_of(coarse(extents_mm=(200.0, 200.0, 200.0))), (1.5, 0.5, 0.5))
    pori = Pori(right_ras_mm=tuple(RIGHT), left_ras_mm=tuple(LEFT))
    narrow, wide = (choose_region(pori, working, RegionConfig(), margin_mm=mm).box for mm in (0.0, 12.0))
    assert np.subtract(narrow.start, wide.start).tolist() == [8, 24, 24]
    assert np.subtract(wide.stop, narrow.stop).tolist() == [8, 24, 24]


def test_scan_hardly_larger_than_the_region_is_taken_whole_and_so_is_one_without_a_porus():
    pori = Pori(right_ras_mm=tuple(RIGHT), left_ras_mm=tuple(LEFT))
    small = Grid((56, 218, 322), np.diag([1.5, 0.5, 0.5, 1.0]))  # 84 x 109 x 161 mm: up to 1.3 times the region
    assert choose_region(pori, small, RegionConfig()).box is None
    large = working_grid(grid_of(coarse(extents_mm=(200.0, 200.0, 200.0))), (1.5, 0.5, 0.5))
    nothing = choose_region(Pori(), large, RegionConfig())
    assert nothing.box is None
    assert "located" in nothing.reason


def test_side_is_told_by_the_pori_by_a_whole_head_or_not_at_all():
    pori = Pori(right_ras_mm=(60.0, 0.0, 0.0), left_ras_mm=(8.0, 0.0, 0.0))
    wide, narrow = (Grid((10, 10, n), np.diag([1.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]]) for n in (140, 60))
    assert side_of((40.0, 0.0, 0.0), pori, narrow) == "right"
    assert side_of((30.0, 0.0, 0.0), pori, narrow) == "left"
    assert side_of((85.0, 0.0, 0.0), Pori(), wide) == "right"
    assert side_of((55.0, 0.0, 0.0), Pori(), wide) == "left"
    assert side_of((75.0, 0.0, 0.0), Pori(), wide) is None  # within a centimeter of the middle of the scan
    assert side_of((75.0, 0.0, 0.0), Pori(), narrow) is None


def test_a_small_scan_lies_in_the_middle_of_a_canvas_of_zeros():
    array = np.arange(1, 1 + 2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
    canvas, window = on_canvas(array, (6, 7, 4))
    assert canvas.shape == (6, 7, 4)
    assert window == (slice(2, 4), slice(2, 5), slice(0, 4))
    assert np.array_equal(canvas[window], array)
    assert canvas.sum() == array.sum()


def test_a_scan_larger_than_the_canvas_is_left_as_it_is():
    array = np.ones((9, 3, 3), dtype=np.float32)
    canvas, window = on_canvas(array, (4, 2, 3))
    assert np.array_equal(canvas, array)
    assert np.array_equal(canvas[window], array)


TIPS = {"right": np.add(RIGHT, (9.5, 2.0, 1.0)), "left": np.add(LEFT, (-10.5, 1.0, -1.0))}


def with_tips(volume, right=None, left=None):
    """As a locator of five classes answers: what is a tip is no porus."""
    pori = output(volume, right=[(RIGHT, 10.0)], left=[(LEFT, 10.0)])
    tips = [
        np.zeros(volume.shape, np.float32) if tip is None else np.clip(with_ball(volume, tip, 5.0, 1.0).array, 0, 1)
        for tip in (right, left)
    ]
    elsewhere = 1 - sum(tips)
    return np.stack([*(pori * elsewhere), *tips]).astype(np.float32)


@pytest.mark.parametrize("name", GRIDS)
def test_tips_of_the_fundi_are_landmarks_of_their_sides(name):
    volume = coarse(name)
    found = find_pori(with_tips(volume, **TIPS), grid_of(volume), CONFIG)
    assert found.right_fundus_ras_mm == pytest.approx(TIPS["right"], abs=0.5)
    assert found.left_fundus_ras_mm == pytest.approx(TIPS["left"], abs=0.5)
    assert set(found.landmarks()) == {"fundus_right", "fundus_left"}
    assert found.right_ras_mm == pytest.approx(RIGHT, abs=1.0)  # though its ball lacks what is marked as the tip


def test_a_tip_that_is_missing_medial_or_too_far_is_none():
    volume = coarse()
    medial, far = np.add(RIGHT, (-12.0, 0.0, 0.0)), np.add(LEFT, (-15.0, 22.0, 0.0))
    found = find_pori(with_tips(volume, right=medial, left=far), grid_of(volume), CONFIG)
    assert found.landmarks() == {}
    only = find_pori(with_tips(volume, left=TIPS["left"]), grid_of(volume), CONFIG)
    assert list(only.landmarks()) == ["fundus_left"]


def test_a_locator_of_three_classes_knows_no_tips():
    volume = coarse()
    found = find_pori(output(volume, right=[(RIGHT, 10.0)], left=[(LEFT, 10.0)]), grid_of(volume), CONFIG)
    assert found.landmarks() == {}
