"""The recipe of an adaptation: a translator, a segmenter, and rounds in which that labels scans for itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from Training.adaptation.config import TranslationDataConfig, TranslationRecipe
from Training.recipes import Recipe, recipe_from_table
from Training.recipes.config import require
from Training.recipes.reading import changed, merged, read_table
from Training.tables import from_table
from VSSegmentationLib.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class RoundConfig:
    """One round of self-training: label the target's scans, train on them and on the translations."""

    steps: int
    select: Literal["threshold", "votes"] = "threshold"
    """threshold: what has `probability` at least, as the paper writes; votes: what mirror images agree on, as its code
    does."""
    probability: float = 0.8
    """The paper names no value."""
    correct_contrast: bool = False
    """Fit cochlea and intrameatal tumor to what the scan shows (T2 alone)."""

    def __post_init__(self) -> None:
        require(self.steps >= 1, f"steps must be >= 1, got {self.steps}")
        require(0 <= self.probability < 1, f"probability must be at least 0 and below 1, got {self.probability}")


@dataclass(frozen=True, kw_only=True)
class AdaptationRecipe:
    """Everything from labeled scans of one kind to a network for another."""

    name: str
    translation: TranslationRecipe
    segmentation: Mapping[str, Any]
    """The table of a recipe with `data.kind = "manifest"`; which manifest, the adaptation knows."""
    rounds: tuple[RoundConfig, ...] = ()

    def __post_init__(self) -> None:
        require(self.translation.data is not None, "translation.data must say which scans are translated")
        self.segmenter_recipe(Path("manifest.csv"), 0)

    @property
    def data(self) -> TranslationDataConfig:
        """The scans."""
        assert self.translation.data is not None, "refused when it was made"
        return self.translation.data

    def segmenter_recipe(self, manifest: Path, number: int) -> Recipe:
        """Return the recipe of the training after so many rounds of self-training, on the scans of a manifest.

        Raises:
            ConfigError: If a key or value is not allowed, or it is not of four classes on the scans of a manifest.
        """
        change: dict[str, Any] = {
            "name": f"{self.name}_round_{number}",
            "data": {"options": {"manifest": str(manifest), "modality": self.data.target_modality}},
        }
        if number:
            change["run"] = {"steps": self.rounds[number - 1].steps}
        recipe = recipe_from_table(merged(self.segmentation, change))
        if recipe.data.kind != "manifest" or not recipe.data.options.get("keep_cochlea"):
            msg = 'segmentation.data must have kind = "manifest" and options.keep_cochlea = true'
            raise ConfigError(msg)
        return recipe


def read_adaptation_recipe(path: Path, changes: tuple[str, ...] = ()) -> AdaptationRecipe:
    """Read the recipe of an adaptation, with single keys changed as `read_recipe` changes them.

    Raises:
        UsageError: If there is no such file.
        ConfigError: If it is not TOML, or a key or value is not allowed.
    """
    return from_table(AdaptationRecipe, changed(read_table(path), changes), "recipe")
