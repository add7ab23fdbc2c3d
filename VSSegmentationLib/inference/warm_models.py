"""Models that were loaded once and need not be loaded again."""

from pathlib import Path
from typing import NamedTuple

from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.model_file import load_model

_KEPT = 5
"""A segmenter with its locator and the divider, and those that were used before."""


class _Stamp(NamedTuple):
    modified_ns: int
    size: int


class WarmModels:
    """Keeps the models used last; one whose file has changed is loaded anew."""

    def __init__(self) -> None:
        self.loaded = 0
        """How often a model had to be read from its file."""
        self._kept: dict[tuple[Path, str], tuple[_Stamp, ModelBundle]] = {}

    def load(self, path: Path, device: str) -> ModelBundle:
        """Return the model of a file, as `inference.load_model` does.

        Raises:
            ModelError: As `inference.load_model`.
        """
        key = (path.resolve(), device)
        facts = path.stat()
        stamp = _Stamp(facts.st_mtime_ns, facts.st_size)
        kept = self._kept.pop(key, None)
        if kept is None or kept[0] != stamp:
            kept = stamp, load_model(path, device)
            self.loaded += 1
        self._kept[key] = kept  # now the last one used
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return kept[1]
