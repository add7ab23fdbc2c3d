"""Release: the model file and card of a run, and a model that ships made from nothing by its one recipe."""

from Training.release.export import export_run
from Training.release.reproduce import ReproduceOptions, Reproduction

__all__ = ["ReproduceOptions", "Reproduction", "export_run"]
