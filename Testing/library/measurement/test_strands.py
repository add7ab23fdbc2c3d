"""What is long and thin is no part of a tumor's length; everything else is."""

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ellipsoid, ice_cream, labeled, oblique, sagittal
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.strands import (
    _is_attached_by_a_neck,
    _strand_length_mm,
    _vessel_length_mm,
    thin_strands,
)

GRIDS = [(0.5, 0.5, 0.5), (1.5, 0.4, 0.4), (1.0, 0.6, 0.6), (3.0, 0.4, 0.4)]


def centers_mm(spacing, extent_mm=(24.0, 24.0, 44.0)) -> np.ndarray:
    """(D, H, W, 3) centers of voxels along D, H, W, round a point that lies off the lattice."""
    axes = [np.arange(-e / 2, e / 2, s) + 0.13 for e, s in zip(extent_mm, spacing, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def ball_with_vessel(spacing, width_mm=1.0, length_mm=10.0) -> np.ndarray:
    """A ball of 16 mm with a tube that leaves it toward +W; slices thicker than the tube show it one slice thick."""
    points = centers_mm(spacing)
    ball = np.linalg.norm(points, axis=-1) <= 8
    depth, height, width = np.moveaxis(points, -1, 0)
    across = np.hypot(np.where(np.abs(depth) <= spacing[0] / 2, 0, np.abs(depth)), height)
    return ball | ((across <= width_mm / 2) & (width > 0) & (width <= 8 + length_mm))


@pytest.mark.parametrize("spacing", GRIDS)
def test_vessel_of_1_mm_is_left_out_of_lengths_and_counted_in_the_volume(spacing):
    mask = ball_with_vessel(spacing)
    found = {m.id: m for m in measure(labeled(mask, spacing, Label.UNDIVIDED_TUMOR))}
    assert found["vol_total"].extra["voxel_count"] == mask.sum()
    for name in ("whole_max_axial", "whole_max_3d"):
        assert found[name].value == pytest.approx(16.0, abs=1.2 if name == "whole_max_axial" else 1.0 + spacing[0]), (
            name
        )
        assert "thin strand" in found[name].method, name
    assert found["whole_height"].value == pytest.approx(16.0, abs=spacing[0])


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("turned", [lambda v: v, sagittal, oblique], ids=["axial", "sagittal", "oblique"])
def test_canal_of_an_ice_cream_cone_is_never_a_strand_divided_or_not(spacing, turned):
    labelmap = turned(ice_cream(spacing))
    tumor = labelmap.array > 0
    assert not thin_strands(tumor, labelmap.dhw_to_ras).mask.any()
    for narrow in (labelmap, labelmap.with_array(np.where(tumor, np.uint8(4), np.uint8(0)))):
        assert not any("strand" in m.method for m in measure(narrow))


def test_thin_part_in_the_canal_stays():
    spacing = (0.5, 0.5, 0.5)
    mask = ball_with_vessel(spacing)
    beyond = mask & (centers_mm(spacing)[..., 2] > 8)
    labels = np.where(mask, np.uint8(Label.EXTRAMEATAL), np.uint8(0))
    labels[beyond] = Label.INTRAMEATAL
    found = {m.id: m for m in measure(labeled(mask, spacing).with_array(labels))}
    assert found["whole_max_axial"].value == pytest.approx(26.0, abs=1.0)
    assert "strand" not in found["whole_max_axial"].method


@pytest.mark.parametrize(("width_mm", "length_mm"), [(3.0, 12.0), (1.0, 3.0)], ids=["too wide", "too short"])
def test_what_is_wide_or_short_stays(width_mm, length_mm):
    spacing = (0.5, 0.5, 0.5)
    mask = ball_with_vessel(spacing, width_mm, length_mm)
    assert not thin_strands(mask, axial_affine(spacing)).mask.any()


def test_bridge_between_two_bodies_stays():
    spacing = (0.5, 0.5, 0.5)
    points = centers_mm(spacing)
    balls = [np.linalg.norm(points - (0, 0, offset), axis=-1) <= 5 for offset in (-14, 14)]
    bridge = (np.hypot(points[..., 0], points[..., 1]) <= 0.5) & (np.abs(points[..., 2]) <= 14)
    assert not thin_strands(balls[0] | balls[1] | bridge, axial_affine(spacing)).mask.any()


@pytest.mark.parametrize("spacing", GRIDS)
def test_smooth_shapes_have_no_strands(spacing):
    rng = np.random.default_rng(7)
    for _ in range(8):
        axes_mm = rng.uniform(3.0, 24.0, 3)
        mask = ellipsoid(tuple(axes_mm), spacing, offset_mm=tuple(rng.uniform(-0.2, 0.2, 3)))
        assert not thin_strands(mask, axial_affine(spacing)).mask.any(), axes_mm


def tube(points, start, end, width_mm) -> np.ndarray:
    """Points within half a width of a straight line."""
    start, end = np.array(start, float), np.array(end, float)
    share = np.clip((points - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1)
    return np.linalg.norm(points - start - share[..., None] * (end - start), axis=-1) <= width_mm / 2


def behind_a_bridge(spacing, kind, bridge_mm=1.5) -> np.ndarray:
    """A ball of 12 mm, a bridge of 3 mm length toward +W, and a vessel or a sheet across its end."""
    points = centers_mm(spacing, (34.0, 34.0, 34.0))
    ball = np.linalg.norm(points - (0, 0, -6), axis=-1) <= 6
    depth, height, width = np.moveaxis(points, -1, 0)
    across = np.maximum(np.abs(depth) - (0 if bridge_mm > spacing[0] else (spacing[0] - bridge_mm) / 2), np.abs(height))
    bridge = (across <= bridge_mm / 2) & (width >= -1) & (width <= 4)
    if kind == "sheet":
        return ball | bridge | ((width >= 3) & (width <= 5.5) & (np.abs(height) <= 8) & (np.abs(depth) <= 8))
    diameter = {"tube 3 mm": 3.0, "tube 4 mm": 4.0}[kind]
    middle = 3 + diameter / 2
    return ball | bridge | tube(points, (0, -12.5, middle), (0, 12.5, middle), diameter)


FINE_GRIDS = [(0.5, 0.5, 0.5), (1.5, 0.4, 0.4), (1.0, 0.6, 0.6)]


@pytest.mark.parametrize("spacing", FINE_GRIDS)
@pytest.mark.parametrize("kind", ["tube 3 mm", "tube 4 mm", "sheet"])
def test_a_vessel_or_a_sheet_behind_a_thin_bridge_is_cut_off_with_a_reason(spacing, kind):
    mask = behind_a_bridge(spacing, kind)
    found = thin_strands(mask, axial_affine(spacing))
    left = mask & ~found.mask
    points = centers_mm(spacing, (34.0, 34.0, 34.0))
    assert not left[points[..., 2] > 3].any()
    ball = np.linalg.norm(points - (0, 0, -6), axis=-1) <= 6
    assert left[ball].all()
    assert "a bridge thinner than 1.5 mm" in found.note
    assert " long) is left out of lengths" in found.note  # one piece, so singular
    measured = {m.id: m for m in measure(labeled(mask, spacing, Label.UNDIVIDED_TUMOR))}
    assert measured["whole_max_3d"].value == pytest.approx(12.0, abs=1.5)
    assert "bridge" in measured["whole_max_3d"].method
    assert measured["vol_total"].extra["voxel_count"] == mask.sum()


@pytest.mark.parametrize("spacing", FINE_GRIDS)
def test_behind_a_wide_bridge_it_stays(spacing):
    assert not thin_strands(behind_a_bridge(spacing, "tube 3 mm", bridge_mm=4.0), axial_affine(spacing)).mask.any()


def two_lobes(points) -> np.ndarray:
    return np.minimum(*(np.linalg.norm(points - (0, 0, side), axis=-1) for side in (-8, 8))) <= 6.5


def dumbbell(points) -> np.ndarray:
    return two_lobes(points) | tube(points, (0, 0, -8), (0, 0, 8), 4.0)


def lobulated(points) -> np.ndarray:
    lobes = [((0, 0, 0), 7.0), ((4, 5, 3), 4.0), ((-3, 6, -4), 3.5), ((0, -7, 4), 3.0), ((3, -2, -8), 3.0)]
    return np.any([np.linalg.norm(points - center, axis=-1) <= radius for center, radius in lobes], axis=0)


def narrow_porus(points) -> np.ndarray:
    """A ball with a canal of 4 mm width and 11 mm length behind a porus of 2.5 mm."""
    ball = np.linalg.norm(points - (0, 0, -8), axis=-1) <= 7
    return ball | tube(points, (0, 0, -4), (0, 0, 2), 2.5) | tube(points, (0, 0, 2), (0, 0, 9), 4.0)


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("shape", [dumbbell, lobulated, narrow_porus])
def test_lobes_and_canals_are_never_cut_off(shape, spacing):
    mask = shape(centers_mm(spacing, (34.0, 34.0, 44.0)))
    assert not thin_strands(mask, axial_affine(spacing)).mask.any()


@pytest.mark.parametrize(("length_voxels", "is_cut"), [(12, False), (16, True)])
def test_a_strand_in_a_thick_slice_is_three_times_longer_than_the_side_of_its_section(length_voxels, is_cut):
    """One slice of 3 mm and three rows of 0.4 mm: a section of 3.6 mm2, so 5.69 mm; at 0.4 mm 15 voxels beyond 2 mm."""
    spacing = (3.0, 0.4, 0.4)
    mask = np.zeros((9, 60, 100), bool)
    mask[3:6, 20:40, 10:30] = True
    beyond = 29 + 5  # the body ends at 29, and the first 2 mm belong to it
    mask[4, 29:32, 30 : beyond + length_voxels + 1] = True
    assert thin_strands(mask, axial_affine(spacing)).mask.any() == is_cut


@pytest.mark.parametrize(("thickness_mm", "is_vessel"), [(4.5, True), (4.75, False)])
def test_a_vessel_is_up_to_four_and_a_half_millimeters_thick(thickness_mm, is_vessel):
    piece = np.zeros((1, 1, 48), np.bool_)
    piece[0, 0, :40] = True  # 20 mm long
    inside_mm = np.where(piece, (thickness_mm + 0.5) / 2, 0.0)
    found = _vessel_length_mm(piece, inside_mm, (0.5, 0.5, 0.5))
    assert found == (pytest.approx(20.0) if is_vessel else None)


def rod(voxels: int, body_voxels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """A row of voxels along W, and a row of a body across its end."""
    piece, body = np.zeros((3, 20, 80), np.bool_), np.zeros((3, 20, 80), np.bool_)
    piece[1, 9, 10 : 10 + voxels] = True
    body[1, 9 - body_voxels // 2 : 9 - body_voxels // 2 + body_voxels, 9] = True
    return piece, body


@pytest.mark.parametrize(
    ("voxels", "spacing", "length_mm"),
    [
        (10, (0.5, 0.5, 0.5), 5.0),  # just 5 mm
        (9, (0.5, 0.5, 0.5), None),
        (9, (9.0, 1.0, 1.0), 9.0),  # three times the 3 mm that are the side of 9 mm2
        (8, (9.0, 1.0, 1.0), None),
        (9, (2.0, 1.5, 1.0), 9.0),  # a section of 3 mm2, just 1.5 mm times the thickness of a slice
        (20, (2.0, 1.6, 1.0), None),
    ],
)
def test_a_strand_is_5_mm_long_three_times_as_long_as_wide_and_thinner_than_one_and_a_half(voxels, spacing, length_mm):
    assert _strand_length_mm(*rod(voxels), spacing) == (length_mm and pytest.approx(length_mm))


@pytest.mark.parametrize(("voxels", "is_neck"), [(1, True), (3, True), (4, True), (5, False)])
def test_a_neck_is_up_to_one_and_a_half_millimeters_and_a_voxel_wide(voxels, is_neck):
    """A strand 9 voxels thick touches as much of the body as there is; 4 voxels of 0.75 mm are 2.25 mm apart."""
    piece, body = rod(20, voxels)
    piece[1, 5:14, 10:30] = True
    assert _is_attached_by_a_neck(piece, body, (0.75, 0.75, 0.75)) == is_neck


def test_what_touches_at_two_places_or_nowhere_has_no_neck():
    piece, body = rod(20)
    body[1, 9, 30] = True
    assert not _is_attached_by_a_neck(piece, body, (0.5, 0.5, 0.5))
    assert not _is_attached_by_a_neck(piece, np.zeros_like(body), (0.5, 0.5, 0.5))


@pytest.mark.parametrize(
    ("voxels", "thickness_mm", "is_vessel"), [(28, 3.5, True), (27, 3.0, False), (32, 4.0, True), (31, 4.0, False)]
)
def test_a_vessel_is_14_mm_long_and_four_times_as_long_as_thick(voxels, thickness_mm, is_vessel):
    piece, _ = rod(voxels)
    inside_mm = np.where(piece, (thickness_mm + 0.5) / 2, 0.0)
    assert (_vessel_length_mm(piece, inside_mm, (0.5, 0.5, 0.5)) is not None) == is_vessel


@pytest.mark.parametrize("spacing", GRIDS)
def test_strands_are_voxels_of_the_tumor_alone(spacing):
    mask = ball_with_vessel(spacing)
    found = thin_strands(mask, axial_affine(spacing)).mask
    assert found.any()
    assert not (found & ~mask).any()
