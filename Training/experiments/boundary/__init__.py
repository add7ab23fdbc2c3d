"""The second source paper's experiment: one stage against two, and the Boundary Distance Loss."""

from Training.experiments.boundary.arms import ARMS, BoundaryArm
from Training.experiments.boundary.options import BoundaryOptions
from Training.experiments.boundary.report import write_boundary_report
from Training.experiments.boundary.study import BOUNDARY_STUDY

__all__ = ["ARMS", "BOUNDARY_STUDY", "BoundaryArm", "BoundaryOptions", "write_boundary_report"]
