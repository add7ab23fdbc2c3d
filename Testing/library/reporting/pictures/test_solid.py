from functools import partial

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, ball, box, ice_cream, labeled, left_handed, oblique, sagittal
from Testing.support.reports import no_tumor
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.reporting.pictures import solid as solids
from VSSegmentationLib.reporting.pictures.solid import Side, look_at
from VSSegmentationLib.volume import Volume

make_solid = partial(solids.make_solid, label_set=VESTIBULAR_SCHWANNOMA_LABELS)
GRIDS = {"axial": lambda v: v, "left-handed": left_handed, "sagittal": sagittal, "oblique": lambda v: oblique(v, 17.0)}


def of_color(pixels: np.ndarray, label: Label) -> np.ndarray:
    """Where a picture has the color of a part, however dark."""
    color = np.array(VESTIBULAR_SCHWANNOMA_LABELS.of_value(label).color_rgb, float)
    bright = pixels.max(axis=-1) > 40
    along = pixels / np.maximum(np.linalg.norm(pixels, axis=-1, keepdims=True), 1e-6) @ (color / np.linalg.norm(color))
    return bright & (along > 0.98)


def center(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(axis=0)


@pytest.mark.parametrize("spacing", [(0.5, 0.5, 0.5), (1.5, 0.4, 0.4)])
def test_ball_is_seen_as_a_disk_of_its_own_size(spacing):
    solid = make_solid(labeled(ball(14.0, spacing), spacing))
    for side in Side:
        pixel_mm = solid.side_mm / look_at(solid, side).shape[0]
        area_mm2 = of_color(look_at(solid, side), Label.EXTRAMEATAL).sum() * pixel_mm**2
        assert area_mm2 == pytest.approx(np.pi * 7.0**2, rel=0.06)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_both_parts_are_seen_where_they_lie_in_the_patient(grid):
    # The canal of the phantom runs to the patient's left and anterior: right on the page from both sides, and up from
    # below, where anterior is up.
    solid = make_solid(grid(ice_cream((1.0, 0.5, 0.5))))
    for side in Side:
        pixels = look_at(solid, side)
        ball_at, canal_at = (center(of_color(pixels, label)) for label in (Label.EXTRAMEATAL, Label.INTRAMEATAL))
        assert canal_at[1] > ball_at[1] + 20
        if side is Side.BELOW:
            assert canal_at[0] < ball_at[0] - 20


def test_part_in_front_hides_the_part_behind_it():
    array = np.zeros((30, 30, 30), np.uint8)  # axes to superior, anterior, right
    array[10:20, 16:26, 10:20] = Label.EXTRAMEATAL  # anterior
    array[10:20, 6:16, 10:20] = Label.INTRAMEATAL
    pixels = look_at(make_solid(Volume(array, axial_affine((1.0, 1.0, 1.0)))), Side.FRONT)
    assert of_color(pixels, Label.EXTRAMEATAL).any()
    assert not of_color(pixels, Label.INTRAMEATAL).any()


def test_light_comes_from_above_and_left():
    pixels = look_at(make_solid(labeled(ball(16.0, (0.5, 0.5, 0.5)), (0.5, 0.5, 0.5))), Side.FRONT)
    bright = pixels.astype(float).sum(axis=-1)
    assert bright[50:75, 50:75].mean() > 1.3 * bright[90:115, 90:115].mean()


def test_border_between_the_parts_is_dark_also_in_gray():
    pixels = look_at(make_solid(ice_cream((0.5, 0.5, 0.5))), Side.BELOW).astype(float).mean(axis=-1)
    assert ((pixels > 5) & (pixels < 45)).sum() > 15


@pytest.mark.parametrize("label", [Label.EXTRAMEATAL, Label.UNDIVIDED_TUMOR])
def test_a_single_voxel_is_seen(label):
    pixels = look_at(make_solid(labeled(box((1, 1, 1)), (1.0, 1.0, 1.0), label)), Side.FRONT)
    assert of_color(pixels, label).sum() > 20


def test_no_tumor_is_refused():
    with pytest.raises(EmptyMaskError, match="no tumor"):
        make_solid(no_tumor())
