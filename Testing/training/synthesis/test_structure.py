from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from Training.synthesis.contrast import Contrast, Septa, draw_contrast
from Training.synthesis.first_looks import FIRST_CONTRAST
from Training.synthesis.structure import paint_structure
from Training.synthesis.tissues import Tissue

MM = 0.5
FLAT = np.zeros(len(Tissue), np.float32)
PLAIN = Contrast("T2", FLAT, FLAT, FLAT)
SEPTA = Septa(chamber_mm=5.0, septum_mm=1.0, wall=0.2, chambers=(0.7, 1.0))


def ball_of_tumor() -> np.ndarray:
    d, h, w = np.ogrid[:48, :48, :48]
    tissues = np.full((48, 48, 48), Tissue.CSF, np.uint8)
    tissues[(d - 24) ** 2 + (h - 24) ** 2 + (w - 24) ** 2 <= 18**2] = Tissue.EXTRAMEATAL_TUMOR
    return tissues


def painted(contrast: Contrast, tissues: np.ndarray, seed: int = 1) -> np.ndarray:
    image = np.where(tissues == Tissue.EXTRAMEATAL_TUMOR, np.float32(0.5), np.float32(1.0))
    paint_structure(np.random.default_rng(seed), image, tissues, MM, contrast)
    return image


def test_septa_part_the_tumor_into_chambers_each_of_one_intensity():
    tissues = ball_of_tumor()
    tumor = tissues == Tissue.EXTRAMEATAL_TUMOR
    image = painted(replace(PLAIN, septa=SEPTA), tissues)
    walls = tumor & np.isclose(image, SEPTA.wall, atol=1e-5)
    chambers, count = ndimage.label(tumor & ~walls)
    assert count >= 8  # a ball of 18 mm, chambers of 5 mm
    assert 0.05 < walls.sum() / tumor.sum() < 0.7
    largest = np.argsort(np.bincount(chambers.ravel())[1:])[-5:] + 1
    for chamber in largest:
        values = image[chambers == chamber]
        assert np.ptp(values) < 1e-5
        assert 0.7 - 1e-5 <= values[0] <= 1.0 + 1e-5


def test_what_is_no_tumor_is_left_alone():
    tissues = ball_of_tumor()
    image = painted(replace(PLAIN, septa=SEPTA, rim=0.5), tissues)
    assert (image[tissues == Tissue.CSF] == 1.0).all()
    healthy = np.full_like(tissues, Tissue.CSF)
    assert (painted(replace(PLAIN, septa=SEPTA, rim=0.5), healthy) == 1.0).all()


def test_a_capsule_darkens_the_outermost_voxel_of_the_tumor_only():
    tissues = ball_of_tumor()
    tumor = tissues == Tissue.EXTRAMEATAL_TUMOR
    image = painted(replace(PLAIN, rim=0.4), tissues)
    inner = ndimage.binary_erosion(tumor)
    assert image[tumor & ~inner] == pytest.approx(0.2)
    assert image[inner] == pytest.approx(0.5)


def test_texture_stays_on_top_of_the_chambers():
    tissues = ball_of_tumor()
    tumor = tissues == Tissue.EXTRAMEATAL_TUMOR
    noise = np.random.default_rng(3).normal(0, 0.1, tissues.shape).astype(np.float32)
    image = np.where(tumor, 0.5 + noise, np.float32(1.0)).astype(np.float32)
    paint_structure(np.random.default_rng(1), image, tissues, MM, replace(PLAIN, septa=SEPTA))
    without = painted(replace(PLAIN, septa=SEPTA), tissues)
    assert np.std((image - without)[tumor]) == pytest.approx(np.std(noise[tumor]), rel=1e-3)


def test_septa_and_capsules_come_in_the_shares_asked_for_and_never_unasked():
    rng = np.random.default_rng(4)
    ranges = replace(FIRST_CONTRAST, septated_share=0.3, rim_share=0.6)
    drawn = [draw_contrast(rng, "T2", ranges) for _ in range(600)]
    assert np.mean([c.septa is not None for c in drawn]) == pytest.approx(0.3, abs=0.08)  # over four deviations
    assert np.mean([c.rim is not None for c in drawn]) == pytest.approx(0.6, abs=0.08)
    assert all(c.septa.chambers[0] <= c.septa.chambers[1] for c in drawn if c.septa is not None)
    unasked = [draw_contrast(rng, "T2", FIRST_CONTRAST) for _ in range(20)]
    assert all(c.septa is None and c.rim is None for c in (*unasked, draw_contrast(rng, "ceT1", ranges)))
