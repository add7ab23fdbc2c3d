from dataclasses import replace

import numpy as np
import pytest

from Training.synthesis.contrast import Contrast, draw_contrast
from Training.synthesis.first_looks import FORMER_ACQUISITION
from Training.synthesis.noise import smooth_field
from Training.synthesis.render import (
    Acquisition,
    AcquisitionRanges,
    SlabEnd,
    apply_gamma,
    draw_acquisition,
    region_statistics,
    render,
)
from Training.synthesis.tissues import Tissue

MM, STEP = 0.5, 3
PERFECT = Acquisition(
    slice_mm=1.5, blur_mm=0.0, noise=0.0, bias=0.0, gamma=1.0, ghost=0.0, ghost_shift=20, texture_wave_mm=(1.0, 4.0)
)


def plain(**means: float) -> Contrast:
    mean = np.zeros(len(Tissue), np.float32)
    for name, value in means.items():
        mean[Tissue[name]] = value
    flat = np.zeros(len(Tissue), np.float32)
    return Contrast("T2", mean, flat, flat)


CSF_ONLY = plain(CSF=1.0)


def image_of(tissues: np.ndarray, contrast: Contrast = CSF_ONLY, step: int = STEP, **changes: float) -> np.ndarray:
    rng = np.random.default_rng(2)
    return render(rng, tissues, MM, contrast, replace(PERFECT, **changes), slice_step=step)


def test_a_perfect_scanner_shows_every_tissue_at_its_intensity():
    tissues = np.zeros((12, 10, 12), np.uint8)
    tissues[:, :5], tissues[:, 5:] = Tissue.CSF, Tissue.BRAINSTEM
    image = image_of(tissues, plain(CSF=1.0, BRAINSTEM=0.3))
    assert image.shape == (4, 10, 12)
    assert image.dtype == np.float32
    assert image[:, :5] == pytest.approx(1.0)
    assert image[:, 5:] == pytest.approx(0.3)


@pytest.mark.parametrize("filled", [0, 1, 2, 3])
def test_a_slab_that_is_partly_filled_shows_its_share(filled: int):
    tissues = np.zeros((9, 4, 4), np.uint8)
    tissues[3 : 3 + filled] = Tissue.CSF  # the three fine slices of slice 1
    assert image_of(tissues)[:, 0, 0] == pytest.approx([0, filled / 3, 0], abs=1e-6)


def test_a_slice_half_filled_shows_the_mean_of_both_tissues():
    tissues = np.full((12, 4, 4), Tissue.BRAINSTEM, np.uint8)
    tissues[3:] = Tissue.CSF
    image = image_of(tissues, plain(CSF=1.0, BRAINSTEM=0.4), step=6, slice_mm=3.0)
    assert image[:, 0, 0] == pytest.approx([0.7, 1.0], abs=1e-6)


@pytest.mark.parametrize(("slice_mm", "share"), [(0.5, 1.0), (1.5, 1 / 3), (3.0, 1 / 6)])
def test_the_thicker_the_slice_the_less_it_shows_of_a_sheet(slice_mm: float, share: float):
    tissues = np.zeros((36, 4, 4), np.uint8)
    tissues[16] = Tissue.CSF  # the middle one of the fine slices of slice 5
    profile = image_of(tissues, slice_mm=slice_mm)[:, 0, 0]
    assert profile.max() <= share + 1e-6
    if slice_mm <= 1.5:
        assert profile[5] == pytest.approx(share)
        assert np.count_nonzero(profile) == 1
    else:  # acquired 3 mm apart and interpolated to 1.5 mm: seen in more than one slice
        assert profile.max() > share / 2
        assert 2 <= np.count_nonzero(profile > 1e-6) <= 4


@pytest.mark.parametrize("slice_mm", [1.0, 1.5, 2.0, 3.0])
def test_a_ramp_of_tissue_stays_where_it_is_whatever_the_slice(slice_mm: float):
    tissues = np.zeros((60, 4, 4), np.uint8)
    tissues[30:] = Tissue.CSF
    edge = image_of(tissues, slice_mm=slice_mm)[:, 0, 0]
    assert edge[:6] == pytest.approx(0, abs=1e-6)
    assert edge[-6:] == pytest.approx(1, abs=1e-6)
    assert (1 - edge).sum() * 1.5 == pytest.approx(15, abs=0.8)  # where the edge is, to half a slice


@pytest.mark.parametrize("slice_mm", [0.5, 1.0, 1.5])
def test_a_slice_is_centered_on_its_place_for_even_counts_of_fine_slices_too(slice_mm: float):
    tissues = np.zeros((36, 4, 4), np.uint8)
    tissues[15:18] = Tissue.CSF  # the fine slices of slice 5
    profile = image_of(tissues, slice_mm=slice_mm)[:, 0, 0]
    assert profile[4] == pytest.approx(profile[6], abs=1e-6)
    assert profile[5] == pytest.approx(1.0)


def test_a_clipped_image_has_no_voxel_above_the_clip_and_the_others_as_they_were():
    tissues = np.full((9, 8, 8), Tissue.CSF, np.uint8)
    tissues[:, :, 4:] = Tissue.BRAINSTEM
    image = image_of(tissues, plain(CSF=1.0, BRAINSTEM=0.4), clip=0.8)
    assert image[:, :, :4] == pytest.approx(0.8)
    assert image[:, :, 4:] == pytest.approx(0.4)


def test_blur_spreads_a_point_by_its_deviation_in_plane_only():
    tissues = np.zeros((9, 41, 41), np.uint8)
    tissues[3:6, 20, 20] = Tissue.CSF
    image = image_of(tissues, blur_mm=1.0)
    assert image[1].sum() == pytest.approx(1, abs=1e-3)
    offsets = (np.arange(41) - 20) * MM
    for profile in (image[1].sum(axis=0), image[1].sum(axis=1)):
        assert np.sqrt((profile * offsets**2).sum()) == pytest.approx(1.0, rel=0.05)
    assert image[[0, 2]].max() < 1e-6


def test_noise_in_air_has_the_mean_and_deviation_of_rayleigh():
    sigma = 0.05
    image = image_of(np.zeros((60, 60, 60), np.uint8), noise=sigma)
    assert image.mean() == pytest.approx(sigma * np.sqrt(np.pi / 2), rel=0.01)
    assert image.std() == pytest.approx(sigma * np.sqrt(2 - np.pi / 2), rel=0.02)


def test_noise_on_a_bright_tissue_has_its_own_deviation():
    image = image_of(np.full((60, 60, 60), Tissue.CSF, np.uint8), noise=0.05)
    assert image.std() == pytest.approx(0.05, rel=0.02)
    assert image.mean() == pytest.approx(np.sqrt(1 + 0.05**2), rel=0.002)


def test_a_bias_field_is_smooth_and_multiplies():
    image = image_of(np.full((60, 60, 60), Tissue.CSF, np.uint8), bias=0.2)
    assert np.log(image).std() == pytest.approx(0.2, rel=0.01)
    assert np.abs(np.diff(np.log(image), axis=1)).max() < 0.05


def test_a_ghost_is_a_shifted_faint_copy_along_h():
    tissues = np.zeros((3, 40, 8), np.uint8)
    tissues[:, 5] = Tissue.CSF
    image = image_of(tissues, ghost=0.1, ghost_shift=20)
    assert image[0, [5, 25, 15], 3] == pytest.approx([1.0, 0.1, 0.0], abs=1e-6)


def test_gamma_keeps_zero_and_one():
    values = np.array([0.0, 0.25, 1.0], np.float32)
    assert apply_gamma(values, 0.5) == pytest.approx([0, 0.5, 1])
    assert apply_gamma(values, 1.0) is values


def test_texture_has_its_amplitude_and_leaves_other_tissues_alone():
    texture = np.zeros(len(Tissue), np.float32)
    texture[Tissue.BRAINSTEM] = 0.1
    contrast = Contrast("T2", plain(CSF=1.0, BRAINSTEM=0.6).mean, texture, np.zeros_like(texture))
    tissues = np.full((40, 40, 40), Tissue.BRAINSTEM, np.uint8)
    tissues[:, :20] = Tissue.CSF
    image = image_of(tissues, contrast, step=1, slice_mm=0.5)
    assert image[:, 20:].std() == pytest.approx(0.1, rel=0.15)
    assert image[:, :20] == pytest.approx(1.0)


def test_scanners_are_drawn_from_their_ranges():
    ranges = AcquisitionRanges()
    drawn = [draw_acquisition(np.random.default_rng([4, n]), ranges) for n in range(400)]
    assert {each.slice_mm for each in drawn} == {1.0, 1.5, 2.0, 3.0, 4.0, 5.0}
    for name in ("blur_mm", "noise", "bias", "gamma"):
        low, high = getattr(ranges, name)
        values = np.array([getattr(each, name) for each in drawn])
        assert values.min() >= low
        assert values.max() <= high
        assert np.ptp(values) > 0.8 * (high - low)
    assert np.mean([each.ghost > 0 for each in drawn]) == pytest.approx(0.06, abs=0.05)
    pixels = np.array([each.pixel_mm for each in drawn if each.pixel_mm is not None])
    assert len(pixels) / len(drawn) == pytest.approx(0.9, abs=0.06)
    assert pixels.min() >= ranges.pixel_mm[0]
    assert pixels.max() <= ranges.pixel_mm[1]
    for name, share in (("coil", 0.5), ("slab_end", 0.12), ("bands", 0.06), ("pulsation", 0.15), ("curve", 0.3)):
        here = np.mean([getattr(each, name) is not None for each in drawn])
        assert here == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 400)), name
    assert np.mean([each.convolutions[0] > 0 for each in drawn]) == pytest.approx(0.15, abs=0.07)
    assert np.mean([each.gamma == 1 for each in drawn]) == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_predicted_statistics_of_a_region_are_those_of_its_image(seed: int):
    rng = np.random.default_rng(seed)
    kinds = np.array([Tissue.CSF, Tissue.BRAINSTEM, Tissue.BONE, Tissue.MUSCLE, Tissue.FAT], np.uint8)
    rank = smooth_field(rng, (60, 64, 80), 20)
    tissues = kinds[np.clip(np.round(rank + 2), 0, 4).astype(int)]
    contrast = draw_contrast(rng, "T2")
    even = AcquisitionRanges(coil_share=0, end_share=0, band_share=0, pulsation_share=0, ghost_share=0)
    acquisition = draw_acquisition(rng, even)
    mean, deviation = region_statistics(tissues, contrast, acquisition)
    image = render(rng, tissues, MM, contrast, acquisition, slice_step=STEP)
    assert mean == pytest.approx(image.mean(), rel=0.15)  # a bias field brightens one tissue more than another
    assert deviation == pytest.approx(image.std(), rel=0.25)


def test_former_scanners_are_drawn_as_before_k_space():
    former = [draw_acquisition(np.random.default_rng([4, n]), FORMER_ACQUISITION) for n in range(50)]
    assert all(each.pixel_mm is None and each.profile == "box" and each.coil is None for each in former)
    assert all(each.curve is None and each.convolutions == (0, 0.0) and each.floor == 0 for each in former)


def test_an_edge_cut_in_k_space_rings_by_nine_percent():
    tissues = np.zeros((3, 128, 128), np.uint8)
    tissues[:, :, 64:] = Tissue.CSF
    cut = image_of(tissues, pixel_mm=(4.0, 4.0))[0, 64, 40:88]
    assert cut.max() == pytest.approx(1.09, abs=0.02)  # Gibbs: 8.95 % of the step
    assert image_of(tissues)[0, 64].max() == 1.0


def test_a_slab_end_loses_signal_where_it_is():
    tissues = np.full((60, 8, 8), Tissue.CSF, np.uint8)
    profile = image_of(tissues, slab_end=SlabEnd(at_first=False, slices=4, loss=0.6, wrapped=0.0))[:, 4, 4]
    assert profile[:16] == pytest.approx(1.0)
    assert profile[16:] == pytest.approx([0.85, 0.7, 0.55, 0.4])


def test_only_blood_and_a_little_csf_ghost():
    tissues = np.full((3, 40, 60), Tissue.BRAINSTEM, np.uint8)
    tissues[:, 18:22, 28:32] = Tissue.ARTERY
    image = image_of(tissues, plain(BRAINSTEM=0.4, ARTERY=1.0), pulsation=(0.1, 15, 2))
    assert image[0, 20, 30 - 15] == pytest.approx(0.3)
    assert image[0, 20, 30 + 15] == pytest.approx(0.3)
    assert image[0, 20, 30 - 30 + 1] == pytest.approx(0.45)
    assert image[0, 5] == pytest.approx(0.4)
