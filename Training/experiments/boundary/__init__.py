"""The second source paper's experiment: one stage against two, and the Boundary Distance Loss."""

from Training.experiments.boundary.arms import ARMS, BoundaryArm
from Training.experiments.boundary.patches import load_patches, make_patches
from Training.experiments.boundary.report import write_boundary_report
from Training.experiments.boundary.runs import BoundaryOptions, run_boundary

__all__ = [
    "ARMS",
    "BoundaryArm",
    "BoundaryOptions",
    "load_patches",
    "make_patches",
    "run_boundary",
    "write_boundary_report",
]
