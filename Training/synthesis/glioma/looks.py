"""How a head with a glioma looks in FLAIR, T1, T1 with contrast agent and T2: one scanner, four contrasts.

The means are the usual order of brightness of each weighting, white matter in T1 and gray matter in the others about 1.
They are this program's choice: no relaxation times, measured nowhere.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.glioma.growth import EDEMA, ENHANCING, NECROSIS
from Training.synthesis.noise import smooth_field
from Training.synthesis.tissues import BRAIN, Tissue

INPUTS = ("FLAIR", "T1", "ceT1", "T2")
"""In the order of the channels, as BraTS comes in."""
KEPT = (*BRAIN, Tissue.CSF, Tissue.CHOROID_PLEXUS)
"""What is left where the skull is taken off."""
_TUMOR_FROM = 64
"""Tumor label k is drawn as tissue 64 + k."""
_MEANS: Mapping[int, tuple[float, float, float, float]] = {
    Tissue.AIR: (0.02, 0.02, 0.02, 0.02),
    Tissue.BONE: (0.12, 0.12, 0.12, 0.1),
    Tissue.MARROW: (0.5, 0.8, 0.85, 0.5),
    Tissue.MUSCLE: (0.5, 0.5, 0.6, 0.35),
    Tissue.FAT: (0.9, 1.3, 1.3, 0.9),
    Tissue.CSF: (0.15, 0.25, 0.27, 1.7),
    Tissue.BRAINSTEM: (0.75, 0.92, 0.94, 0.75),
    Tissue.CEREBELLAR_WHITE: (0.75, 0.97, 1.0, 0.7),
    Tissue.CEREBELLAR_GRAY: (0.95, 0.72, 0.75, 0.95),
    Tissue.CEREBRAL_WHITE: (0.75, 1.0, 1.02, 0.65),
    Tissue.CEREBRAL_GRAY: (1.0, 0.72, 0.75, 1.0),
    Tissue.ARTERY: (0.2, 0.4, 1.4, 0.15),
    Tissue.VENOUS_SINUS: (0.4, 0.5, 1.5, 0.3),
    Tissue.OTHER: (0.5, 0.5, 0.6, 0.5),
    _TUMOR_FROM + NECROSIS: (0.75, 0.42, 0.45, 1.5),
    _TUMOR_FROM + EDEMA: (1.5, 0.78, 0.8, 1.4),
    _TUMOR_FROM + ENHANCING: (1.25, 0.7, 1.55, 1.15),
}
_VARY = 0.1
"""Standard deviation of the logarithm of each mean, from head to head."""
_RANGES = ((0.02, 0.07), (0.3, 0.8), (0.0, 0.15), (0.02, 0.06))
"""Of noise, blur in voxels, bias field and texture."""
_NECROSIS_VARY = 0.35
"""That of necrosis, which may be fluid or blood."""


class Look(NamedTuple):
    """One contrast of one head."""

    means: NDArray[np.float32]
    """By tissue, or `_TUMOR_FROM` and a label."""
    noise: float
    blur_voxels: float
    bias: float
    texture: float


def draw_looks(rng: np.random.Generator) -> tuple[Look, ...]:
    """Return one look for each of `INPUTS`."""
    vary = {key: _NECROSIS_VARY if key == _TUMOR_FROM + NECROSIS else _VARY for key in _MEANS}
    shared = {key: rng.normal(0, vary[key]) for key in _MEANS}  # T1 with and without agent: one tissue, one T1
    looks = []
    for number, name in enumerate(INPUTS):
        means = np.full(256, 0.5, np.float32)
        for key, of_inputs in _MEANS.items():
            shift = shared[key] if name == "T1" else rng.normal(0, vary[key])
            if name == "ceT1":
                shift = shared[key] + rng.normal(0, vary[key] / 3)
            means[key] = of_inputs[number] * np.exp(shift)
        noise, blur, bias, texture = (float(rng.uniform(low, high)) for low, high in _RANGES)
        looks.append(Look(means, noise, blur, bias, texture))
    return tuple(looks)


def intensity_of_head(look: Look, counts: NDArray[np.int64]) -> tuple[float, float]:
    """Return mean and deviation over a head without its tumor, from how many voxels each tissue has."""
    share = counts / counts.sum()
    means = look.means[: len(counts)].astype(np.float64)
    mean = float(share @ means)
    spread = float(share @ (means - mean) ** 2) + look.noise**2 + (mean * look.texture) ** 2
    return mean, float(np.sqrt(spread))


def rendered(
    rng: np.random.Generator, tissues: NDArray[np.uint8], labels: NDArray[np.uint8], look: Look, spacing_mm: float
) -> NDArray[np.float32]:
    """Return one scan (D, H, W), white or gray matter about 1: means, texture, blur, bias field, Rician noise."""
    shown = np.where(labels > 0, _TUMOR_FROM + labels, tissues)
    image = look.means[shown]
    image = image * (1 + np.float32(look.texture) * smooth_field(rng, shown.shape, 6.0 / spacing_mm))
    image = ndimage.gaussian_filter(image, look.blur_voxels)
    image = image * np.exp(np.float32(look.bias) * smooth_field(rng, shown.shape, 120.0 / spacing_mm))
    real, imaginary = (rng.normal(0, look.noise, shown.shape).astype(np.float32) for _ in range(2))
    return np.asarray(np.hypot(image + real, imaginary), np.float32)
