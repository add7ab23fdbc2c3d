"""The whole-tumor mask as a second channel of the image: true, predicted, or true and made to look predicted."""

from Training.masks.perturb import largest_piece_filled, perturbed
from Training.masks.predict import TumorPredictor, piece_at
from Training.masks.source import MaskedSource

__all__ = ["MaskedSource", "TumorPredictor", "largest_piece_filled", "perturbed", "piece_at"]
