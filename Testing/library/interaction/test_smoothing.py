"""Smoothing changes the outline and not the volume: balls, spikes and dents on odd grids, by closed formulas."""

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from Testing.support.phantoms import left_handed, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.interaction import smoothed
from VSSegmentationLib.volume import Volume

SPACINGS = [(1.5, 0.5, 0.7), (3.0, 0.4, 0.4), (0.8, 0.8, 0.8)]


def grid(spacing):
    """An oblique grid, and where its voxels are from its middle in mm along its own axes (..., 3)."""
    shape = tuple(np.ceil(np.array([36.0, 36.0, 36.0]) / spacing).astype(int).tolist())
    middle = (np.array(shape) - 1) / 2
    index = np.stack(np.indices(shape), axis=-1)
    return turned_affine(spacing_dhw_mm=spacing), (index - middle) * spacing


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_ball_stays_the_ball_that_it_is_to_a_voxel(spacing):
    affine, places = grid(spacing)
    from_middle = np.linalg.norm(places, axis=-1)
    ball = from_middle <= 9.0
    after = smoothed(ball, affine, 1.0)
    assert after.sum() == ball.sum()
    slack = np.linalg.norm(spacing)
    assert after[from_middle <= 9.0 - slack].all()
    assert not after[from_middle > 9.0 + slack].any()


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_spike_and_a_dent_go_and_the_volume_stays(spacing):
    affine, places = grid(spacing)
    from_middle = np.linalg.norm(places, axis=-1)
    ball = from_middle <= 9.0
    thin = np.maximum(spacing[1:], 0.6)  # a voxel or two wide
    along_h = (np.abs(places[..., 2]) <= thin[1]) & (np.abs(places[..., 0]) <= spacing[0] / 2)
    spike = along_h & (places[..., 1] > 0) & (places[..., 1] <= 15.0)
    dent = along_h & (places[..., 1] < -5.0)
    rough = (ball | spike) & ~dent
    after = smoothed(rough, affine, 1.5)
    assert after.sum() == rough.sum()
    tip, deep = spike & (places[..., 1] > 11.0), dent & ball & (places[..., 1] > -7.0)
    assert tip.any()
    assert not after[tip].any()
    assert after[deep].all()
    assert (after ^ ball).sum() < 0.5 * (rough ^ ball).sum() + 0.02 * ball.sum()


def test_a_patient_stored_otherwise_is_smoothed_alike():
    affine, places = grid((1.5, 0.5, 0.7))
    lumps = (np.linalg.norm(places - (0.3, 2.1, 0.2), axis=-1) <= 6) | (
        np.linalg.norm(places - (-1, -4, -3.1), axis=-1) <= 4
    )
    before = Volume(lumps, affine)
    straight = smoothed(lumps, affine)
    for change in (left_handed, sagittal):
        other = change(before)
        again = smoothed(other.array, other.dhw_to_ras)
        expected = change(Volume(straight, affine)).array
        assert (again ^ expected).sum() <= 2  # voxels that lie equally deep


def test_two_tumors_keep_each_its_volume_and_never_grow_together():
    spacing = (1.5, 0.5, 0.7)
    affine, places = grid(spacing)
    one = np.linalg.norm(places - (0, 6, 0), axis=-1) <= 5
    other = np.linalg.norm(places - (0, -6, 0), axis=-1) <= 6.2
    gap = ~one & ~other
    assert gap[places.shape[0] // 2].any()
    after = smoothed(one | other, affine, 2.0)
    half = places[..., 1] > 0.6
    assert abs(int((after & half).sum()) - int(one.sum())) <= 0.01 * one.sum()
    assert after.sum() == one.sum() + other.sum()


def test_organs_and_clicked_voxels_stay():
    affine, places = grid((1.5, 0.5, 0.7))
    cube = (np.abs(places) <= 6).all(axis=-1)
    corner = tuple(np.argwhere(cube)[0])
    beside = (places[..., 1] > 6) & (places[..., 1] < 9)
    held = np.zeros_like(cube)
    held[corner] = True
    assert not smoothed(cube, affine, 1.5)[corner]
    assert (smoothed(cube, affine, 1.5) & beside).any()
    after = smoothed(cube, affine, 1.5, fixed=held, barred=beside)
    assert after[corner]
    assert not (after & beside).any()
    assert after.sum() == cube.sum()


def test_an_empty_mask_stays_empty_and_odd_strengths_are_refused():
    affine = geometry.as_affine(np.eye(4))
    nothing = np.zeros((4, 5, 6), bool)
    assert not smoothed(nothing, affine).any()
    with pytest.raises(UsageError, match=r"above 0 and at most 3\.0 mm, got 9"):
        smoothed(nothing, affine, 9.0)
