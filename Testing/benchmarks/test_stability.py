"""The steering measure: what is found in a variant comes back in its place, whatever was done to the scan."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks import stability
from benchmarks.stability_page import page
from benchmarks.stability_variants import Variant, back_on_scan, make_variant, read_variants
from Testing.support.lying_scans import empty_scan, with_ball
from Testing.support.toy_models import half_way, toy_locator, toy_segmenter
from VSSegmentationLib import geometry
from VSSegmentationLib.inference import Models
from VSSegmentationLib.preprocessing import grid_of
from VSSegmentationLib.volume import Volume, reorder

CENTER, RADIUS_MM = (12.0, -4.0, 9.0), 8.0
VARIANTS = read_variants()


def scan_in_general_position(spacing=(1.5, 0.5, 0.5), shape=(40, 120, 160)) -> Volume:
    affine = np.eye(4)
    turned = Rotation.from_euler("xyz", [5, -8, 10], degrees=True).as_matrix()
    affine[:3, :3] = turned @ np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]) * spacing
    affine[:3, 3] = np.array(CENTER) - affine[:3, :3] @ np.array([21.0, 52.0, 95.0])
    return with_ball(Volume(np.zeros(shape, np.float32), affine), CENTER, RADIUS_MM, 100.0)


@pytest.fixture(scope="module")
def scan():
    return scan_in_general_position()


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def test_about_forty_variants_are_listed_each_once_and_the_scan_as_it_is_first():
    assert len(VARIANTS) == 40
    assert (VARIANTS[0].group, VARIANTS[0]) == ("straight", Variant(name="as it is", group="straight"))
    turns = {tuple(each.turned_deg) for each in VARIANTS if each.group == "rotation"}
    assert len(turns) == 18
    assert {max(map(abs, each)) for each in turns} == {8.0, 14.0, 20.0}


@pytest.mark.parametrize("variant", VARIANTS, ids=[each.name for each in VARIANTS])
def test_a_ball_comes_back_in_its_place(scan, variant):
    made = make_variant(scan, variant)
    found = made.volume.with_array((made.volume.array > 50).astype(np.uint8))
    back, shown = back_on_scan(found, made, grid_of(scan))
    ball = scan.array > 50
    least = 0.85 if variant.group == "slices" else 0.97  # the ball has not even four slices of 4.5 mm
    assert dice(back, ball & shown) >= least
    middle = geometry.transform_points(scan.dhw_to_ras, np.argwhere(back).mean(axis=0))
    assert middle == pytest.approx(CENTER, abs=0.3)


def test_a_turned_head_lies_turned_in_a_scan_that_is_as_straight_as_before(scan):
    variant = Variant(name="x", group="rotation", turned_deg=(14.0, 0.0, 0.0))
    made = make_variant(scan, variant)
    assert np.array_equal(made.volume.dhw_to_ras, scan.dhw_to_ras)
    here = geometry.transform_points(scan.dhw_to_ras, np.argwhere(made.volume.array > 50).mean(axis=0))
    middle = geometry.transform_points(scan.dhw_to_ras, (np.array(scan.shape) - 1) / 2)
    superior = geometry.directions(scan.dhw_to_ras)[:, 0]
    turn = Rotation.from_rotvec(-superior * np.radians(14.0)).as_matrix()
    assert here == pytest.approx(middle + turn @ (np.array(CENTER) - middle), abs=0.2)


def test_a_mirrored_head_has_its_tumor_on_the_other_side(scan):
    made = make_variant(scan, Variant(name="x", group="flip", mirrored=True))
    middle = (scan.shape[2] - 1) / 2
    here, there = (np.argwhere(each.array > 50)[:, 2].mean() - middle for each in (scan, made.volume))
    assert there == pytest.approx(-here, abs=1e-6)


def test_stored_otherwise_is_the_same_image(scan):
    (stored,) = (each for each in VARIANTS if each.stored == "+W-D+H")
    made = make_variant(scan, stored)
    again = reorder(made.volume, geometry.superior_anterior_right_order(made.volume.dhw_to_ras))
    assert again.same_grid(scan)
    assert again.array == pytest.approx(scan.array, abs=1e-3)


def test_answers_are_kept_and_agreement_is_with_the_scan_as_it_is(tmp_path):
    image = with_ball(empty_scan("axial", (60.0, 60.0, 90.0)), CENTER, RADIUS_MM, 100.0)
    truth = image.array > 50
    bundle = toy_segmenter(half_way(image, 100.0))
    case = stability.Case("made up", "", "truth", "T2")
    seen = stability.Seen(case, Models(segmenter=bundle, locator=toy_locator()), "default", tmp_path)
    wanted = [each for each in VARIANTS if each.name in ("as it is", "slices stored from above", "pixels of 0.8 mm")]
    rows = list(stability.rows_of(seen, wanted, stability.Measured(image, truth)))
    assert [row.agreement for row in rows[:2]] == [1.0, 1.0]
    assert all(row.dice > 0.95 for row in rows)
    assert len(list(tmp_path.iterdir())) == 3
    assert list(stability.rows_of(seen, wanted, None)) == rows  # from what was kept
    text = page([row.__dict__ for row in rows], {"T2": "toy 1"})
    assert "| made up | **all variants** | 2 |" in text
    assert "toy 1 (T2)" in text
