"""`python -m Training limits`: by how much the numbers of a model version are off, measured and put into its card."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from Training.recipes import HeadMaps, Pool, read_model_recipe
from Training.release.bands import Sample, limits_of, sample_of
from Training.release.ground import draw_pools, gather_heads
from Training.release.mask_pairs import MaskPair, mask_pairs
from Training.release.reproduce import RECIPES
from Training.scoring.shipped import models_of
from Training.synthesis.contrast import ContrastKind
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import Models
from VSSegmentationLib.models import (
    MeasuredLimits,
    ModelCard,
    card_path,
    find_model,
    read_card,
    write_card,
)
from VSSegmentationLib.tasks import DEFAULT_TASK, Task, task_named

_POOL = "pools/limits"
_SEED = 77
_LOOKS: dict[str, ContrastKind] = {"T2": "T2", "ceT1": "ceT1"}
NOT_LIMITED = ("vol_ellipsoid",)
"""Rough estimates, which have no limit of their own."""


@dataclass(frozen=True, kw_only=True)
class LimitsOptions:
    """What is measured, and on what."""

    name: str
    """Name or file of a segmenter."""
    heads: Path
    """Folder with the head label maps that the recipe of the model calls unseen, in whatever sub-folders."""
    out: Path
    """For the pool and the masks, which are kept: given again, only what is missing is made."""
    scans: int = 70
    """With a tumor in one ear, each of a skull base and a contrast of its own."""
    processes: int = 1
    """How many draw skull bases at the same time."""

    def __post_init__(self) -> None:
        if self.scans < 1 or self.processes < 1:
            msg = f"--scans and --processes must be >= 1, got {self.scans} and {self.processes}"
            raise UsageError(msg)


def write_limits(options: LimitsOptions, *, on_progress: Callable[[str], None] = lambda _text: None) -> ModelCard:
    """Measure a model as it ships, with the embedded divider, and write the limits into its card; return the card.

    Limits that real scans were checked against stay in the card only if none of them changes: they are measured again
    by `python -m benchmarks.limits_on_real_scans`.

    Raises:
        UsageError: If the model has no card or no recipe, it is no segmenter of T2 or ceT1, or head label maps are
            missing.
        ModelError: If a model is missing or damaged.
    """
    path = find_model(options.name)
    if not card_path(path).is_file():
        msg = f"the model {path.name} has no card to write limits into; export it with one"
        raise UsageError(msg)
    card = read_card(card_path(path))
    models, task = _models(path, card), task_named(card.task)
    heads = _pool_of(card.name, options, on_progress)
    pairs = mask_pairs(
        models, options.out / _POOL, options.out / "masks", options.scans, modality=_LOOKS[card.modality],
        on_progress=on_progress,
    )  # fmt: skip
    on_progress(f"measuring {len(pairs)} scans")
    divider = None if models.divider is None else models.divider.sha256
    limits = measured_limits(pairs, task, data=_data(pairs, heads), divider=divider)
    written = replace(card, limits_measured=_keeping_checks(limits, card.limits_measured))
    write_card(card_path(path), written)
    return written


def measured_limits(pairs: list[MaskPair], task: Task, *, data: str, divider: str | None) -> MeasuredLimits:
    """Return the limits that pairs of masks give.

    Args:
        pairs: What was found, and what is there.
        task: That measures both.
        data: Which scans they are of, in words.
        divider: SHA-256 of the model that divided.
    """
    samples = list(_samples(pairs, task))
    measures = [each for each in task.definitions if each not in NOT_LIMITED]
    return MeasuredLimits(
        data=data,
        definitions=task.definitions.version,
        divider_sha256=divider,
        scans=len(pairs),
        missed=len(pairs) - len(samples),
        rows=limits_of(samples, measures),
    )


def _samples(pairs: list[MaskPair], task: Task) -> Iterator[Sample]:
    for pair in pairs:
        sample = sample_of(task.measure(pair.found), task.measure(pair.truth), task.whole_volume)
        if sample is not None:
            yield sample


def _models(path: Path, card: ModelCard) -> Models:
    if card.role != "segmenter" or card.modality not in _LOOKS or card.task != DEFAULT_TASK.name:
        msg = (
            f"limits are measured on synthetic T2 and ceT1 scans of a {DEFAULT_TASK.name}, with a segmenter of such; "
            f"the model {card.name} is a {card.role} of {card.modality} scans of a {card.task}"
        )
        raise UsageError(msg)
    return models_of(path)


def _pool_of(name: str, options: LimitsOptions, on_progress: Callable[[str], None]) -> HeadMaps:
    recipe = RECIPES / f"{name}.toml"
    if not recipe.is_file():
        msg = f"there is no recipe of the model {name}, so it isn't known which heads it has never seen"
        raise UsageError(msg)
    heads = read_model_recipe(recipe).heads
    kept = replace(heads, training=(), validation=heads.unseen or heads.validation)
    gather_heads(kept, options.heads, options.out / "heads")
    pool = Pool(folder=_POOL, heads="validation", count=_count(options.scans), seed=_SEED)
    draw_pools([pool], kept, options.out, processes=options.processes, on_progress=on_progress)
    return kept


def _count(scans: int) -> int:
    """Return how many skull bases to draw: those that go without a tumor are made up for by a second look at others."""
    return scans + scans // 8 + 2


def _data(pairs: list[MaskPair], heads: HeadMaps) -> str:
    return (
        f"{len(pairs)} synthetic scans with a tumor in one ear, made from {len(heads.validation)} heads that no model "
        "was trained on, usual and hard looks in turn, 0.5 mm in plane, slices of 1.5 mm"
    )


def _keeping_checks(limits: MeasuredLimits, before: MeasuredLimits | None) -> MeasuredLimits:
    if before is None or before.rows != limits.rows:
        return limits
    return replace(limits, checked=before.checked)
