"""How much signal a tissue gives: T1, T2, proton density, and the equations of the sequences that ear scans use.

One sequence is drawn for a scan, so its tissues move together as they do in reality, which independent draws do not
give. Equations: Haacke et al., Magnetic Resonance Imaging, 2014, chapters 8 and 18; Bernstein et al., Handbook of MRI
Pulse Sequences, 2004, chapters 14 and 16. Steady states only: no slice profile, no magnetization transfer.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Signal = NDArray[np.float64]


class Relaxation(NamedTuple):
    """What a tissue answers a pulse with; each entry is a number or an array over tissues."""

    t1_ms: ArrayLike
    t2_ms: ArrayLike
    density: ArrayLike
    """Of protons, 1 in CSF."""

    def enhanced(self, rate_per_s: ArrayLike, t2_weight: float = 0.5) -> "Relaxation":
        """Return it with contrast medium, which adds a rate to 1 / T1 and `t2_weight` times that to 1 / T2."""
        rate = np.asarray(rate_per_s, dtype=np.float64) / 1000
        t1 = 1 / (1 / np.asarray(self.t1_ms, dtype=np.float64) + rate)
        t2 = 1 / (1 / np.asarray(self.t2_ms, dtype=np.float64) + t2_weight * rate)
        return Relaxation(t1, t2, self.density)


CSF = Relaxation(4300, 2200, 1.0)
GRAY = Relaxation(950, 95, 0.82)
WHITE = Relaxation(700, 75, 0.70)
NERVE = Relaxation(900, 85, 0.73)
MUSCLE = Relaxation(900, 45, 0.78)
FAT = Relaxation(260, 70, 0.95)
COMPACT_TUMOR = Relaxation(1100, 100, 0.86)
LOOSE_TUMOR = Relaxation(1600, 250, 0.93)
CYST = Relaxation(2500, 800, 1.0)
MUCOSA = Relaxation(1300, 130, 0.85)
CHOROID_PLEXUS = Relaxation(1400, 160, 0.9)
BLOOD = Relaxation(1500, 180, 0.85)
RED_MARROW = Relaxation(700, 50, 0.6)
ENHANCED_TUMOR = COMPACT_TUMOR._replace(t1_ms=330, t2_ms=90)
"""Of a compact tumor some minutes after contrast medium: signals of T1 sequences are told in units of its own."""


def balanced_ssfp(tissue: Relaxation, *, flip_deg: float, tr_ms: float, te_ms: float = 0.0) -> Signal:
    """Return the signal of a balanced steady state on resonance (CISS, FIESTA, bFFE): Haacke, eq. 18.57.

    It decays on the way to the echo.
    """
    t1, t2, density = _arrays(tissue)
    e1, e2, flip = np.exp(-tr_ms / t1), np.exp(-tr_ms / t2), np.radians(flip_deg)
    steady = np.sin(flip) * (1 - e1) / (1 - (e1 - e2) * np.cos(flip) - e1 * e2)
    return np.asarray(density * steady * np.exp(-te_ms / t2))


def turbo_spin_echo(tissue: Relaxation, *, te_ms: float, tr_ms: float = np.inf, driven: bool = False) -> Signal:
    """Return the signal of a turbo spin echo at its effective echo time.

    A driven train turns what is left at its end, taken as twice the echo time, back along the field.
    """
    t1, t2, density = _arrays(tissue)
    e1 = np.exp(-tr_ms / t1)
    kept = e1 * np.exp(-2 * te_ms / t2) if driven else 0.0
    return np.asarray(density * (1 - e1) / (1 - kept) * np.exp(-te_ms / t2))


def spoiled_gradient_echo(tissue: Relaxation, *, flip_deg: float, tr_ms: float, te_ms: float = 0.0) -> Signal:
    """Return the signal of a spoiled gradient echo (FLASH, SPGR): the Ernst formula, Haacke, eq. 18.14."""
    t1, t2, density = _arrays(tissue)
    e1, flip = np.exp(-tr_ms / t1), np.radians(flip_deg)
    return np.asarray(density * np.sin(flip) * (1 - e1) / (1 - e1 * np.cos(flip)) * np.exp(-te_ms / t2))


def inversion_recovery(tissue: Relaxation, *, ti_ms: float, tr_ms: float, te_ms: float = 0.0) -> Signal:
    """Return the magnitude after an inversion (MPRAGE, its readout left out): Haacke, eq. 8.49."""
    t1, t2, density = _arrays(tissue)
    left = 1 - 2 * np.exp(-ti_ms / t1) / (1 + np.exp(-tr_ms / t1))
    return np.asarray(density * np.abs(left) * np.exp(-te_ms / t2))


def _arrays(tissue: Relaxation) -> tuple[Signal, Signal, Signal]:
    t1, t2, density = (np.asarray(value, dtype=np.float64) for value in tissue)
    return t1, t2, density
