"""From tissues to an MR image: texture, partial volume, and the faults of a scanner."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.contrast import Contrast
from Training.synthesis.noise import smooth_field
from Training.synthesis.structure import paint_structure

Image = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class AcquisitionRanges:
    """What the faults of a scan are drawn from; lengths in mm, intensities in units of the brightest tissue."""

    slice_mm: tuple[float, ...] = (1.0, 1.5, 1.5, 1.5, 1.5, 2.0, 3.0)
    """Drawn from with equal chance each; multiples of the fine spacing."""
    blur_mm: tuple[float, float] = (0.15, 0.45)
    """Standard deviation of the in-plane point spread."""
    noise: tuple[float, float] = (0.004, 0.09)
    bias: tuple[float, float] = (0.0, 0.4)
    gamma: tuple[float, float] = (0.75, 1.4)
    ghost_share: float = 0.12
    clip_share: float = 0.5
    """Images whose brightest voxels were cut off, as many converters and data sets have it."""
    clip_at: tuple[float, float] = (0.85, 1.4)
    """Where, in units of CSF."""


@dataclass(frozen=True, eq=False)
class Acquisition:
    """One drawn scanner: what `render` does to a tissue map."""

    slice_mm: float
    blur_mm: float
    noise: float
    bias: float
    gamma: float
    ghost: float
    ghost_shift: int
    texture_wave_mm: tuple[float, float]
    clip: float = np.inf


def draw_acquisition(rng: np.random.Generator, ranges: AcquisitionRanges) -> Acquisition:
    """Draw the scanner of one image."""
    drawn = Acquisition(
        slice_mm=float(rng.choice(ranges.slice_mm)),
        blur_mm=float(rng.uniform(*ranges.blur_mm)),
        noise=float(np.exp(rng.uniform(*np.log(ranges.noise)))),
        bias=float(rng.uniform(*ranges.bias)),
        gamma=float(np.exp(rng.uniform(*np.log(ranges.gamma)))) if rng.random() < 0.6 else 1.0,
        ghost=float(rng.uniform(0.02, 0.12)) if rng.random() < ranges.ghost_share else 0.0,
        ghost_shift=int(rng.integers(20, 60)),
        texture_wave_mm=(float(rng.uniform(0.8, 2.2)), float(rng.uniform(3, 9))),
    )
    if ranges.clip_share > 0 and rng.random() < ranges.clip_share:
        drawn = replace(drawn, clip=float(rng.uniform(*ranges.clip_at)))
    return drawn


def render(
    rng: np.random.Generator,
    tissues: NDArray[np.uint8],
    spacing_mm: float,
    contrast: Contrast,
    acquisition: Acquisition,
    *,
    slice_step: int,
) -> Image:
    """Return the image of a tissue map with slices `slice_step` fine voxels apart and in-plane pixels as fine as given.

    Args:
        rng: Draws texture and noise.
        tissues: (D, H, W) `Tissue` values on an isotropic grid; D is a multiple of `slice_step`.
        spacing_mm: Voxel size of that grid.
        contrast: Look of the tissues.
        acquisition: Faults of the scanner.
        slice_step: How many fine slices lie between the centers of two slices of the result.

    Returns:
        (D / slice_step, H, W) float32; each voxel averages a slab of `acquisition.slice_mm`, so that a thick slice
        shows partial volume as a real one does.
    """
    shape = tissues.shape
    image = contrast.mean[tissues]
    for amplitudes, wave in zip(
        (contrast.fine_texture, contrast.coarse_texture), acquisition.texture_wave_mm, strict=True
    ):
        image += amplitudes[tissues] * smooth_field(rng, shape, wave / spacing_mm)
    paint_structure(rng, image, tissues, spacing_mm, contrast)
    np.maximum(image, 0, out=image)
    sigma = acquisition.blur_mm / spacing_mm
    image = ndimage.gaussian_filter(image, (0, sigma, sigma), truncate=3)
    image = _to_slices(image, round(acquisition.slice_mm / spacing_mm), slice_step)
    if acquisition.bias > 0:
        as_long_as_the_scan = [n * 1.2 for n in image.shape]
        image *= np.exp(acquisition.bias * smooth_field(rng, image.shape, as_long_as_the_scan))
    if acquisition.ghost > 0:
        image += acquisition.ghost * np.roll(image, acquisition.ghost_shift, axis=1)
    real = image + acquisition.noise * rng.standard_normal(image.shape, dtype=np.float32)
    imaginary = acquisition.noise * rng.standard_normal(image.shape, dtype=np.float32)
    magnitude = np.sqrt(real**2 + imaginary**2)  # Rician: Gudbjartsson and Patz 1995
    return apply_gamma(np.minimum(magnitude, np.float32(acquisition.clip)), acquisition.gamma)


def apply_gamma(image: Image, gamma: float) -> Image:
    """Return image ** gamma; intensities are about 0 to 1, so the range stays."""
    return image if gamma == 1.0 else np.asarray(np.power(image, np.float32(gamma)), dtype=np.float32)


def _to_slices(image: Image, thickness: int, step: int) -> Image:
    """Average slabs of `thickness` fine slices, then place them `step` apart, slice k centered on fine slab k."""
    count = image.shape[0] // step
    whole = (thickness - step) % 2 == 0  # else a slab centered on its slice begins and ends inside a fine slice
    weights = np.ones(thickness) if whole else np.array([0.5, *np.ones(thickness - 1), 0.5])
    slabs = ndimage.correlate1d(image, weights / thickness, axis=0, mode="nearest")
    if thickness <= step:
        return np.ascontiguousarray(slabs[step // 2 :: step][:count])
    # Slices thicker than the step were acquired `thickness` apart and are interpolated to the step.
    centers = np.arange(thickness // 2, image.shape[0], thickness)
    wanted = np.clip((np.arange(count) * step + step // 2 - centers[0]) / thickness, 0, len(centers) - 1)
    below = np.minimum(wanted.astype(int), max(len(centers) - 2, 0))
    weight = (wanted - below).astype(np.float32)[:, None, None]
    acquired = slabs[centers]
    above = np.minimum(below + 1, len(centers) - 1)
    return np.asarray(acquired[below] * (1 - weight) + acquired[above] * weight)


def region_statistics(
    tissues: NDArray[np.uint8], contrast: Contrast, acquisition: Acquisition, stride: Sequence[int] = (6, 4, 4)
) -> tuple[float, float]:
    """Return mean and standard deviation that `render` would give over a whole region, without rendering it."""
    sample = tissues[tuple(slice(None, None, s) for s in stride)]
    counts = np.bincount(sample.ravel(), minlength=len(contrast.mean)) / sample.size
    values = np.hypot(np.maximum(contrast.mean, 0), acquisition.noise)
    spread = contrast.fine_texture**2 + contrast.coarse_texture**2 + (acquisition.bias * values) ** 2
    seen = apply_gamma(values.astype(np.float32), acquisition.gamma)
    mean = float((counts * seen).sum())
    variance = float((counts * ((seen - mean) ** 2 + 0.5 * spread)).sum())
    return mean, float(np.sqrt(variance))
