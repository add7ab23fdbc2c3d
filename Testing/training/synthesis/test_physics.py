"""Signals against the published table of relative values, which was worked out from the same T1 and T2."""

import numpy as np
import pytest

from Training.synthesis import physics
from Training.synthesis.physics import (
    balanced_ssfp,
    inversion_recovery,
    spoiled_gradient_echo,
    turbo_spin_echo,
)

CISS = {"flip_deg": 70, "tr_ms": 9.95, "te_ms": 4.43}
TSE = {"te_ms": 118}
FLASH = {"flip_deg": 20, "tr_ms": 12, "te_ms": 4.8}
# Of CSF on CISS and TSE, of an enhanced tumor on FLASH: the reference table of signals at 1.5 T.
TABLE = {
    "GRAY": (0.27, 0.25, 0.44),
    "WHITE": (0.25, 0.15, 0.48),
    "NERVE": (0.23, 0.19, 0.40),
    "MUSCLE": (0.14, 0.06, 0.42),
    "FAT": (0.66, None, 1.3),
    "COMPACT_TUMOR": (0.26, 0.28, 0.40),
    "LOOSE_TUMOR": (0.44, 0.61, 0.31),
    "CYST": (0.77, 0.91, 0.23),
    "ENHANCED_TUMOR": (0.59, 0.24, 1.0),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_table_of_relative_signals_follows_from_the_equations(name: str):
    tissue = getattr(physics, name)
    found = (
        balanced_ssfp(tissue, **CISS) / balanced_ssfp(physics.CSF, **CISS),
        turbo_spin_echo(tissue, **TSE) / turbo_spin_echo(physics.CSF, **TSE),
        spoiled_gradient_echo(tissue, **FLASH) / spoiled_gradient_echo(physics.ENHANCED_TUMOR, **FLASH),
    )
    for value, wanted in zip(found, TABLE[name], strict=True):
        assert wanted is None or value == pytest.approx(wanted, abs=0.02, rel=0.04)


def test_csf_has_a_seventh_of_an_enhanced_tumors_signal_on_flash():
    ratio = spoiled_gradient_echo(physics.CSF, **FLASH) / spoiled_gradient_echo(physics.ENHANCED_TUMOR, **FLASH)
    assert ratio == pytest.approx(0.14, abs=0.005)


def test_the_ernst_angle_gives_most_signal():
    tr, t1 = 12.0, 700.0
    ernst = np.degrees(np.arccos(np.exp(-tr / t1)))
    best, less, more = (spoiled_gradient_echo(physics.WHITE, flip_deg=ernst + d, tr_ms=tr) for d in (0, -1, 1))
    assert best > max(less, more)


def test_a_steady_state_of_short_repetitions_weighs_t2_over_t1():
    # Limit of TR much below T2: sin a / (1 + cos a + (1 - cos a) T1 / T2), Haacke, eq. 18.61.
    flip = np.radians(50)
    wanted = 0.82 * np.sin(flip) / (1 + np.cos(flip) + (1 - np.cos(flip)) * 950 / 95)
    assert balanced_ssfp(physics.GRAY, flip_deg=50, tr_ms=0.01) == pytest.approx(wanted, rel=1e-3)


def test_a_tissue_is_nulled_at_its_own_inversion_time():
    tr, t1 = 2000.0, 950.0
    null = t1 * np.log(2 / (1 + np.exp(-tr / t1)))
    assert inversion_recovery(physics.GRAY, ti_ms=null, tr_ms=tr) == pytest.approx(0, abs=1e-9)


def test_a_driven_train_brightens_csf_over_brain_at_short_repetition():
    csf, gray = (
        [turbo_spin_echo(t, te_ms=118, tr_ms=750, driven=d) for d in (False, True)] for t in (physics.CSF, physics.GRAY)
    )
    assert csf[1] / gray[1] > 2 * csf[0] / gray[0]


def test_contrast_medium_adds_its_rate_to_those_of_the_tissue():
    enhanced = physics.COMPACT_TUMOR.enhanced(2.0, 0.5)
    assert 1000 / enhanced.t1_ms == pytest.approx(1000 / 1100 + 2.0)
    assert 1000 / enhanced.t2_ms == pytest.approx(1000 / 100 + 1.0)
