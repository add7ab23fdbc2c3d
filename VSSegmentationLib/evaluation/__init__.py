"""How well two masks agree: overlap, volume, and distances between surfaces."""

from VSSegmentationLib.evaluation.overlap import dice, relative_volume_error
from VSSegmentationLib.evaluation.surface import (
    SurfaceDistances,
    average_symmetric_surface_distance_mm,
    hausdorff95_mm,
    pooled_surface_distance_mm,
    surface_distances,
)

__all__ = [
    "SurfaceDistances",
    "average_symmetric_surface_distance_mm",
    "dice",
    "hausdorff95_mm",
    "pooled_surface_distance_mm",
    "relative_volume_error",
    "surface_distances",
]
