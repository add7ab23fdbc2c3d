"""From fine slices to those of the scan: profile, thickness, gaps, and what goes wrong at the ends of a slab."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float32]
Profile = Literal["box", "sinc", "gauss"]


def profile_weights(profile: Profile, thickness: int, step: int) -> NDArray[np.float64]:
    """Return how much each fine slice counts in a slice that is `thickness` of them thick; an odd or even count.

    A box is an ideal slice. A sinc is one partition of a 3D slab, whose encoding along the slices is cut as well, under
    a Hamming window. A Gaussian, with the thickness as its full width at half maximum, is what a 2D pulse excites.
    """
    if profile == "box":
        whole = (thickness - step) % 2 == 0  # else a slab centered on its slice begins and ends inside a fine slice
        weights = np.ones(thickness) if whole else np.array([0.5, *np.ones(thickness - 1), 0.5])
        return np.asarray(weights / thickness)
    half_step = 0.0 if step % 2 else 0.5  # an even number of fine slices is centered between two of them
    reach = 2.5 * thickness if profile == "sinc" else 1.5 * thickness
    count = int(np.ceil(reach))
    place = np.arange(-count, count + 1) if half_step == 0 else np.arange(-count, count) + half_step
    if profile == "sinc":
        weights = np.sinc(place / thickness) * np.where(
            np.abs(place) <= reach, 0.54 + 0.46 * np.cos(np.pi * place / reach), 0
        )
    else:
        weights = np.exp(-4 * np.log(2) * (place / thickness) ** 2)
    return np.asarray(weights / weights.sum())


def to_slices(image: Image, thickness: int, step: int, profile: Profile = "box", phase: int = 0) -> Image:
    """Return slices `step` fine slices apart, slice k centered on the fine slab k, each `thickness` thick.

    Slices thicker than the step were acquired `thickness` apart, the first `phase` fine slices late, and are
    interpolated to the step.
    """
    count = image.shape[0] // step
    weights = profile_weights(profile, thickness, step)
    slabs = ndimage.correlate1d(image, weights, axis=0, mode="nearest")
    if thickness <= step:
        return np.ascontiguousarray(slabs[step // 2 :: step][:count])
    centers = np.arange(thickness // 2 + phase % thickness, image.shape[0], thickness)
    if phase % thickness > thickness // 2:
        centers = np.concatenate([centers[:1] - thickness, centers])
        centers = centers[centers >= 0]
    wanted = np.clip((np.arange(count) * step + step // 2 - centers[0]) / thickness, 0, len(centers) - 1)
    below = np.minimum(wanted.astype(int), max(len(centers) - 2, 0))
    weight = (wanted - below).astype(np.float32)[:, None, None]
    acquired = slabs[centers]
    above = np.minimum(below + 1, len(centers) - 1)
    return np.asarray(acquired[below] * (1 - weight) + acquired[above] * weight)


def fade_ends(image: Image, first: int, last: int, loss: float) -> Image:
    """Return slices whose `first` first and `last` last ones lose signal, the outermost most, as in a 3D slab."""
    factors = np.ones(image.shape[0], dtype=np.float32)
    for count, places in ((first, range(first)), (last, range(-1, -last - 1, -1))):
        for number, place in enumerate(places):
            factors[place] *= 1 - loss * (1 - number / count)
    return np.asarray(image * factors[:, None, None])


def wrap(image: Image, first: int, share: float) -> Image:
    """Return slices with a share of the opposite end added to the first ones: the slab's profile reaches too far."""
    if first == 0 or share == 0:
        return image
    wrapped = image.copy()
    weights = share * np.linspace(1, 0, first, endpoint=False, dtype=np.float32)
    wrapped[:first] += weights[:, None, None] * image[-first:]
    return wrapped
