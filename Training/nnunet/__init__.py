"""The bridge to nnU-Net v2 (extra `nnunet`): both stages trained by nnU-Net itself, with the Boundary Distance Loss."""

from Training.nnunet.dataset import BoundaryLoss, Case, cases_of_manifest, write_dataset
from Training.nnunet.stages import TRAINER, environment, prediction_commands, training_commands

__all__ = [
    "TRAINER",
    "BoundaryLoss",
    "Case",
    "cases_of_manifest",
    "environment",
    "prediction_commands",
    "training_commands",
    "write_dataset",
]
