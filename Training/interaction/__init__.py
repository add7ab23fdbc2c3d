"""Simulated persons who correct masks, and the samples that a correcting network learns from."""

from Training.interaction.errors import with_errors
from Training.interaction.source import CHANNELS, InteractionSource
from Training.interaction.users import next_interaction, no_op

__all__ = ["CHANNELS", "InteractionSource", "next_interaction", "no_op", "with_errors"]
