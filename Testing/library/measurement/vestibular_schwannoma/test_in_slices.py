import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from Testing.support.phantoms import axial_affine, ball, box, ice_cream, labeled
from VSSegmentationLib import geometry
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement, measure
from VSSegmentationLib.volume import Volume

SHAPES = {"ball": (1.0, 1.0, 1.0), "ellipsoid": (1.0, 0.75, 0.65), "prolate": (1.0, 0.5, 0.5)}


def by_id(labelmap: Volume) -> dict[str, Measurement]:
    return {m.id: m for m in measure(labelmap)}


def in_random_pose(rng, axes_mm, spacing_dhw_mm) -> tuple[np.ndarray, float]:
    """An ellipsoid turned and moved at random, and the longest axis of its axial cut through the middle."""
    turn = Rotation.random(random_state=rng).as_matrix()
    form = turn @ np.diag(1 / (np.array(axes_mm) / 2) ** 2) @ turn.T  # x form x <= 1, x in D, H, W
    spacing = np.array(spacing_dhw_mm)
    half = np.ceil(max(axes_mm) / 2 / spacing).astype(int) + 2
    grid = np.meshgrid(*[np.arange(-n, n + 1) for n in half], indexing="ij")
    points = np.stack(grid, axis=-1) * spacing + rng.uniform(-0.5, 0.5, 3) * spacing
    mask = np.einsum("...i,ij,...j->...", points, form, points) <= 1
    return mask, 2 / np.sqrt(np.linalg.eigvalsh(form[1:, 1:])[0])


@pytest.mark.parametrize("pixel", [0.4, 0.5, 0.55])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_headline_diameter_of_10_mm_and_more_is_unbiased_to_0_2_mm_in_any_pose(shape, pixel):
    rng = np.random.default_rng(5)
    spacing = (0.5 if pixel == 0.5 else 1.5, pixel, pixel)
    errors = []
    for long_mm in (12.0, 16.0, 20.0, 24.0):
        for _ in range(10):
            mask, true_mm = in_random_pose(rng, np.array(shape) * long_mm, spacing)
            if true_mm < 10:
                continue
            value = by_id(labeled(mask, spacing, Label.UNDIVIDED_TUMOR))["whole_max_axial"].value
            errors.append(value - true_mm)
    assert len(errors) >= 10
    assert abs(np.mean(errors)) <= 0.2


@pytest.mark.parametrize(
    ("spacing", "index", "centers"),
    [((1.5, 0.4, 0.4), 10, 22.8806), ((0.5, 0.5, 0.5), 28, 22.9020), ((1.0, 1.0, 1.0), 13, 22.2036)],
)
def test_longest_line_between_the_parts_is_that_of_the_golden_table(spacing, index, centers):
    labelmap = ice_cream(spacing)
    found = by_id(labelmap)["iac_max_axial"]
    assert found.extra["feret_slice_center_mm"] == pytest.approx(centers, abs=1e-3)
    assert found.slice_index == index
    for end, label in zip(found.end_points_ras_mm, (Label.INTRAMEATAL, Label.EXTRAMEATAL), strict=True):
        centers = geometry.transform_points(labelmap.dhw_to_ras, np.argwhere(labelmap.array == label))
        assert np.linalg.norm(centers - end, axis=1).min() == pytest.approx(spacing[1] / 2)  # at an edge of its voxel


def test_long_and_short_axis_of_a_bar_are_at_a_right_angle_in_one_slice():
    spacing = (1.5, 0.5, 0.5)
    found = by_id(labeled(box((4, 10, 41)), spacing))
    long, short = found["whole_long"], found["whole_short"]
    assert long.slice_index == short.slice_index
    along, across = (np.subtract(*m.end_points_ras_mm) for m in (long, short))
    # Both corners of the bar: the center line is turned by atan(9 / 40) from its side.
    cosine = abs(along @ across) / np.linalg.norm(along) / np.linalg.norm(across)
    assert cosine <= 0.02  # the line is drawn between edges, half a pixel beside the centers
    assert long.value == found["whole_max_axial"].value
    assert short.value == pytest.approx(5.0 / np.cos(np.arctan(9 / 40)), abs=0.02)


def test_short_axis_of_a_ball_is_never_longer_than_its_long_axis():
    for diameter in (6.3, 9.1, 16.3):
        found = by_id(labeled(ball(diameter, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5)))
        assert found["whole_short"].value <= found["whole_long"].value
        assert found["whole_short"].value == pytest.approx(diameter, abs=0.5)  # a pixel


def test_line_that_leaves_the_tumor_says_how_much_of_it_lies_inside():
    array = np.zeros((4, 30, 30), np.uint8)
    array[1:3, 5:8, 5:25] = array[1:3, 5:25, 5:8] = Label.EXTRAMEATAL  # an L: its longest line leaves it
    found = by_id(Volume(array, axial_affine((1.5, 0.5, 0.5))))["whole_long"]
    assert found.extra["inside_fraction"] < 0.5
    straight = by_id(labeled(box((4, 10, 40)), (1.5, 0.5, 0.5)))["whole_long"]
    assert straight.extra["inside_fraction"] > 0.95


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((3, 1, 3), "9 voxels; at least 10"),
        ((1, 1, 1), "1 voxels; at least 10"),
        ((1, 10, 10), "one slice only"),
    ],
)
def test_region_of_few_voxels_or_one_slice_has_no_short_axis(size, reason):
    found = by_id(labeled(box(size), (1.5, 0.5, 0.5)))
    for name in ("whole_short", "vol_ellipsoid"):
        assert found[name].value is None
        assert reason in found[name].reason


def test_column_of_single_voxels_has_a_volume_and_a_height_and_no_axial_length():
    found = by_id(labeled(box((12, 1, 1)), (1.5, 0.5, 0.5)))
    assert found["vol_total"].value == pytest.approx(12 * 0.375 / 1000)
    assert found["whole_height"].value == pytest.approx(18.0)
    for name in ("whole_max_axial", "whole_long", "whole_short"):
        assert found[name].reason == "no slice holds more than one voxel of it"
