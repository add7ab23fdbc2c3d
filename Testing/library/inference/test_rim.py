"""Heads whose skull was stripped are known, whatever was put in its place; whole heads and slabs are no such heads."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from Testing.support.real_data import REAL_DATA, needs_real_data
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.inference import Located, Pori, load_model, locate_pori, looks_skull_stripped
from VSSegmentationLib.models import SAMPLE_FOLDER, default_locator, find_model
from VSSegmentationLib.preprocessing import Grid, grid_of
from VSSegmentationLib.volume import Volume, crop, reorder

STEP_MM, SHAPE = 3.0, (50, 60, 60)
FILLS = ("zero", "noise", "smoothed", "constant")
MARGINS_MM = (0.0, 4.0, 8.0)


def from_middle_mm() -> tuple[np.ndarray, ...]:
    return tuple(np.meshgrid(*[(np.arange(n) - (n - 1) / 2) * STEP_MM for n in SHAPE], indexing="ij"))


def ball(radii_mm) -> np.ndarray:
    return sum((axis / radius) ** 2 for axis, radius in zip(from_middle_mm(), radii_mm, strict=True)) <= 1


def head(contrast: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return skin and muscle, bone, CSF and brain as shells, and the brain: down to a little below the middle."""
    up = from_middle_mm()[0]
    array = np.zeros(SHAPE, np.float32)
    array[ball((70, 85, 80))] = contrast["soft"]
    array[ball((62, 77, 66))] = contrast["bone"]
    inside = ball((58, 73, 60)) & (up > -4)
    array[inside] = contrast["csf"]
    brain = (ball((54, 69, 56)) & (up > -4)) | (ball((40, 45, 25)) & (up > -35))
    array[brain] = contrast["brain"]
    return array + np.random.default_rng(0).normal(0, 2, SHAPE).astype(np.float32), brain


CONTRASTS = {
    "T2": {"soft": 40.0, "bone": 3.0, "csf": 200.0, "brain": 80.0},
    "ceT1": {"soft": 120.0, "bone": 3.0, "csf": 20.0, "brain": 100.0},
}


def stripped(array: np.ndarray, brain: np.ndarray, fill: str, margin_mm: float, spacing_mm=STEP_MM) -> np.ndarray:
    distance = ndimage.distance_transform_edt(~brain, sampling=spacing_mm)
    inside = distance <= margin_mm
    rng, level = np.random.default_rng(1), float(np.median(array[brain]))
    out = np.zeros_like(array)
    if fill == "noise":
        out = np.abs(rng.normal(0, 0.02 * level, array.shape)).astype(np.float32)
    elif fill == "constant":
        out[:] = array.min()
    kept = np.where(inside, array, out)
    return ndimage.gaussian_filter(kept, 0.6) if fill == "smoothed" else kept


def located(array: np.ndarray, window: tuple[slice, slice, slice] = (slice(None),) * 3) -> Located:
    """Return a head, or the part of it in a window, with its pori where they are."""
    affine = np.zeros((4, 4))
    affine[2, 0] = affine[1, 1] = affine[0, 2] = STEP_MM
    affine[3, 3] = 1
    middle = affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2)
    right, left = (tuple(np.add(middle, [side * 27.0, 0.0, -6.0]).tolist()) for side in (1, -1))
    affine[:3, 3] = affine[:3, :3] @ np.array([each.start or 0 for each in window])
    part = array[window]
    return Located(Pori(right_ras_mm=right, left_ras_mm=left), part, Grid(part.shape, affine))


def with_marrow(array: np.ndarray, gray: float) -> np.ndarray:
    """Return a head whose skull base holds marrow, 15 mm apart, as no bone there is dense throughout."""
    spots = np.zeros(SHAPE, bool)
    spots[2::5, 2::5, 2::5] = True
    bone = ball((62, 77, 66)) & (array < 15)
    return np.where(bone & ndimage.binary_dilation(spots), np.float32(gray), array)


NARROW = {
    "slab 108 mm wide": (slice(14, 32), slice(16, 44), slice(12, 48)),
    "crop 81 mm wide": (slice(15, 31), slice(17, 43), slice(16, 43)),
}
"""Windows that end before the skin."""


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_a_whole_head_is_none(contrast):
    assert not looks_skull_stripped(located(head(CONTRASTS[contrast])[0]))


@pytest.mark.parametrize("contrast", CONTRASTS)
@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("margin_mm", MARGINS_MM)
def test_a_brain_alone_is_one(contrast, fill, margin_mm):
    array, brain = head(CONTRASTS[contrast])
    assert looks_skull_stripped(located(stripped(array, brain, fill, margin_mm)))


@pytest.mark.parametrize("window", NARROW)
@pytest.mark.parametrize("contrast", CONTRASTS)
def test_a_slab_that_ends_before_the_skin_is_one_only_if_its_skull_base_is_empty(contrast, window):
    array, brain = head(CONTRASTS[contrast])
    sound = with_marrow(array, CONTRASTS[contrast]["soft"])
    assert not looks_skull_stripped(located(sound, NARROW[window]))
    for fill in FILLS:
        assert looks_skull_stripped(located(stripped(sound, brain, fill, 4.0), NARROW[window])), fill


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_a_fill_that_is_as_bright_as_tissue_is_known_by_its_one_gray(contrast):
    array, brain = head(CONTRASTS[contrast])
    for level in (array[~brain].mean(), np.median(array[brain])):
        filled = np.where(brain, array, np.float32(level))
        assert looks_skull_stripped(located(filled))
        assert looks_skull_stripped(located(filled, NARROW["slab 108 mm wide"]))


def test_zeros_round_a_head_and_clipped_fluid_are_no_fill():
    array, _brain = head(CONTRASTS["T2"])
    array[~ball((72, 87, 82))] = 0
    assert not looks_skull_stripped(
        located(np.minimum(array, 150).astype(np.float32))
    )  # CSF has one gray, the brightest


def test_where_no_porus_was_found_nothing_is_said():
    array, brain = head(CONTRASTS["T2"])
    whole = located(stripped(array, brain, "zero", 0.0))
    assert not looks_skull_stripped(Located(Pori(), whole.array, whole.grid))


@pytest.fixture(scope="module")
def locator():
    return load_model(find_model(default_locator()), "cpu")


def rough_brain(volume: Volume) -> np.ndarray:
    """A brain mask by simple morphology: not air, eroded until the scalp falls off, the largest piece, grown again."""
    array, step = volume.array, volume.spacing_dhw_mm
    soft = array > np.percentile(array, 50) * 0.5
    deep = ndimage.distance_transform_edt(ndimage.binary_fill_holes(soft), sampling=step) > 22
    pieces, _count = ndimage.label(deep)
    core = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    return ndimage.distance_transform_edt(~core, sampling=step) <= 6


@needs_real_data
@pytest.mark.parametrize(
    "path", ["head_t2/T2.nii.gz", pytest.param("vs_seg_001/ceT1_dicom", marks=pytest.mark.slow)]
)  # the second is the same on ten times as many voxels
def test_real_whole_heads_are_none_and_their_brains_are(locator, path):
    volume = read_scan(Path(REAL_DATA) / path).volume
    assert not looks_skull_stripped(locate_pori(volume, locator, device="cpu"))
    brain = rough_brain(volume)
    for fill in FILLS:
        masked = volume.with_array(stripped(volume.array, brain, fill, 0.0, volume.spacing_dhw_mm))
        found = locate_pori(masked, locator, device="cpu")
        assert not found.pori.centers_ras_mm() or looks_skull_stripped(found), fill


@needs_real_data
@pytest.mark.parametrize("path", ["vs_gk/vs_gk_95_t2.nii.gz", "vs_gk/vs_gk_98_t2.nii.gz", "vs_gk/vs_gk_99_t1.nii.gz"])
def test_real_slabs_are_none(locator, path):
    assert not looks_skull_stripped(locate_pori(read_scan(Path(REAL_DATA) / path).volume, locator, device="cpu"))


def test_the_sample_is_none(locator):
    volume = read_scan(SAMPLE_FOLDER / "exam1_t2.nii.gz").volume
    assert grid_of(volume).shape == volume.shape
    assert not looks_skull_stripped(locate_pori(volume, locator, device="cpu"))


@needs_real_data
def test_crops_of_a_real_head_are_one_only_once_it_was_stripped(locator):
    scan = read_scan(Path(REAL_DATA) / "head_t2/T2.nii.gz").volume
    volume = reorder(scan, geometry.superior_anterior_right_order(scan.dhw_to_ras))
    pori = locate_pori(volume, locator, device="cpu").pori.centers_ras_mm()
    to_index = geometry.as_affine(np.linalg.inv(volume.dhw_to_ras))
    center = geometry.transform_points(to_index, np.mean(pori, axis=0))
    brain = rough_brain(volume)
    for half_mm in ((30, 45, 55), (24, 40, 40)):
        low, high = (
            np.clip(np.rint(center + sign * np.array(half_mm) / volume.spacing_dhw_mm), 0, volume.shape).astype(int)
            for sign in (-1, 1)
        )
        assert not looks_skull_stripped(locate_pori(crop(volume, tuple(low), tuple(high)), locator, device="cpu"))
        for fill in FILLS:
            masked = volume.with_array(stripped(volume.array, brain, fill, 2.0, volume.spacing_dhw_mm))
            found = locate_pori(crop(masked, tuple(low), tuple(high)), locator, device="cpu")
            assert not found.pori.centers_ras_mm() or looks_skull_stripped(found), (half_mm, fill)
