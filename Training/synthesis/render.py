"""From tissues to an MR image: texture, partial volume, and the faults of a scanner.

The order is that of an acquisition: tissues and their texture, slices, coil and field, k-space with noise, then what is
done to the stored image.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.appearance import convolved, curved, draw_curve
from Training.synthesis.artifacts import add_ghosts, bands, coil_shading
from Training.synthesis.contrast import Contrast
from Training.synthesis.kspace import reconstruct
from Training.synthesis.noise import smooth_field
from Training.synthesis.skull_base import expected_tissues, loose_bone, with_skull_base
from Training.synthesis.slices import Profile, fade_ends, to_slices, wrap
from Training.synthesis.structure import paint_structure
from Training.synthesis.tissues import Tissue

Image = NDArray[np.float32]


class Coil(NamedTuple):
    """Where the image is darkest, from its middle along H and W, and how it brightens from there."""

    center_mm: tuple[float, float]
    ratio: float
    over_mm: float


class SlabEnd(NamedTuple):
    """An end of the slab within the image."""

    at_first: bool
    """At the first slices; else at the last."""
    slices: int
    loss: float
    """Of signal, in the outermost."""
    wrapped: float
    """Share of the other end's signal there."""


@dataclass(frozen=True, kw_only=True)
class AcquisitionRanges:
    """What the faults of a scan are drawn from; lengths in mm, intensities in units of the brightest tissue.

    A share of 0 draws nothing, so that the other draws stay as they are.
    """

    slice_mm: tuple[float, ...] = (1.0, 1.5, 1.5, 1.5, 1.5, 2.0, 3.0, 4.0, 5.0)
    """Drawn from with equal chance each; multiples of the fine spacing."""
    real_profile_share: float = 0.9
    """Slices with a sinc profile (3D) or a Gaussian one (2D), and a place of their own; the others are ideal."""
    cut_share: float = 0.9
    """Images cut to their true matrix in k-space, at `pixel_mm`; the others are only smoothed."""
    pixel_mm: tuple[float, float] = (0.5, 1.0)
    """True pixel along H and W: 0.6 to 0.8 on T2 with 45 to 70 % of k-space filled, 0.9 to 1.1 on ceT1."""
    hamming_share: float = 0.3
    """Of the cut ones, filtered as well."""
    partial_share: float = 0.3
    """Of the cut ones, with partial Fourier, 5 or 6 of 8 lines."""
    blur_mm: tuple[float, float] = (0.0, 0.3)
    """Standard deviation of the in-plane smoothing, by the scanner or afterwards."""
    noise: tuple[float, float] = (0.004, 0.09)
    bias: tuple[float, float] = (0.0, 0.25)
    coil_share: float = 0.5
    """Images brighter near a surface coil, by `coil_ratio` over `coil_over_mm`."""
    coil_ratio: tuple[float, float] = (1.2, 2.5)
    coil_over_mm: tuple[float, float] = (60.0, 100.0)
    end_share: float = 0.12
    """Images at an end of their slab: 2 to 5 slices there lose 30 to 70 % of signal, and the other end wraps in."""
    band_share: float = 0.06
    pulsation_share: float = 0.15
    """Images with ghosts of arteries and sinuses along one axis."""
    gamma: tuple[float, float] = (0.65, 1.6)
    curve_share: float = 0.3
    """Images through a random rising curve of intensities."""
    convolved_share: float = 0.15
    """Images through 1 to 4 small random convolutions, blended with themselves by at most `convolved_blend`."""
    convolved_blend: float = 0.5
    ghost_share: float = 0.06
    clip_share: float = 0.5
    """Images whose brightest voxels were cut off, as many converters and data sets have it."""
    clip_at: tuple[float, float] = (0.85, 1.4)
    """Where, in units of CSF."""
    floor_share: float = 0.25
    """Images whose darkest voxels were cut off as well, at up to 0.05."""


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
    floor: float = 0.0
    profile: Profile = "box"
    slice_phase: int = 0
    """By how many fine slices the first of thick slices is late."""
    pixel_mm: tuple[float, float] | None = None
    """True pixel along H and W; None keeps every frequency."""
    hamming: bool = False
    partial: float = 1.0
    coil: Coil | None = None
    slab_end: SlabEnd | None = None
    bands: tuple[float, float] | None = None
    """How many periods the field spreads over, and how deep its bands are."""
    pulsation: tuple[float, int, int] | None = None
    """How strong ghosts are, their distance in pixels, and the axis."""
    curve: tuple[float, ...] | None = None
    convolutions: tuple[int, float] = (0, 0.0)
    """How many, and how much of the image is theirs."""


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
    return replace(drawn, **_draw_sampling(rng, ranges), **_draw_faults(rng, ranges))


def _draw_sampling(rng: np.random.Generator, ranges: AcquisitionRanges) -> dict[str, Any]:
    """Draw how slices and k-space are sampled."""
    drawn: dict[str, Any] = {}
    if ranges.real_profile_share > 0 and rng.random() < ranges.real_profile_share:
        drawn["profile"] = "sinc" if rng.random() < 0.7 else "gauss"
        drawn["slice_phase"] = int(rng.integers(0, 12))
    if ranges.cut_share > 0 and rng.random() < ranges.cut_share:
        first = rng.uniform(*ranges.pixel_mm)
        drawn["pixel_mm"] = (float(first), float(np.clip(first * rng.uniform(0.8, 1.25), *ranges.pixel_mm)))
        drawn["hamming"] = bool(rng.random() < ranges.hamming_share)
        drawn["partial"] = float(rng.choice([0.625, 0.75])) if rng.random() < ranges.partial_share else 1.0
    return drawn


def _draw_faults(rng: np.random.Generator, ranges: AcquisitionRanges) -> dict[str, Any]:
    """Draw what few scans have."""
    u = rng.uniform
    drawn: dict[str, Any] = {}
    if ranges.coil_share > 0 and u() < ranges.coil_share:
        drawn["coil"] = Coil((u(-50, 50), u(-60, 60)), u(*ranges.coil_ratio), u(*ranges.coil_over_mm))
    if ranges.end_share > 0 and u() < ranges.end_share:
        drawn["slab_end"] = SlabEnd(bool(u() < 0.5), int(rng.integers(2, 6)), u(0.3, 0.7), u(0, 0.1))
    if ranges.band_share > 0 and u() < ranges.band_share:
        drawn["bands"] = (u(0.3, 1.2), u(0.3, 0.9))
    if ranges.pulsation_share > 0 and u() < ranges.pulsation_share:
        drawn["pulsation"] = (u(0.02, 0.1), int(rng.integers(12, 50)), int(rng.integers(1, 3)))
    if ranges.floor_share > 0 and u() < ranges.floor_share:
        drawn["floor"] = u(0, 0.05)
    if ranges.curve_share > 0 and u() < ranges.curve_share:
        drawn["curve"] = draw_curve(rng)
    if ranges.convolved_share > 0 and u() < ranges.convolved_share:
        drawn["convolutions"] = (int(rng.integers(1, 5)), u(0.1, ranges.convolved_blend))
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
    image = _painted(rng, tissues, spacing_mm, contrast, acquisition)
    mm = (spacing_mm * slice_step, spacing_mm, spacing_mm)
    pulsing = _pulsing(image, tissues, acquisition)
    sigma = acquisition.blur_mm / spacing_mm
    if sigma > 0:
        image = ndimage.gaussian_filter(image, (0, sigma, sigma), truncate=3)
    image = _sliced(image, spacing_mm, slice_step, acquisition)
    if acquisition.coil is not None:
        image *= coil_shading(image.shape, mm, *acquisition.coil)
    if acquisition.bias > 0:
        as_long_as_the_scan = [n * 1.2 for n in image.shape]
        image *= np.exp(acquisition.bias * smooth_field(rng, image.shape, as_long_as_the_scan))
    if acquisition.bands is not None:
        image *= bands(rng, image.shape, mm, *acquisition.bands)
    if acquisition.slab_end is not None:
        image = _at_slab_end(image, acquisition.slab_end)
    if acquisition.ghost > 0:
        image += acquisition.ghost * np.roll(image, acquisition.ghost_shift, axis=1)
    if pulsing is not None and acquisition.pulsation is not None:
        image = add_ghosts(image, _sliced(pulsing, spacing_mm, slice_step, acquisition), *acquisition.pulsation)
    if acquisition.pixel_mm is None:
        image = _with_white_noise(rng, image, acquisition.noise)
    else:
        window: Literal["none", "hamming"] = "hamming" if acquisition.hamming else "none"
        image = reconstruct(
            rng,
            image,
            spacing_mm,
            acquisition.pixel_mm,
            acquisition.noise,
            filtered=window,
            partial=acquisition.partial,
        )
    image = toned(image, acquisition, float(contrast.mean.max()))
    return convolved(rng, image, *acquisition.convolutions)


def _painted(
    rng: np.random.Generator,
    tissues: NDArray[np.uint8],
    spacing_mm: float,
    contrast: Contrast,
    acquisition: Acquisition,
) -> Image:
    """Return what every fine voxel would show by itself."""
    if contrast.skull_base is not None:
        tissues = with_skull_base(rng, tissues, spacing_mm, contrast.skull_base)
    image = contrast.mean[tissues]
    for amplitudes, wave in zip(
        (contrast.fine_texture, contrast.coarse_texture), acquisition.texture_wave_mm, strict=True
    ):
        image += amplitudes[tissues] * smooth_field(rng, tissues.shape, wave / spacing_mm)
    paint_structure(rng, image, tissues, spacing_mm, contrast)
    return np.maximum(image, 0, out=image)


def _pulsing(image: Image, tissues: NDArray[np.uint8], acquisition: Acquisition) -> Image | None:
    """Return what of the image ghosts: blood, and the CSF that moves with it, a little."""
    if acquisition.pulsation is None:
        return None
    weight = np.zeros(256, dtype=np.float32)
    weight[[Tissue.ARTERY, Tissue.VENOUS_SINUS]] = 1.0
    weight[Tissue.CSF] = 0.15
    return np.asarray(weight[tissues] * np.maximum(image, 0.3 * image.max()))  # a void that moves ghosts as well


def _sliced(image: Image, spacing_mm: float, slice_step: int, acquisition: Acquisition) -> Image:
    thickness = round(acquisition.slice_mm / spacing_mm)
    sliced = to_slices(image, thickness, slice_step, acquisition.profile, acquisition.slice_phase)
    return np.maximum(sliced, 0, out=sliced)


def _at_slab_end(image: Image, end: SlabEnd) -> Image:
    ordered = image if end.at_first else image[::-1]
    ended = fade_ends(wrap(ordered, end.slices, end.wrapped), end.slices, 0, end.loss)
    return ended if end.at_first else ended[::-1]


def _with_white_noise(rng: np.random.Generator, image: Image, noise: float) -> Image:
    """Return the magnitude with noise in every pixel of its own."""
    real = image + noise * rng.standard_normal(image.shape, dtype=np.float32)
    imaginary = noise * rng.standard_normal(image.shape, dtype=np.float32)
    return np.asarray(np.sqrt(real**2 + imaginary**2))  # Rician: Gudbjartsson and Patz 1995


def toned(image: Image, acquisition: Acquisition, highest: float) -> Image:
    """Return intensities as they are stored: cut off below and above, through gamma and curve.

    `highest` is the intensity of the brightest tissue, where a curve ends.
    """
    image = np.minimum(image, np.float32(acquisition.clip))
    if acquisition.floor > 0:
        image = np.maximum(image - np.float32(acquisition.floor), 0)
    image = apply_gamma(image, acquisition.gamma)
    return image if acquisition.curve is None else curved(image, acquisition.curve, highest)


def apply_gamma(image: Image, gamma: float) -> Image:
    """Return image ** gamma; intensities are about 0 to 1, so the range stays."""
    return image if gamma == 1.0 else np.asarray(np.power(image, np.float32(gamma)), dtype=np.float32)


def region_statistics(
    tissues: NDArray[np.uint8],
    contrast: Contrast,
    acquisition: Acquisition,
    stride: Sequence[int] = (6, 4, 4),
    *,
    spacing_mm: float = 0.5,
) -> tuple[float, float]:
    """Return mean and standard deviation that `render` would give over a whole region, without rendering it."""
    sample = tissues[tuple(slice(None, None, s) for s in stride)]
    counts = np.bincount(sample.ravel(), minlength=len(contrast.mean)) / sample.size
    if contrast.skull_base is not None:
        loose = loose_bone(sample, [s * spacing_mm for s in stride], contrast.skull_base.clear_mm)
        counts = expected_tissues(counts, float(loose.mean()), contrast.skull_base)
    values = np.hypot(np.maximum(contrast.mean, 0), acquisition.noise)
    spread = contrast.fine_texture**2 + contrast.coarse_texture**2 + (acquisition.bias * values) ** 2
    seen = toned(values.astype(np.float32), replace(acquisition, clip=np.inf), float(contrast.mean.max()))
    mean = float((counts * seen).sum())
    variance = float((counts * ((seen - mean) ** 2 + 0.5 * spread)).sum())
    return mean, float(np.sqrt(variance))
