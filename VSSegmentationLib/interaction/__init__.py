"""Correcting a mask by a click or a scribble: what was said, how a network is told of it, and what it may change."""

from VSSegmentationLib.interaction.clicks import SIGNS, Interaction, Sign, near_any
from VSSegmentationLib.interaction.encoding import EncodingConfig, encoded
from VSSegmentationLib.interaction.merging import MergeRules, changeable, held_by_earlier, merged
from VSSegmentationLib.interaction.queue import ClickQueue, Question
from VSSegmentationLib.interaction.smoothing import SMOOTHING_MM, smoothed

__all__ = [
    "SIGNS",
    "SMOOTHING_MM",
    "ClickQueue",
    "EncodingConfig",
    "Interaction",
    "MergeRules",
    "Question",
    "Sign",
    "changeable",
    "encoded",
    "held_by_earlier",
    "merged",
    "near_any",
    "smoothed",
]
