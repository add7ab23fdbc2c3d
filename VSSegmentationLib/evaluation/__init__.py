"""How well two labelmaps agree: overlap, volume, distances between surfaces and boundaries, lesions found."""

from VSSegmentationLib.evaluation.boundary import boundary_distances, boundary_sheet
from VSSegmentationLib.evaluation.case import CaseScores, StructureScores, evaluate_case
from VSSegmentationLib.evaluation.lesions import LesionCounts, lesion_counts
from VSSegmentationLib.evaluation.metrics import (
    DEFAULT_STRUCTURES,
    METRICS,
    Metric,
    Presence,
    Score,
)
from VSSegmentationLib.evaluation.overlap import Confusion, confusion, dice, relative_volume_error
from VSSegmentationLib.evaluation.surface import (
    SurfaceDistances,
    average_symmetric_surface_distance_mm,
    hausdorff95_mm,
    pooled_surface_distance_mm,
    surface_distances,
)

__all__ = [
    "DEFAULT_STRUCTURES",
    "METRICS",
    "CaseScores",
    "Confusion",
    "LesionCounts",
    "Metric",
    "Presence",
    "Score",
    "StructureScores",
    "SurfaceDistances",
    "average_symmetric_surface_distance_mm",
    "boundary_distances",
    "boundary_sheet",
    "confusion",
    "dice",
    "evaluate_case",
    "hausdorff95_mm",
    "lesion_counts",
    "pooled_surface_distance_mm",
    "relative_volume_error",
    "surface_distances",
]
