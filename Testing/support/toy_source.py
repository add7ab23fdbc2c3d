"""Balls in noise: a source of samples that a tiny network learns in seconds."""

import numpy as np
from numpy.typing import NDArray


class BallsInNoise:
    """Sample i shows one bright ball at a place and of a size drawn from (seed, i)."""

    def __init__(self, seed: int = 0, shape_dhw: tuple[int, int, int] = (4, 16, 16)) -> None:
        self._seed = seed
        self._shape = shape_dhw

    def sample(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        random = np.random.default_rng([self._seed, index])
        center = [random.uniform(0.3, 0.7) * size for size in self._shape]
        radius = random.uniform(2.5, 4.0)
        d, h, w = np.ogrid[tuple(slice(size) for size in self._shape)]
        # Slices are three times as thick as a pixel is wide, as in the networks' training.
        ball = (3 * (d - center[0])) ** 2 + (h - center[1]) ** 2 + (w - center[2]) ** 2 <= radius**2
        image = random.normal(0.0, 0.5, self._shape) + 2.0 * ball
        return image[np.newaxis].astype(np.float32), ball.astype(np.uint8)
