"""The fourth source's experiment: gates and dilated branches in a residual U-Net for gliomas, on synthetic heads."""

from Training.experiments.gliomas.arms import ARMS, GliomaArm
from Training.experiments.gliomas.options import GliomaOptions
from Training.experiments.gliomas.report import write_glioma_report
from Training.experiments.gliomas.study import GLIOMA_STUDY

__all__ = ["ARMS", "GLIOMA_STUDY", "GliomaArm", "GliomaOptions", "write_glioma_report"]
