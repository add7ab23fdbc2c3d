"""The recipe of a model that ships: its stages, the pools that they draw from, and what its file says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from Training.recipes.config import Recipe
from Training.recipes.reading import read_table, recipe_from_table, table_of_stage
from Training.tables import from_table
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.inference import CertaintyConfig
from VSSegmentationLib.inference.certainty import AtLeast, AtMost

Role = Literal["segmenter", "locator", "divider", "refiner"]
MODALITIES = ("T2", "ceT1", "T1", "unknown")
_OWN_TABLES = ("heads", "pool", "stage", "export")


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What the run does not know of itself."""

    role: Role = "segmenter"
    version: str = "1"
    modality: str = "T2"
    locator_name: str | None = None
    """Of a segmenter: the locator that finds its region."""
    trained_on: str | None = None
    """For the card; has to be said of a run on scans of one's own, while synthetic images speak for themselves."""
    license: str | None = None
    """Of the weights; has to be said likewise."""
    least_mean_probability: float = CertaintyConfig.mean_probability.accepted
    """Of a segmenter: what it finds is called a tumor from this mean probability on."""
    sure_mean_probability: float | None = None
    """Of a segmenter: from here on it is called so without "uncertain"; None leaves nothing uncertain."""
    porus_distance_mm: tuple[float, float] = CertaintyConfig.porus_distance_mm
    """Of a segmenter: up to the first distance from a porus a finding is certain, up to the second it is accepted."""
    boundary_spread_mm: tuple[float, float] = CertaintyConfig.boundary_spread_mm
    """Of a divider: mirror images of a certain boundary lie so far apart at most, those of an accepted one so far."""

    def __post_init__(self) -> None:
        if not 0 <= self.least_mean_probability <= 1:
            msg = f"--least-mean-probability must be from 0 to 1, got {self.least_mean_probability}"
            raise UsageError(msg)
        sure = self.sure_mean_probability
        if sure is not None and not self.least_mean_probability <= sure <= 1:
            msg = f"--sure-mean-probability must be from {self.least_mean_probability} to 1, got {sure}"
            raise UsageError(msg)
        for option, (certain, accepted) in (
            ("--porus-distance", self.porus_distance_mm),
            ("--boundary-spread", self.boundary_spread_mm),
        ):
            if not 0 < certain <= accepted:
                msg = f"{option} must be CERTAIN ACCEPTED in mm, 0 < CERTAIN <= ACCEPTED, got {certain:g} {accepted:g}"
                raise UsageError(msg)

    @property
    def certainty(self) -> CertaintyConfig:
        """The limits between certain, uncertain and refused answers."""
        least, sure = self.least_mean_probability, self.sure_mean_probability
        return CertaintyConfig(
            mean_probability=AtLeast(least if sure is None else sure, least),
            porus_distance_mm=AtMost(*self.porus_distance_mm),
            boundary_spread_mm=AtMost(*self.boundary_spread_mm),
        )


@dataclass(frozen=True, kw_only=True)
class HeadMaps:
    """Which public head label maps everything is drawn from."""

    source: str
    """Where they are published, and under which license."""
    training: tuple[str, ...]
    """File names."""
    validation: tuple[str, ...]
    unseen: tuple[str, ...] = ()
    """Heads that neither this model nor one that it works with was ever trained on; error limits are measured on them,
    or on those of `validation` where none is named."""

    def of_split(self, split: str) -> tuple[str, ...]:
        """Return the file names of `training` or `validation`."""
        return self.training if split == "training" else self.validation


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Skull bases that are drawn once; several with one folder add to it, each up to its own count."""

    folder: str
    """As `data.options.pool` names it."""
    heads: Literal["training", "validation"]
    count: int
    """In the folder once this pool is drawn."""
    seed: int
    tumor_cm3: tuple[float, float] | None = None
    """About how large the part outside the canal is; None draws all sizes."""

    def __post_init__(self) -> None:
        if self.count < 1:
            msg = f"count must be >= 1, got {self.count}"
            raise ConfigError(msg)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One training, or the mean of weights that are there already."""

    name: str
    steps: int | None = None
    """Of a training."""
    start_from: str | None = None
    """What its weights begin with (see `mean_of`); None begins with random ones."""
    keep_after: tuple[int, ...] = ()
    """Steps after which the state is kept, for a later mean."""
    change: Mapping[str, Any] = field(default_factory=dict)
    """Laid over what all stages have in common."""
    mean_of: tuple[str, ...] = ()
    """In place of a training. `STAGE` is the end of an earlier stage, `STAGE/best` its best state on the validation
    samples, `STAGE/600` what it kept after 600 steps; with `MODEL:` before it a stage of another model's recipe."""

    def __post_init__(self) -> None:
        if (self.steps is None) == (not self.mean_of):
            msg = f"the stage {self.name!r} needs either steps or mean_of"
            raise ConfigError(msg)
        if self.mean_of and (self.start_from is not None or self.keep_after or self.change):
            msg = f"the stage {self.name!r} is a mean, which has no start_from, keep_after or change"
            raise ConfigError(msg)
        if any(not 0 < step < (self.steps or 0) for step in self.keep_after):
            msg = f"keep_after of the stage {self.name!r} must lie between 0 and its steps, got {self.keep_after}"
            raise ConfigError(msg)

    @property
    def references(self) -> tuple[str, ...]:
        """The weights that it takes."""
        return self.mean_of or (() if self.start_from is None else (self.start_from,))


class Reference:
    """Weights by name: `[MODEL:]STAGE[/best | /STEP]`."""

    def __init__(self, text: str) -> None:
        model, colon, rest = text.rpartition(":")
        self.model = model if colon else None
        self.stage, _, self.state = rest.partition("/")


@dataclass(frozen=True, kw_only=True)
class ModelRecipe:
    """How one model is made from nothing; `read_model_recipe` makes one from a file."""

    name: str
    common: Mapping[str, Any]
    """A recipe's table without `run.steps`."""
    heads: HeadMaps
    pool: tuple[Pool, ...] = ()
    stage: tuple[Stage, ...]
    export: ExportOptions

    def __post_init__(self) -> None:
        earlier: list[str] = []
        for stage in self.stage:
            for reference in map(Reference, stage.references):
                if reference.model is None and reference.stage not in earlier:
                    msg = f"the stage {stage.name!r} takes {reference.stage!r}, which is no earlier stage"
                    raise ConfigError(msg)
            if stage.name in earlier:
                msg = f"two stages have the name {stage.name!r}"
                raise ConfigError(msg)
            earlier.append(stage.name)
        if not self.stage or self.stage[0].mean_of:
            msg = f"the recipe of {self.name!r} must begin with a stage that trains"
            raise ConfigError(msg)

    @property
    def needed_models(self) -> tuple[str, ...]:
        """The other models whose weights or masks the stages take."""
        started = [Reference(text).model for stage in self.stage for text in stage.references]
        runs = [self.recipe_of(stage) for stage in self.stage if stage.steps is not None]
        shown = [each for run in runs for each in (run.data.mask, run.validation.mask, run.data.interaction)]
        masks = [each.model for each in shown if each is not None]
        return tuple(dict.fromkeys(name for name in (*started, *masks) if name is not None))

    def recipe_of(self, stage: Stage) -> Recipe:
        """Return the recipe of a stage that trains.

        Raises:
            ConfigError: If a key or value of it is not allowed, or it draws from a pool that is not told of.
        """
        recipe = recipe_from_table(table_of_stage(self.common, stage.change, stage.steps))
        drawn = {pool.folder for pool in self.pool}
        for options in (recipe.data.options, recipe.validation.options):
            if "pool" in options and options["pool"] not in drawn:
                msg = f"the stage {stage.name!r} draws from {options['pool']!r}, of which no [[pool]] tells"
                raise ConfigError(msg)
        return recipe


def read_model_recipe(path: Path) -> ModelRecipe:
    """Read the recipe of a model.

    Raises:
        UsageError: If there is no such file, or it is the recipe of a single run.
        ConfigError: If a key or value is not allowed, in whatever stage.
    """
    table = read_table(path)
    if "stage" not in table:
        msg = f"{path.name} is the recipe of a single run, with no [[stage]]: use `python -m Training train`"
        raise UsageError(msg)
    own = {key: table[key] for key in _OWN_TABLES if key in table}
    common = {key: value for key, value in table.items() if key not in _OWN_TABLES}
    recipe = from_table(ModelRecipe, {**own, "name": table.get("name", path.stem), "common": common}, "recipe")
    for stage in recipe.stage:
        if stage.steps is not None:
            recipe.recipe_of(stage)
    return recipe
