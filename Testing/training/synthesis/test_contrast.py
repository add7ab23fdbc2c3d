from dataclasses import replace

import numpy as np
import pytest

from Training.synthesis.contrast import Contrast, draw_contrast
from Training.synthesis.first_looks import FIRST_CONTRAST
from Training.synthesis.tissues import BRAIN, Tissue

T = Tissue
TUMOR = [T.EXTRAMEATAL_TUMOR, T.INTRAMEATAL_TUMOR]


def draws(kind: str, count: int = 300) -> list[Contrast]:
    return [draw_contrast(np.random.default_rng([1, n]), kind, FIRST_CONTRAST) for n in range(count)]


def test_on_t2_fluid_is_brightest_bone_dark_and_tumor_between_brain_and_fluid():
    for contrast in draws("T2"):
        mean = contrast.mean
        assert mean[T.CSF] == 1
        assert max(mean[list(BRAIN)]) < 1
        assert mean[T.BONE] <= 0.12 < min(mean[[T.CSF, T.CANAL_FLUID, T.LABYRINTH]])
        assert mean[T.AIR] <= 0.04
        assert mean[T.BRAINSTEM] * 0.6 < mean[T.EXTRAMEATAL_TUMOR] < mean[T.CSF]
        assert 0.75 <= mean[T.CANAL_FLUID] <= 1.05
        assert mean[T.CEREBRAL_GRAY] > 0.9 * mean[T.CEREBRAL_WHITE]


def test_on_t2_tumors_reach_from_as_dark_as_brain_to_nearly_as_bright_as_fluid():
    tumor = np.array([contrast.mean[T.EXTRAMEATAL_TUMOR] for contrast in draws("T2")])
    assert tumor.min() < 0.3
    assert tumor.max() > 0.8
    assert 0.3 < np.median(tumor) < 0.7


def test_on_contrast_enhanced_t1_tumor_outshines_brain_and_fluid_is_dark():
    for contrast in draws("ceT1"):
        mean = contrast.mean
        assert mean[T.EXTRAMEATAL_TUMOR] > mean[T.BRAINSTEM]
        assert mean[T.CSF] < mean[T.BRAINSTEM]
        assert mean[T.CSF] <= 0.25 * 1.1
        assert mean[T.CEREBRAL_WHITE] > 0.85 * mean[T.CEREBRAL_GRAY]


@pytest.mark.parametrize("kind", ["T2", "ceT1"])
def test_fat_comes_with_and_without_saturation(kind: str):
    fat = np.array([contrast.mean[T.FAT] for contrast in draws(kind)])
    assert 0.2 < (fat <= 0.3).mean() < 0.5
    assert (fat > 0.7).mean() > 0.2


def test_a_random_contrast_puts_tissues_in_any_order():
    brighter = np.array([contrast.mean[T.CSF] > contrast.mean[T.BONE] for contrast in draws("random")])
    assert 0.35 < brighter.mean() < 0.65
    assert all((c.mean >= 0).all() and (c.mean <= 1.2).all() for c in draws("random"))


@pytest.mark.parametrize("kind", ["T2", "ceT1", "random"])
def test_both_parts_of_a_tumor_look_alike_for_the_boundary_is_anatomy(kind: str):
    for contrast in draws(kind, 100):
        extra, intra = contrast.mean[TUMOR]
        assert 0.85 <= intra / extra <= 1.1
        assert contrast.mean[T.EXTRAMEATAL_CYST] == contrast.mean[T.INTRAMEATAL_CYST]
        assert contrast.fine_texture[TUMOR[0]] == contrast.fine_texture[TUMOR[1]]
        assert contrast.coarse_texture[TUMOR[0]] == contrast.coarse_texture[TUMOR[1]]


def test_tumors_are_drawn_from_flat_to_very_uneven():
    texture = np.array([contrast.coarse_texture[T.EXTRAMEATAL_TUMOR] for contrast in draws("T2")])
    assert texture.min() < 0.015
    assert texture.max() > 0.15


def widened(count: int = 300, **ranges: float) -> list[Contrast]:
    return [draw_contrast(np.random.default_rng([1, n]), "T2", replace(FIRST_CONTRAST, **ranges)) for n in range(count)]


def test_ranges_of_zero_share_leave_every_draw_as_it_is():
    for usual, same in zip(draws("T2", 20), widened(20), strict=True):
        assert np.array_equal(usual.mean, same.mean)
        assert np.array_equal(usual.coarse_texture, same.coarse_texture)


def test_bright_uneven_tumors_come_in_the_share_asked_for():
    tumors = [
        (c.mean[T.EXTRAMEATAL_TUMOR], c.fine_texture[T.EXTRAMEATAL_TUMOR]) for c in widened(bright_tumor_share=1.0)
    ]
    assert all(0.6 <= mean <= 1.05 and texture >= 0.08 for mean, texture in tumors)
    changed = [
        not np.array_equal(a.mean, b.mean) for a, b in zip(draws("T2"), widened(bright_tumor_share=0.3), strict=True)
    ]
    assert np.mean(changed) == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 300))


def test_an_even_tumor_is_no_brighter_than_asked_for():
    tumors = np.array([c.mean[T.EXTRAMEATAL_TUMOR] for c in widened(brightest_even_tumor=0.6)])
    assert tumors.max() <= 0.6
    assert tumors.max() > 0.5


def test_canals_without_tumor_can_be_dim():
    canals = np.array([contrast.mean[T.CANAL_FLUID] for contrast in widened(dim_canal_share=1.0)])
    assert (canals >= 0.45).all()
    assert (canals <= 0.8).all()


def test_the_texture_of_brain_scales_and_no_other_does():
    for usual, rough in zip(draws("T2", 20), widened(20, brain_texture=0.1), strict=True):
        brain = np.isin(np.arange(len(Tissue)), list(BRAIN))
        assert rough.fine_texture[brain] == pytest.approx(2 * usual.fine_texture[brain])
        assert np.array_equal(rough.fine_texture[~brain], usual.fine_texture[~brain])


def test_marrow_is_no_brighter_and_no_rougher_than_asked_for():
    for usual, calm in zip(
        draws("T2", 20), widened(20, brightest_marrow=0.25, marrow_texture=0.07, wet_mastoid_share=0.0), strict=True
    ):
        assert 0.03 <= calm.mean[T.MARROW] <= 0.25
        assert calm.mean[T.MASTOID] <= 0.2
        for tissue in (T.MARROW, T.MASTOID):
            assert calm.fine_texture[tissue] <= 0.4 * 0.07 / 0.35 + 1e-6
            assert calm.coarse_texture[tissue] <= 0.3 * 0.07 / 0.35 + 1e-6
        assert calm.mean[T.FAT] == usual.mean[T.FAT]  # drawn after marrow: the other draws stay


def test_mastoids_hold_fluid_in_the_share_asked_for():
    wet = [contrast.mean[T.MASTOID] > 0.2 for contrast in widened(wet_mastoid_share=0.6)]
    assert np.mean(wet) == pytest.approx(0.6, abs=4 * np.sqrt(0.6 * 0.4 / 300))


def test_contrast_medium_brightens_veins_and_tumor_and_leaves_brain_and_bone():
    for plain, enhanced in zip(draws("T2", 50), widened(50, enhanced_share=1.0), strict=True):
        assert enhanced.mean[T.VENOUS_SINUS] >= 0.6
        assert (enhanced.mean[TUMOR] >= 0.85 * 0.5 - 1e-6).all()
        assert (enhanced.fine_texture[TUMOR] >= 0.05).all()
        untouched = [*BRAIN, T.BONE, T.AIR, T.CSF, T.LABYRINTH]
        assert np.array_equal(plain.mean[untouched], enhanced.mean[untouched])


def test_a_contrast_is_a_function_of_the_generators_state():
    one, same = (draw_contrast(np.random.default_rng(3), "T2") for _ in range(2))
    assert np.array_equal(one.mean, same.mean)
    assert np.array_equal(one.fine_texture, same.fine_texture)


@pytest.mark.parametrize("kind", ["T2", "ceT1", "random"])
def test_parts_are_alike_where_that_is_asked_for_and_nothing_else_changes(kind):
    for seed in range(20):
        usual, alike = (
            draw_contrast(np.random.default_rng(seed), kind, replace(FIRST_CONTRAST, parts_alike=each))
            for each in (False, True)
        )
        assert alike.mean[Tissue.INTRAMEATAL_TUMOR] == alike.mean[Tissue.EXTRAMEATAL_TUMOR]
        others = [tissue for tissue in Tissue if tissue is not Tissue.INTRAMEATAL_TUMOR]
        np.testing.assert_array_equal(usual.mean[others], alike.mean[others])


def test_dark_bone_lies_below_all_fluid_on_cet1_and_changes_nothing_else():
    fluids = [T.CSF, T.CANAL_FLUID, T.LABYRINTH, T.COCHLEA, T.PERITUMORAL_CYST]
    brighter = 0
    for number in range(300):
        usual, dark = (
            draw_contrast(np.random.default_rng([7, number]), "ceT1", replace(FIRST_CONTRAST, dark_bone=wanted))
            for wanted in (False, True)
        )
        assert dark.mean[T.BONE] < 1.15 * dark.mean[fluids].min()  # both ranges end at 0.05
        brighter += bool(dark.mean[T.BONE] > dark.mean[fluids].min())
        for texture in (dark.fine_texture, dark.coarse_texture):
            assert texture[T.BONE] <= dark.mean[T.BONE]
        for name in ("mean", "fine_texture", "coarse_texture"):
            one, other = getattr(usual, name).copy(), getattr(dark, name).copy()
            one[[T.BONE, T.OTIC_CAPSULE]] = other[[T.BONE, T.OTIC_CAPSULE]] = 0  # the capsule follows bone
            np.testing.assert_array_equal(one, other)
    assert brighter <= 3
    t2 = [
        draw_contrast(np.random.default_rng(3), "T2", replace(FIRST_CONTRAST, dark_bone=wanted))
        for wanted in (False, True)
    ]
    np.testing.assert_array_equal(t2[0].mean, t2[1].mean)
    np.testing.assert_array_equal(t2[0].fine_texture, t2[1].fine_texture)


def test_what_ships_was_trained_on_is_drawn_where_no_ranges_are_given():
    t2 = [draw_contrast(np.random.default_rng([2, n]), "T2") for n in range(400)]
    assert all(c.mean[T.INTRAMEATAL_TUMOR] == c.mean[T.EXTRAMEATAL_TUMOR] for c in t2)
    assert np.mean([c.septa is not None for c in t2]) == pytest.approx(0.2, abs=0.08)  # four deviations
    assert np.mean([c.rim is not None for c in t2]) == pytest.approx(0.2, abs=0.08)
    assert np.mean([c.mean[T.CANAL_FLUID] < 0.75 for c in t2]) == pytest.approx(0.13, abs=0.07)  # of 15 %, 6 in 7
    cet1 = [draw_contrast(np.random.default_rng([2, n]), "ceT1") for n in range(100)]
    assert all(c.mean[T.BONE] <= 0.05 for c in cet1)
