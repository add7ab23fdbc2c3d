"""What is long and thin is no part of a tumor's length; everything else is."""

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ellipsoid, ice_cream, labeled, oblique, sagittal
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.strands import thin_strands

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
