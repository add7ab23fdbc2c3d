"""How a network is shown clicks and scribbles: one map for each sign, between 0 and 1."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.interaction.clicks import Interaction, Sign, points_of, squared_distance_mm2
from VSSegmentationLib.interaction.geodesic import geodesic_distance

Encoding = Literal["gaussian", "disk", "geodesic"]
_SCRIBBLE_STEP_MM = 0.5


@dataclass(frozen=True, kw_only=True)
class EncodingConfig:
    """What the maps look like; the same in training and in use."""

    kind: Encoding = "gaussian"
    """gaussian: exp(-d^2 / (2 sigma^2)); disk: 1 within sigma, 0 beyond; geodesic: 1 - d / `geodesic_mm`, at least 0,
    of the plain geodesic distance of DeepIGeoS (Wang et al., TPAMI 2019, arXiv:1707.00652), for comparison."""
    sigma_mm: float = 2.0
    """In mm, since voxels are three times as long through the slices as in them."""
    geodesic_mm: float = 20.0
    """Where the geodesic map is 0."""
    geodesic_weight: float = 0.5
    """lambda: 0 is the Euclidean distance, 1 counts differences of intensity alone."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Encoding):
            msg = f"encoding.kind must be one of {', '.join(get_args(Encoding))}, got {self.kind!r}"
            raise ConfigError(msg)
        if self.sigma_mm <= 0 or self.geodesic_mm <= 0:
            msg = f"sigma_mm and geodesic_mm must be > 0, got {self.sigma_mm} and {self.geodesic_mm}"
            raise ConfigError(msg)
        if not 0 <= self.geodesic_weight <= 1:
            msg = f"geodesic_weight must lie in 0..1, got {self.geodesic_weight}"
            raise ConfigError(msg)


def encoded(
    config: EncodingConfig,
    interactions: Sequence[Interaction],
    sign: Sign,
    shape: Shape,
    dhw_to_ras: Affine,
    *,
    image: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Return the map of all interactions of one sign.

    Args:
        config: What it looks like.
        interactions: Of both signs; those of the other are not looked at.
        sign: Which.
        shape: Of the grid.
        dhw_to_ras: Where the grid is.
        image: (D, H, W) normalized; needed by the geodesic map only.

    Returns:
        (D, H, W) float32, 1 at an interaction, 0 far away and where there is none.
    """
    points = points_of((each for each in interactions if each.sign == sign), _SCRIBBLE_STEP_MM)
    if not len(points):
        return np.zeros(shape, np.float32)
    if config.kind == "geodesic":
        if image is None:
            msg = "a geodesic map needs the image"
            raise ConfigError(msg)
        distance = geodesic_distance(image, points, dhw_to_ras, config.geodesic_weight)
        return np.asarray(np.clip(1 - distance / np.float32(config.geodesic_mm), 0, 1), dtype=np.float32)
    square = squared_distance_mm2(shape, dhw_to_ras, points)
    if config.kind == "disk":
        return (square <= config.sigma_mm**2).astype(np.float32)
    return np.asarray(np.exp(square / np.float32(-2 * config.sigma_mm**2)), dtype=np.float32)
