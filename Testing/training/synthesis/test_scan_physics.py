import numpy as np
import pytest

from Training.synthesis.contrast import ContrastRanges, draw_contrast
from Training.synthesis.scan_physics import draw_means, draw_t1_sequence, draw_t2_sequence
from Training.synthesis.tissues import Tissue

T = Tissue
PHYSICS = ContrastRanges(physics_share=1.0, bright_tumor_share=0, dim_canal_share=0, septated_share=0, rim_share=0)


def drawn(kind, enhanced, count=200):
    sequences = draw_t2_sequence if kind == "T2" else draw_t1_sequence
    means, names = [], []
    for number in range(count):
        rng = np.random.default_rng([3, number])
        sequence = sequences(rng)
        means.append(draw_means(rng, sequence, enhanced=enhanced, wet_mastoid_share=0.1))
        names.append(sequence.name)
    return np.array(means), np.array(names)


def test_without_contrast_medium_a_solid_tumor_lies_between_brain_and_half_of_csf_on_ciss():
    means, names = drawn("T2", enhanced=False)
    tumor = means[names == "CISS", T.EXTRAMEATAL_TUMOR] / means[names == "CISS", T.CSF]
    assert np.quantile(tumor, [0.05, 0.95]) == pytest.approx([0.2, 0.55], abs=0.08)


def test_contrast_medium_brightens_tumors_on_ciss_and_hardly_on_tse():
    plain, names = drawn("T2", enhanced=False)
    enhanced, _ = drawn("T2", enhanced=True)
    for name, factor in (("CISS", 1.8), ("TSE", 1.0)):
        own = names == name
        ratio = np.median(enhanced[own, T.EXTRAMEATAL_TUMOR]) / np.median(plain[own, T.EXTRAMEATAL_TUMOR])
        assert ratio == pytest.approx(factor, abs=0.45), name


def test_enhanced_tumors_outshine_brain_on_t1_and_others_do_not():
    enhanced, _ = drawn("ceT1", enhanced=True)
    plain, _ = drawn("T1", enhanced=False)
    assert (enhanced[:, T.EXTRAMEATAL_TUMOR] > enhanced[:, T.CEREBELLAR_WHITE]).mean() > 0.97
    assert (plain[:, T.EXTRAMEATAL_TUMOR] > plain[:, T.CEREBELLAR_WHITE]).mean() < 0.4
    assert np.median(enhanced[:, T.CSF]) < 0.25


def test_tissues_move_together():
    means, _ = drawn("T2", enhanced=False)
    together = np.corrcoef(means[:, T.CEREBELLAR_GRAY], means[:, T.NERVE])[0, 1]
    assert together > 0.8  # each alone spreads fourfold, by the sequence


def test_the_capsule_is_as_dark_as_bone_and_the_modiolus_darker_than_fluid():
    for kind, enhanced in (("T2", False), ("ceT1", True)):
        means, _ = drawn(kind, enhanced)
        assert (means[:, T.OTIC_CAPSULE] <= means[:, T.BONE]).all()
        assert (means[:, T.MODIOLUS] <= 0.5 * means[:, T.LABYRINTH]).all()


@pytest.mark.parametrize("kind", ["T2", "ceT1", "T1"])
def test_a_contrast_by_physics_has_flat_brain_even_capsule_and_shaded_csf(kind):
    for number in range(60):
        contrast = draw_contrast(np.random.default_rng([5, number]), kind, PHYSICS)
        for texture in (contrast.fine_texture, contrast.coarse_texture):
            assert texture[[T.BRAINSTEM, T.CEREBELLAR_GRAY]].max() <= 0.025
            assert texture[T.OTIC_CAPSULE] <= 0.01
        share = contrast.coarse_texture[T.CSF] / contrast.mean[T.CSF]
        assert 0.03 <= share <= 0.1 + 1e-6


def test_the_share_of_physics_is_kept():
    ranges = ContrastRanges(physics_share=0.5)
    tied = [
        draw_contrast(np.random.default_rng([6, n]), "T2", ranges).mean[[T.CSF]] != 1.0 for n in range(300)
    ]  # freely drawn, CSF is 1 exactly
    assert np.mean(tied) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 300))
