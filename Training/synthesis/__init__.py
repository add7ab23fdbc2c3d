"""Synthetic skull bases with vestibular schwannomas, made from public anatomical label maps only."""

from Training.synthesis.anatomy import Anatomy, AnatomyConfig, draw_anatomy
from Training.synthesis.head import Head, read_head
from Training.synthesis.source import SynthesisConfig, SyntheticSource
from Training.synthesis.whole_head import WholeHeadConfig, WholeHeadSource

__all__ = [
    "Anatomy",
    "AnatomyConfig",
    "Head",
    "SynthesisConfig",
    "SyntheticSource",
    "WholeHeadConfig",
    "WholeHeadSource",
    "draw_anatomy",
    "read_head",
]
