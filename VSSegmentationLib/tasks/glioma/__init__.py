"""Glioma, the second task: four scans of one examination, three nested regions."""

from VSSegmentationLib.tasks.glioma.declaration import GLIOMA

__all__ = ["GLIOMA"]
