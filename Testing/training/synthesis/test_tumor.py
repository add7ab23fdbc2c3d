from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage, stats

from Training.synthesis.ear import draw_ear
from Training.synthesis.petrous import carve_ear
from Training.synthesis.porus import porus_plane
from Training.synthesis.tissues import Tissue, target_labels
from Training.synthesis.tumor import Tumor, TumorRanges, draw_tumor, draw_volume, grow, grown
from VSSegmentationLib.labels import Label

MM = 0.5
PORUS = np.array([22.0, 22.0, 28.0])
SHAPE = (88, 88, 104)
PLAIN = TumorRanges(cystic_share=0, microcystic_share=0, peritumoral_cyst_share=0, strand_share=0, pocket_share=0)
EAR = draw_ear(np.random.default_rng(8), "right", PORUS)
SOLID = (Tissue.EXTRAMEATAL_TUMOR, Tissue.INTRAMEATAL_TUMOR)


def grow_one(seed: int, ranges: TumorRanges, volume_cm3: float) -> tuple[Tumor, np.ndarray, np.ndarray]:
    """A tumor in a right ear carved into a block that is CSF inward of the porus and bone outward; before, after."""
    rng = np.random.default_rng([3, seed])
    ear = draw_ear(rng, "right", PORUS)
    tissues = np.full(SHAPE, Tissue.CSF, np.uint8)
    d, h, w = (np.arange(n, dtype=np.float32) * MM for n in SHAPE)
    tissues[ear.lateral_of_porus()(d[:, None, None], h[None, :, None], w[None, None, :]) < 0] = Tissue.BONE
    carve_ear(rng, tissues, MM, ear)
    before = tissues.copy()
    tumor = draw_tumor(rng, ear, ranges, volume_cm3)
    grow(rng, tissues, MM, tumor, ranges)
    return tumor, before, tissues


def depth_mm(tumor: Tumor, tissues: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """How far beyond the plane of the porus voxels lie: that of the bone as the tumor has left it."""
    plane = porus_plane(tissues, MM, tumor.ear, max(tumor.widen, 1.0))
    assert plane is not None
    return (np.argwhere(mask) * MM - plane.origin) @ plane.normal


def test_volumes_are_log_uniform_between_their_limits_without_cohorts():
    ranges = replace(PLAIN, cohorts=(), volume_cm3=(0.02, 30.0))
    rng = np.random.default_rng(1)
    log_volumes = np.log([draw_volume(rng, ranges) for _ in range(800)])
    low, high = np.log(ranges.volume_cm3)
    assert stats.kstest(log_volumes, stats.uniform(low, high - low).cdf).pvalue > 0.01


def test_volumes_are_those_of_watched_and_treated_patients_by_half():
    rng = np.random.default_rng(1)
    log_volumes = np.log([draw_volume(rng, TumorRanges()) for _ in range(2000)])
    assert log_volumes.min() >= np.log(0.01)
    assert log_volumes.max() <= np.log(15)

    def mixed(x: np.ndarray) -> np.ndarray:
        return (stats.norm.cdf(x, np.log(0.16), 1.5) + stats.norm.cdf(x, np.log(1.3), 1.0)) / 2

    inside = log_volumes[(log_volumes > np.log(0.0101)) & (log_volumes < np.log(14.9))]
    low, high = mixed(np.log([0.0101, 14.9]))
    assert stats.kstest(inside, lambda x: (mixed(x) - low) / (high - low)).pvalue > 0.01


def test_only_small_tumors_stay_in_the_canal_and_as_many_as_asked_for():
    rng = np.random.default_rng(2)
    small = [draw_tumor(rng, EAR, TumorRanges(), 0.1).cisternal is None for _ in range(500)]
    assert np.mean(small) == pytest.approx(0.9, abs=4 * np.sqrt(0.9 * 0.1 / 500))
    assert not any(draw_tumor(rng, EAR, TumorRanges(), 0.5).cisternal is None for _ in range(100))


def test_as_many_tumors_as_asked_for_leave_the_canal_free():
    rng = np.random.default_rng(3)
    free = [draw_tumor(rng, EAR, TumorRanges(), 1.0).canal_stretch_mm is None for _ in range(500)]
    assert np.mean(free) == pytest.approx(0.04, abs=4 * np.sqrt(0.04 * 0.96 / 500))


def test_three_of_four_small_tumors_leave_a_cap_of_fluid_of_one_to_four_millimeters():
    rng = np.random.default_rng(4)
    ranges = replace(PLAIN, extrameatal_only_share=0)
    for volume, share in ((0.6, 0.75), (3.0, 0.375)):
        caps = EAR.length_mm - np.array([draw_tumor(rng, EAR, ranges, volume).canal_stretch_mm[1] for _ in range(400)])
        left = caps[caps > 1e-9]
        assert len(left) / 400 == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 400))
        assert left.min() >= 1
        assert left.max() <= 4
        assert np.median(left) == pytest.approx(2.5, abs=0.25)


def test_four_of_five_canals_are_widened_by_2_6_millimeters_on_average():
    rng = np.random.default_rng(4)
    ranges = replace(PLAIN, extrameatal_only_share=0)
    wider = np.array([2 * EAR.radius_mm * (draw_tumor(rng, EAR, ranges, 1.0).widen - 1) for _ in range(600)])
    assert (wider > 0.05).mean() == pytest.approx(0.8, abs=0.07)
    assert wider[wider > 0].mean() == pytest.approx(2.6, abs=0.5)
    assert wider.max() <= 10.1


def test_fluid_is_left_at_the_fundus_where_a_cap_was_drawn():
    for seed in range(12):
        tumor, before, after = grow_one(seed, replace(PLAIN, extrameatal_only_share=0), 0.6)
        assert tumor.canal_stretch_mm is not None
        cap = tumor.ear.length_mm - tumor.canal_stretch_mm[1]
        along = (np.argwhere(after == Tissue.CANAL_FLUID) * MM - tumor.ear.porus) @ tumor.ear.axis
        solid = (np.argwhere(np.isin(after, SOLID)) * MM - tumor.ear.porus) @ tumor.ear.axis
        assert solid.max() <= tumor.canal_stretch_mm[1] + 0.3
        if cap > 0:
            assert along.max() > tumor.canal_stretch_mm[1] + 0.3
        assert before.shape == after.shape


def test_volumes_are_about_those_asked_for():
    for volume in (0.08, 0.8, 4.0):
        found = [np.isin(grow_one(seed, PLAIN, volume)[2], SOLID).sum() * MM**3 / 1000 for seed in range(8)]
        assert np.median(found) == pytest.approx(volume, rel=0.35)


def test_pockets_of_csf_between_tumor_and_brain_are_no_tumor():
    ranges = replace(PLAIN, pocket_share=1.0)
    pockets = 0
    for seed in range(6):
        rng = np.random.default_rng([8, seed])
        ear = draw_ear(rng, "right", PORUS)
        tissues = np.full(SHAPE, Tissue.BRAINSTEM, np.uint8)
        tumor = draw_tumor(np.random.default_rng(seed), ear, ranges, 3.0)
        tumor = replace(tumor, canal_stretch_mm=None)
        grow(rng, tissues, MM, tumor, ranges)
        csf = tissues == Tissue.CSF
        assert not (target_labels(tissues)[csf] != Label.BACKGROUND).any()
        assert tumor.cisternal is not None
        d, h, w = (np.argwhere(csf) * MM).T.astype(np.float32)
        pockets += int((tumor.cisternal.distance(d, h, w) < -0.5).sum())
    assert pockets > 100  # of 0.125 mm3: cut out of what was drawn as tumor


@pytest.mark.parametrize("volume_cm3", [0.1, 0.6, 3.0])
def test_the_meatal_plane_divides_the_tumor_and_the_labyrinth_stays(volume_cm3: float):
    for seed in range(4):
        tumor, before, after = grow_one(seed, PLAIN, volume_cm3)
        assert np.isin(after, SOLID).any()
        assert (depth_mm(tumor, after, after == Tissue.INTRAMEATAL_TUMOR) > -1e-3).all()
        extrameatal = after == Tissue.EXTRAMEATAL_TUMOR
        in_canal = np.zeros(SHAPE, bool)
        d, h, w = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
        in_canal[:] = tumor.ear.canal(0.0).distance(*(np.float32(MM) * x.astype(np.float32) for x in (d, h, w))) < 0
        assert (depth_mm(tumor, after, extrameatal & in_canal) < 1e-3).all()
        for part in (Tissue.COCHLEA, Tissue.MODIOLUS, Tissue.LABYRINTH):
            assert np.array_equal(after == part, before == part)
        assert (before[np.isin(after, SOLID)] != Tissue.AIR).all()


def test_a_purely_intrameatal_tumor_stays_within_the_canal_and_its_mouth():
    ranges = replace(PLAIN, intrameatal_only_share=1.0)
    for seed in range(5):
        tumor, before, after = grow_one(seed, ranges, 0.1)
        mask = np.isin(after, SOLID)
        assert tumor.cisternal is None
        assert mask.any()
        assert set(np.unique(before[mask])) <= {
            Tissue.CANAL_FLUID,
            Tissue.CSF,
            Tissue.BONE,
            Tissue.MARROW,
            Tissue.OTIC_CAPSULE,
            Tissue.MASTOID,
        }
        offset = np.argwhere(mask) * MM - tumor.ear.porus
        along = offset @ tumor.ear.axis
        across = np.linalg.norm(offset - along[:, None] * tumor.ear.axis, axis=1)
        widest = tumor.widen * tumor.ear.half_widths(np.linspace(-5, tumor.ear.length_mm, 50)).max()
        assert across.max() <= widest + MM
        assert along.min() >= -tumor.ear.lips_mm
        assert along.max() <= tumor.ear.length_mm + MM


def test_a_cisternal_tumor_has_about_the_volume_asked_for_however_lobed_and_rough():
    ratios = []
    for seed in range(10):
        rng = np.random.default_rng([5, seed])
        tissues = np.full((50, 50, 60), Tissue.CSF, np.uint8)
        tumor = draw_tumor(rng, replace(EAR, porus=np.array([25.0, 25.0, 40.0])), PLAIN, 2.0)
        grow(rng, tissues, 1.0, replace(tumor, canal_stretch_mm=None), PLAIN)
        ratios.append(np.isin(tissues, SOLID).sum() / 2000)
    assert min(ratios) > 0.8  # roughness takes some away
    assert 1.0 < np.median(ratios) < 1.6  # lobes and the bridge to the porus add some


def test_a_grown_tumor_is_wider_by_its_factor_seen_from_the_porus():
    rng = np.random.default_rng(9)
    ear = replace(EAR, porus=np.array([25.0, 25.0, 40.0]))
    before = replace(draw_tumor(rng, ear, PLAIN, 1.0), canal_stretch_mm=None)
    after = grown(before, 1.25)
    assert after.radius_mm == pytest.approx(1.25 * before.radius_mm)
    counts = []
    for tumor in (before, after):
        tissues = np.full((50, 50, 60), Tissue.CSF, np.uint8)
        grow(np.random.default_rng(1), tissues, 1.0, tumor, PLAIN)
        counts.append(np.isin(tissues, SOLID).sum())
    assert counts[1] / counts[0] == pytest.approx(1.25**3, rel=0.05)
    assert grown(before, 1.0) is before


def test_cysts_within_a_tumor_belong_to_it_and_those_beside_it_do_not():
    ranges = TumorRanges(cystic_share=1, microcystic_share=1, peritumoral_cyst_share=1, strand_share=0, pocket_share=0)
    plain_mask, cystic_mask = (target_labels(grow_one(2, each, 2.5)[2]) != Label.BACKGROUND for each in (PLAIN, ranges))
    tissues = grow_one(2, ranges, 2.5)[2]
    inner = np.isin(tissues, (Tissue.EXTRAMEATAL_CYST, Tissue.INTRAMEATAL_CYST))
    beside = tissues == Tissue.PERITUMORAL_CYST
    assert inner.sum() > 100
    assert beside.sum() > 100
    assert cystic_mask[inner].all()
    assert not cystic_mask[beside].any()
    labels = target_labels(tissues)
    assert (labels[tissues == Tissue.EXTRAMEATAL_CYST] == Label.EXTRAMEATAL).all()
    assert (labels[tissues == Tissue.INTRAMEATAL_CYST] == Label.INTRAMEATAL).all()
    assert plain_mask.any()


def test_without_cysts_asked_for_there_are_none():
    tissues = grow_one(2, PLAIN, 2.5)[2]
    assert not np.isin(tissues, (Tissue.EXTRAMEATAL_CYST, Tissue.INTRAMEATAL_CYST, Tissue.PERITUMORAL_CYST)).any()


def test_strands_are_thin_and_belong_to_the_tumor():
    for seed in range(3):
        plain, stranded = (grow_one(seed, replace(PLAIN, strand_share=share), 2.5)[2] for share in (0, 1))
        strands = np.isin(stranded, (Tissue.EXTRAMEATAL_CYST, Tissue.INTRAMEATAL_CYST))
        assert np.array_equal(target_labels(plain), target_labels(stranded))
        assert 0.005 < strands.sum() / np.isin(plain, SOLID).sum() < 0.15
        assert np.quantile(ndimage.distance_transform_edt(strands, MM)[strands], 0.95) <= 2.0
