"""What the looks of synthetic ears bring, one at a time, and which loss, width and norm to train with."""

from Training.experiments.ears.arms import ARMS, EarArm
from Training.experiments.ears.study import EARS_STUDY

__all__ = ["ARMS", "EARS_STUDY", "EarArm"]
