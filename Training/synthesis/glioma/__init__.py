"""Synthetic gliomas in whole heads, in four contrasts of the same anatomy, made from public head label maps only."""

from Training.synthesis.glioma.case import GliomaCase, draw_case
from Training.synthesis.glioma.source import GliomaConfig, GliomaSource

__all__ = ["GliomaCase", "GliomaConfig", "GliomaSource", "draw_case"]
