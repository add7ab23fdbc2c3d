"""A study: arms times seeds on fixed patches, each run done once and kept; a paper's experiment declares one."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from torch import Tensor, nn

from Training.experiments.jobs import Job, OnDone, run_jobs
from Training.experiments.stored import RESULT, hold_to
from Training.recipes import Recipe
from Training.running import make_fabric, train
from Training.scoring import validate_on_samples
from Training.sources import SampleSource
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.networks import build_network


@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """How long and how wide; the same for every arm."""

    steps: int = 400
    channels: tuple[int, ...] = (8, 16, 24, 32, 40)
    batch_size: int = 2
    learning_rate: float = 2e-3
    seeds: int = 3
    precision: str = "bf16-mixed"


class AnyArm(Protocol):
    """One way to train."""

    @property
    def name(self) -> str:
        """Of the folder of its runs."""
        ...

    @property
    def title(self) -> str:
        """Of its row."""
        ...


ArmT = TypeVar("ArmT", bound=AnyArm)
OptionsT = TypeVar("OptionsT", bound=StudyOptions)


class RunPlaces(NamedTuple):
    """The file of the patches, and the folder of all runs."""

    patches: Path
    folder: Path

    def run(self, arm_name: str, seed: int) -> Path:
        """Return the folder of one run."""
        return self.folder / arm_name / f"seed_{seed}"


class MakeSamples(Protocol):
    """What all runs of a study have in common, drawn once: `make_patches` of a plan, for most."""

    def __call__(
        self, heads: Sequence[Path], folder: Path, *, processes: int, on_progress: Callable[[str], None]
    ) -> Path:
        """Draw from the 20 head label maps into a folder, which may hold it already, and return the file."""
        ...


def _nothing(_arms: Sequence[AnyArm], _places: RunPlaces, _options: StudyOptions) -> list[Job]:
    return []


@dataclass(frozen=True, kw_only=True)
class Study(Generic[ArmT, OptionsT]):
    """What a paper's experiment is made of."""

    name: str
    """Of the command and of the page."""
    arms: tuple[ArmT, ...]
    make: MakeSamples
    """Draw what its runs are trained and tested on, unless it is there, and return the file."""
    options: OptionsT
    """The usual ones."""
    do: Callable[[ArmT, int, RunPlaces, OptionsT], Mapping[str, Any]]
    """Train and measure one seed of an arm; returns what its result holds beside arm, seed and options. Picklable."""
    write_page: Callable[[Sequence[ArmT], RunPlaces, OptionsT, Path], Path]
    """Write the page of these arms into a folder, and return it."""
    before: Callable[[Sequence[ArmT], RunPlaces, OptionsT], list[Job]] = _nothing
    """The jobs whose results several runs take, done before any of them."""
    folder: str = "."
    """Of its runs, in the folder that the command is given."""


def run_study(
    study: Study[ArmT, OptionsT],
    places: RunPlaces,
    options: OptionsT,
    *,
    arms: Sequence[ArmT] | None = None,
    processes: int = 1,
    on_done: OnDone = lambda _done, _all, _what: None,
) -> None:
    """Train and measure what is not there yet.

    Args:
        study: What is compared.
        places: The file that `make_patches` wrote, and where a folder `NAME/seed_N` is made for every run; an
            interrupted run goes on from its checkpoint.
        options: The same for all.
        arms: Some instead of all.
        processes: How many runs at the same time, each with one thread.
        on_done: Told how many of the runs of a part are done, and which was the last.

    Raises:
        UsageError: If the folder holds runs of other options.
    """
    hold_to(asdict(options), places.folder)
    wanted = study.arms if arms is None else tuple(arms)
    run_jobs(study.before(wanted, places, options), processes=processes, on_done=on_done)
    jobs = [
        Job(
            title=f"{arm.title}, seed {seed}",
            result=places.run(arm.name, seed) / RESULT,
            do=partial(_run, study.do, arm, seed, places, options),
        )
        for seed in range(options.seeds)
        for arm in wanted
    ]
    run_jobs(jobs, processes=processes, on_done=on_done)


def _run(
    do: Callable[[ArmT, int, RunPlaces, OptionsT], Mapping[str, Any]],
    arm: ArmT,
    seed: int,
    places: RunPlaces,
    options: OptionsT,
) -> None:
    found = do(arm, seed, places, options)
    content = {"arm": arm.name, "seed": seed, "options": asdict(options), **found}
    folder = places.run(arm.name, seed)
    folder.mkdir(parents=True, exist_ok=True)  # a run that measures what others trained has made none
    write_text_atomically(folder / RESULT, json.dumps(content) + "\n")


class Trained(NamedTuple):
    """The last weights of a run, in evaluation mode."""

    network: nn.Module
    seconds: float
    """Spent in training, over all sittings."""

    @property
    def parameters(self) -> int:
        """How many numbers it has learned."""
        return sum(each.numel() for each in self.network.parameters())


def trained(
    recipe: Recipe,
    source: SampleSource,
    held_out: SampleSource,
    folder: Path,
    initial_weights: Mapping[str, Tensor] | None = None,
) -> Trained:
    """Train a recipe on the CPU, from its checkpoint if it was interrupted.

    Args:
        recipe: What to train.
        source: Makes the samples.
        held_out: Makes those that validation measures.
        folder: Of the run.
        initial_weights: To begin with, instead of random ones.
    """
    logging.disable(logging.INFO)
    fabric = make_fabric("cpu", 1, recipe.run.precision)
    fabric.launch()
    validate = validate_on_samples(held_out, recipe.validation.samples)
    state = train(
        recipe, source, folder, fabric=fabric, validate=validate, resume=True, initial_weights=initial_weights
    )
    network = build_network(recipe.network)
    network.load_state_dict(state.measured_network.state_dict())
    return Trained(network.eval(), state.seconds)


def usual_run(steps: int, options: StudyOptions, *, weight_decay: float) -> dict[str, Any]:
    """Return what the recipes of all studies have in common: the tables `optimizer` and `run`."""
    return {
        "optimizer": {
            "kind": "AdamW", "learning_rate": options.learning_rate, "weight_decay": weight_decay, "gradient_clip": 5.0,
            "schedule": {"kind": "cosine", "warmup_steps": min(20, steps)},
        },
        "run": {
            "steps": steps, "batch_size": options.batch_size, "validate_every": steps,
            "checkpoint_every": max(1, steps // 4), "log_every": 100, "precision": options.precision,
            "num_workers": 0, "channels_last": True,
        },
    }  # fmt: skip
