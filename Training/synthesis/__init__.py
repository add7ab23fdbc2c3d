"""Synthetic skull bases with vestibular schwannomas, made from public anatomical label maps only."""

from Training.synthesis.anatomy import Anatomy, AnatomyConfig, draw_anatomy
from Training.synthesis.head import Head, read_head
from Training.synthesis.source import SynthesisConfig, SyntheticSource

__all__ = ["Anatomy", "AnatomyConfig", "Head", "SynthesisConfig", "SyntheticSource", "draw_anatomy", "read_head"]
