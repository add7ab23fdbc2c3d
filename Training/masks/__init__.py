"""The whole-tumor mask as a second channel of the image: true, predicted, or true and made to look predicted."""

from Training.masks.config import MaskConfig
from Training.masks.perturb import PerturbationRanges, largest_piece, perturbed
from Training.masks.predict import TumorPredictor
from Training.masks.source import MaskedSource

__all__ = ["MaskConfig", "MaskedSource", "PerturbationRanges", "TumorPredictor", "largest_piece", "perturbed"]
