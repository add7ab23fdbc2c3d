"""Vestibular schwannoma, the first task and the default."""

from VSSegmentationLib.tasks.vestibular_schwannoma.declaration import VESTIBULAR_SCHWANNOMA

__all__ = ["VESTIBULAR_SCHWANNOMA"]
