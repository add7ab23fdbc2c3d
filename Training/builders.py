"""From a recipe's data table to a source of samples."""

from collections.abc import Callable, Mapping
from typing import Any

from Training.recipe import DataConfig
from Training.sources import SampleSource
from Training.synthesis import SynthesisConfig, SyntheticSource
from Training.tables import from_table


def build_source(data: DataConfig, seed: int) -> SampleSource:
    """Return the source that `data.kind` names.

    Args:
        data: Kind, and options that the kind's own configuration checks.
        seed: The recipe's seed, unless the options give one.

    Raises:
        ConfigError: For an option that is unknown or of the wrong type.
    """
    return _BUILDERS[data.kind]({"seed": seed, **data.options})


def _synthetic(options: Mapping[str, Any]) -> SampleSource:
    return SyntheticSource(from_table(SynthesisConfig, options, "recipe.data.options"))


_BUILDERS: dict[str, Callable[[Mapping[str, Any]], SampleSource]] = {"synthetic": _synthetic}
