"""Bone away from the ears in streaks: where it may change, in which shares, and how its streaks run."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from Training.synthesis.contrast import ContrastRanges, draw_contrast
from Training.synthesis.render import AcquisitionRanges, draw_acquisition, region_statistics, render
from Training.synthesis.skull_base import SkullBase, draw_skull_base, with_skull_base
from Training.synthesis.tissues import Tissue

MM = 0.5
DRAWN = SkullBase(clear_mm=6.0, bone_share=0.4, marrow_share=0.6, along_mm=12.0, across_mm=2.0, slope=0.0)


def petrous() -> np.ndarray:
    """A canal in bone, beside brain and CSF."""
    tissues = np.full((48, 120, 120), Tissue.BONE, np.uint8)
    tissues[:, :30] = Tissue.CEREBELLAR_WHITE
    tissues[:, 30:40] = Tissue.CSF
    tissues[20:28, 36:60, 56:64] = Tissue.CANAL_FLUID
    return tissues


def streaked(seed: int = 1, **changed: float) -> np.ndarray:
    return with_skull_base(np.random.default_rng(seed), petrous(), MM, replace(DRAWN, **changed))


def test_only_bone_farther_from_the_canal_than_that_changes():
    before, after = petrous(), streaked()
    changed = before != after
    away = ndimage.distance_transform_edt(before != Tissue.CANAL_FLUID, MM)
    assert (before[changed] == Tissue.BONE).all()
    assert away[changed].min() >= DRAWN.clear_mm - 3 * MM  # distances are taken on every other voxel
    assert set(np.unique(after[changed])) == {Tissue.MARROW, Tissue.FAT, Tissue.MUSCLE}
    assert np.array_equal(before, petrous())


def test_shares_are_those_drawn():
    after = np.stack([streaked(seed) for seed in range(8)])
    far = np.broadcast_to(ndimage.distance_transform_edt(petrous() != Tissue.CANAL_FLUID, MM) > 8, after.shape)
    kept = after[far & (np.stack([petrous()] * 8) == Tissue.BONE)]
    assert (kept == Tissue.BONE).mean() == pytest.approx(0.4, abs=0.05)
    assert (kept == Tissue.MARROW).mean() == pytest.approx(0.36, abs=0.05)
    assert np.isin(kept, (Tissue.FAT, Tissue.MUSCLE)).mean() == pytest.approx(0.24, abs=0.05)


@pytest.mark.parametrize("slope", [0.0, 1.0, -1.0])
def test_streaks_run_along_the_slope(slope: float):
    marrow = (streaked(3, clear_mm=0.0, slope=slope, along_mm=18.0) != Tissue.BONE)[:, 62:, :].astype(float)
    marrow -= marrow.mean()
    columns, room = 8, 16
    inner = marrow[:, room:-room, columns:]
    alike = [float((inner * marrow[:, room + row : marrow.shape[1] - room + row, :-columns]).mean())
             for row in range(-room, room + 1)]  # fmt: skip
    assert int(np.argmax(alike)) - room == pytest.approx(slope * columns, abs=1)


def test_a_map_without_bone_or_with_the_canal_everywhere_near_stays_as_it_is():
    brain = np.full((8, 8, 8), Tissue.BRAINSTEM, np.uint8)
    assert with_skull_base(np.random.default_rng(1), brain, MM, DRAWN) is brain
    near = np.full((12, 12, 12), Tissue.BONE, np.uint8)
    near[6] = Tissue.CANAL_FLUID
    assert np.array_equal(with_skull_base(np.random.default_rng(1), near, MM, DRAWN), near)


def test_a_share_of_zero_draws_nothing_and_changes_no_other_draw():
    with_share, without = ContrastRanges(skull_base_share=1.0), ContrastRanges()
    for kind in ("T2", "ceT1"):
        one, other = (draw_contrast(np.random.default_rng(5), kind, ranges) for ranges in (with_share, without))
        assert np.array_equal(one.mean, other.mean)
        assert (one.septa, one.rim) == (other.septa, other.rim)
        assert one.skull_base is not None
        assert other.skull_base is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_predicted_statistics_of_a_region_know_of_it(seed: int):
    rng = np.random.default_rng(seed)
    even = AcquisitionRanges(coil_share=0, end_share=0, band_share=0, pulsation_share=0, ghost_share=0)
    contrast = replace(draw_contrast(rng, "T2"), skull_base=draw_skull_base(rng))
    contrast.mean[[Tissue.MARROW, Tissue.FAT, Tissue.MUSCLE]] = 0.6, 0.9, 0.4
    acquisition = draw_acquisition(rng, even)
    mean, _ = region_statistics(petrous(), contrast, acquisition, (2, 2, 2))
    image = render(rng, petrous(), MM, contrast, acquisition, slice_step=3)
    assert mean == pytest.approx(image.mean(), rel=0.15)
    black, _ = region_statistics(petrous(), replace(contrast, skull_base=None), acquisition, (2, 2, 2))
    assert black < 0.85 * mean
