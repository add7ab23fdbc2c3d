"""Scoring: what is measured of a network while it is trained, and on samples that it has never seen."""

from Training.scoring.scores import Scores, scores
from Training.scoring.validation import Draw, Validate, draw_predictions, validate_on_samples

__all__ = ["Draw", "Scores", "Validate", "draw_predictions", "scores", "validate_on_samples"]
