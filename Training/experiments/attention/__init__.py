"""The first source paper's experiments: networks, losses and hardness weighting on a fixed synthetic benchmark."""

from Training.experiments.attention.arms import EXPERIMENTS, Arm, Experiment
from Training.experiments.attention.report import write_report
from Training.experiments.attention.studies import ATTENTION_STUDIES

__all__ = ["ATTENTION_STUDIES", "EXPERIMENTS", "Arm", "Experiment", "write_report"]
