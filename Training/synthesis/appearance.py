"""The last change of a look: a few small random convolutions and a random curve of intensities.

Convolutions: global intensity non-linear augmentation, Ouyang et al., IEEE Transactions on Medical Imaging 2022
(10.1109/TMI.2022.3224067): shallow networks with random weights, blended with the image and set back to its norm.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from VSSegmentationLib.tensors import array_of, tensor_of

Image = NDArray[np.float32]
_CHANNELS = 2
_LEAK = 0.2


def convolved(rng: np.random.Generator, image: Image, layers: int, blend: float) -> Image:
    """Return (S, H, W) through `layers` random 3 x 3 convolutions, blended with itself; mean and deviation stay.

    Args:
        rng: Draws the weights.
        image: float32.
        layers: 0 returns the image.
        blend: Share of the result that is convolved.
    """
    if layers == 0 or blend == 0:
        return image
    mean, deviation = float(image.mean()), max(float(image.std()), 1e-6)
    start = tensor_of(np.ascontiguousarray((image - mean) / deviation))[:, None]  # slices are a batch
    result = start
    with torch.inference_mode():
        for number in range(layers):
            leaving = 1 if number == layers - 1 else _CHANNELS
            weights = rng.standard_normal((leaving, result.shape[1], 3, 3), dtype=np.float32)
            result = torch.nn.functional.conv2d(
                torch.nn.functional.pad(result, (1, 1, 1, 1), mode="replicate"), tensor_of(weights)
            )
            if number < layers - 1:
                result = torch.nn.functional.leaky_relu(result, _LEAK)
        result = (result - result.mean()) / result.std().clamp_min(1e-6)
        mixed = (1 - blend) * start + blend * result
        mixed = (mixed - mixed.mean()) / mixed.std().clamp_min(1e-6)
    return np.asarray(array_of(mixed[:, 0]) * np.float32(deviation) + np.float32(mean), dtype=np.float32)


def draw_curve(rng: np.random.Generator, knots: int = 5) -> tuple[float, ...]:
    """Return what 0, 1 / (knots - 1) ... 1 of the range become: rising, never flat, 0 and 1 stay."""
    steps = rng.uniform(0.25, 1.75, knots - 1)
    return (0.0, *np.cumsum(steps / steps.sum()).tolist())


def curved(image: Image, curve: Sequence[float], highest: float) -> Image:
    """Return intensities through a curve over 0 to `highest`, straight between its knots and beyond its end."""
    if highest <= 0:
        return image
    places = np.linspace(0, highest, len(curve))
    values = np.asarray(curve, dtype=np.float64) * highest
    slope = (values[-1] - values[-2]) / (places[-1] - places[-2])
    beyond = np.maximum(image - np.float32(highest), 0) * np.float32(slope)
    return np.asarray(np.interp(image, places, values).astype(np.float32) + beyond, dtype=np.float32)
