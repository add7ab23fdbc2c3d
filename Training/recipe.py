"""One recipe: everything that decides what a training run learns, in one TOML file."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from Training.masks.config import MaskConfig
from Training.schedule import ScheduleConfig
from Training.tables import from_table, to_table
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.losses import LossConfig
from VSSegmentationLib.networks import NAMED_NETWORKS, AnyNetworkConfig

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]
_PLAIN_WORD = re.compile(r"[\w./-]+")


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """Which optimizer, and how its learning rate goes."""

    kind: Literal["AdamW", "Adam"] = "AdamW"
    learning_rate: float = 1e-3
    """Initial rate; the schedule multiplies it."""
    weight_decay: float = 1e-5
    """On convolution kernels only: a PReLU slope or a norm's scale drawn to 0 would change what the layer is."""
    gradient_clip: float | None = None
    """Largest Euclidean norm of the whole gradient; none by default."""
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)

    def __post_init__(self) -> None:
        _require(self.learning_rate > 0, f"learning_rate must be > 0, got {self.learning_rate}")
        _require(self.weight_decay >= 0, f"weight_decay must be >= 0, got {self.weight_decay}")
        clip = self.gradient_clip
        _require(clip is None or clip > 0, f"gradient_clip must be > 0 (leave it out for none), got {clip}")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Where the samples come from; `options` is checked by that source's own configuration."""

    kind: Literal["synthetic", "whole_heads", "manifest"] = "synthetic"
    divided: bool = True
    """False makes one class, 1, of extrameatal and intrameatal tumor, for networks with two outputs."""
    options: Mapping[str, Any] = field(default_factory=dict)
    mask: MaskConfig | None = None
    """Shows the whole tumor as a second channel, for stage 2, which divides it."""


@dataclass(frozen=True, kw_only=True)
class ValidationConfig:
    """What is measured while training, on samples that are never trained on."""

    samples: int = 16
    metric: str = "dice"
    """Which of the values the best weights are chosen by; larger is better."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Laid over `data.options`, e.g. to name anatomies that training leaves out."""
    mask: MaskConfig | None = None
    """In place of `data.mask`, e.g. to measure on predicted masks what was trained on true ones."""

    def __post_init__(self) -> None:
        _require(self.samples >= 1, f"samples must be >= 1, got {self.samples}")


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """How long, how large, and how often what is written."""

    steps: int
    """Optimizer steps of the whole run."""
    batch_size: int = 2
    """Samples per device and forward pass."""
    accumulate: int = 1
    """Forward passes per optimizer step."""
    validate_every: int = 500
    patience: int | None = None
    """End the run after so many validations without a better value of `validation.metric`; None never does."""
    checkpoint_every: int = 250
    log_every: int = 20
    """Steps between two progress lines; the log file holds every step all the same."""
    precision: Precision = "32-true"
    channels_last: bool = False
    ema_decay: float | None = None
    """Decay of the exponential moving average of the weights, e.g. 0.999; then the average is validated and shipped."""
    num_workers: int = 1
    """Processes that make samples; 0 makes them in the training process."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "accumulate", "validate_every", "checkpoint_every", "log_every"):
            _require(getattr(self, name) >= 1, f"{name} must be >= 1, got {getattr(self, name)}")
        _require(self.patience is None or self.patience >= 1, f"patience must be >= 1, got {self.patience}")
        _require(self.num_workers >= 0, f"num_workers must be >= 0, got {self.num_workers}")
        decay = self.ema_decay
        _require(
            decay is None or 0 < decay < 1, f"ema_decay must lie between 0 and 1 (leave it out for none), got {decay}"
        )


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole recipe; `read_recipe` makes one from a file."""

    name: str
    seed: int = 0
    """Decides the initial weights, the samples and the dropout."""
    network: AnyNetworkConfig
    loss: LossConfig
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    data: DataConfig = field(default_factory=DataConfig)
    validation: ValidationConfig = field(default_factory=ValidationConfig)
    run: RunConfig

    def __post_init__(self) -> None:
        _require(self.seed >= 0, f"seed must be >= 0, got {self.seed}")


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe file.

    Args:
        path: A TOML file.
        changes: Single keys to change, each as `key.of.a.table=value` with a TOML value.

    Raises:
        UsageError: If there is no such file.
        ConfigError: If it is not TOML, or a key or value is not allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        msg = f"there is no recipe file {path.name}; the recipes that come with this code are in Training/recipes"
        raise UsageError(msg) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{path.name} is not valid TOML: {error}"
        raise ConfigError(msg) from error
    for change in changes:
        table = _merged(table, _parsed_change(change))
    return recipe_from_table(table)


def _parsed_change(change: str) -> dict[str, Any]:
    """Return a change as a table; a plain word that is no TOML value, as 32-true or AdamW, is text."""
    key, equals, value = change.partition("=")
    try:
        return tomllib.loads(change)
    except tomllib.TOMLDecodeError as error:
        if equals and _PLAIN_WORD.fullmatch(value.strip()):
            return _parsed_change(f'{key}="{value.strip()}"')
        msg = f"the change {change!r} is not KEY=VALUE with a TOML value, e.g. run.steps=500: {error}"
        raise ConfigError(msg) from error


def recipe_from_table(table: Mapping[str, Any]) -> Recipe:
    """Build a recipe from what `tomllib` read; `network.base` names a configuration that the other keys change."""
    network = table.get("network")
    if isinstance(network, Mapping) and "base" in network:
        base = network["base"]
        if base not in NAMED_NETWORKS:
            msg = f"recipe.network.base must be one of {', '.join(sorted(NAMED_NETWORKS))}, got {base!r}"
            raise ConfigError(msg)
        changes = {key: value for key, value in network.items() if key != "base"}
        table = {**table, "network": to_table(NAMED_NETWORKS[base]) | changes}
    return from_table(Recipe, table, "recipe")


def _merged(table: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(table)
    for key, value in change.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _require(fits: bool, msg: str) -> None:
    if not fits:
        raise ConfigError(msg)


_RUN_MAY_CHANGE = (
    "steps",
    "validate_every",
    "patience",
    "checkpoint_every",
    "log_every",
    "num_workers",
    "channels_last",
    "precision",
)
_MAY_CHANGE = {".name", ".data.options.pool", ".validation.options.pool", *(f".run.{key}" for key in _RUN_MAY_CHANGE)}
"""Where the pool of skull bases lies may change; that it is the same pool is up to the user."""


def refuse_other_recipe(recipe: Recipe, trained_with: Mapping[str, Any]) -> None:
    """Refuse to go on with a checkpoint of another recipe; how long and how often may change.

    Args:
        recipe: The one asked for.
        trained_with: The one in the checkpoint, as `to_table` gave it.

    Raises:
        ConfigError: Naming every key that differs.
    """
    ours, theirs = _leaves(to_table(recipe), ""), _leaves(to_table(recipe_from_table(trained_with)), "")
    different = [key for key in sorted(ours | theirs) if key not in _MAY_CHANGE and ours.get(key) != theirs.get(key)]
    if different:
        keys = "; ".join(f"{key[1:]} was {theirs.get(key)!r}, is {ours.get(key)!r}" for key in different)
        msg = f"the checkpoint was trained with another recipe: {keys}. Use its own recipe.toml, or a new run folder"
        raise ConfigError(msg)


def _leaves(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{where}.{key}"
        leaves |= _leaves(value, name) if isinstance(value, Mapping) else {name: value}
    return leaves
