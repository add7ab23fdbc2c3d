"""The third paper's experiment: from labeled ceT1 to unlabeled T2, on synthetic scans of two kinds."""

from Training.experiments.cross_modality.study import CROSS_MODALITY_STUDY

__all__ = ["CROSS_MODALITY_STUDY"]
