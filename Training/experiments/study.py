"""A study: arms times seeds on fixed patches, each run done once and kept; a paper's experiment declares one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from Training.experiments.claims import Claim
from Training.experiments.jobs import Job, OnDone, run_jobs
from Training.experiments.stored import CASES, columns, hold_to, rounded, unit_file, write_down_claims, write_json
from Training.experiments.trained import SittingOverError


@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """How long and how wide; the same for every arm."""

    steps: int = 4000
    channels: tuple[int, ...] = (8, 16, 24, 32, 40)
    batch_size: int = 2
    learning_rate: float = 2e-3
    optimizer: str = "AdamW"
    """Or Adam: weight decay as a term of the loss (coupled L2), as the first paper has it."""
    seeds: int = 3
    precision: str = "bf16-mixed"
    cross_entropy_weight: float = 0.0
    """Of the attention studies: beside their own loss, in all arms, as the models that ship have it."""


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
    """Where runs find the patches, and leave what they make."""

    patches: Path
    """The file that `Study.make` wrote."""
    folder: Path
    """Of checkpoints, logs and what runs share; not needed once all is done."""
    results: Path
    """Of the small files that pages are made from."""
    sitting_minutes: float = 30.0
    """A training that takes longer leaves its checkpoint and goes on in another sitting."""

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


class Benchmark(NamedTuple):
    """What the runs of a study are measured on."""

    name: str
    """Told apart by it: results of another are never read together."""
    cases: Mapping[str, Sequence[Any]]
    """By column, in the order in which cases are measured: `skull_base`, `head`, `stratum`, `volume_cm3`."""


def _nothing(_arms: Sequence[AnyArm], _places: RunPlaces, _options: StudyOptions) -> list[Job]:
    return []


def _no_pictures(_places: RunPlaces, _options: StudyOptions) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Study(Generic[ArmT, OptionsT]):
    """What a paper's experiment is made of."""

    name: str
    """Of the command and of the page."""
    arms: tuple[ArmT, ...]
    claims: tuple[Claim, ...]
    """What the paper says; written beside the results before the first run."""
    together: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)
    """The claims of all studies that share runs, by their names: written together, before the first run of any."""
    make: MakeSamples
    """Draw what its runs are trained and tested on, unless it is there, and return the file."""
    benchmark: Callable[[Path], Benchmark]
    """Read what is measured from that file."""
    options: OptionsT
    """The usual ones."""
    do: Callable[[ArmT, int, RunPlaces, OptionsT], Mapping[str, Any]]
    """Train and measure one seed of an arm; returns `cases`, rows in the order of the benchmark, `curve`, and whatever
    else its result holds. Picklable."""
    write_page: Callable[[Sequence[ArmT], Path, Path], Path]
    """Make the page of these arms from a folder of results in another folder, and return it."""
    before: Callable[[Sequence[ArmT], RunPlaces, OptionsT], list[Job]] = _nothing
    """The jobs whose results several runs take, done before any of them."""
    draw: Callable[[RunPlaces, OptionsT], None] = _no_pictures
    """Draw, among the results, what needs the weights of runs; called once all of them are done."""
    folder: str = "."
    """Of its runs and results, in the folders that the command is given."""


def run_study(
    study: Study[ArmT, OptionsT],
    places: RunPlaces,
    options: OptionsT,
    *,
    arms: Sequence[ArmT] | None = None,
    units: Sequence[tuple[str, int]] | None = None,
    processes: int = 1,
    on_done: OnDone = lambda _done, _all, _what: None,
    may_begin: Callable[[], bool] = lambda: True,
) -> bool:
    """Train and measure what is not there yet; return whether all that was asked for is there now.

    Args:
        study: What is compared.
        places: An interrupted run goes on from its checkpoint.
        options: The same for all.
        arms: Some instead of all.
        units: Some runs instead of all, each by arm and seed.
        processes: How many runs at the same time, each with one thread.
        on_done: Told how many of the runs of a part are done, and which was the last.
        may_begin: Asked before each sitting of a run; once False, nothing is begun any more.

    Raises:
        UsageError: If a folder holds runs of other options or claims.
    """
    wanted = study.arms if arms is None else tuple(arms)
    named = study.benchmark(places.patches)
    held = {**asdict(options), "benchmark": named.name}
    for folder in (places.folder, places.results):
        hold_to(held, folder)
    for name, claims in {**study.together, study.name: study.claims}.items():
        write_down_claims(claims, name, places.results)
    write_json(rounded(named.cases), places.results / CASES)
    jobs = [
        (arm, Job(
            title=f"{arm.title}, seed {seed}",
            result=unit_file(places.results, arm.name, seed),
            do=partial(_run, study.do, arm, seed, places, options, benchmark=named.name),
        ))
        for seed in range(options.seeds)
        for arm in wanted
        if units is None or (arm.name, seed) in units
    ]  # fmt: skip
    missing = {arm.name for arm, job in jobs if not job.result.is_file()}
    before = study.before([arm for arm in wanted if arm.name in missing], places, options) if missing else []
    if not run_jobs(before, processes=processes, on_done=on_done, may_begin=may_begin):
        return False
    return run_jobs([job for _, job in jobs], processes=processes, on_done=on_done, may_begin=may_begin)


def _run(
    do: Callable[[ArmT, int, RunPlaces, OptionsT], Mapping[str, Any]],
    arm: ArmT,
    seed: int,
    places: RunPlaces,
    options: OptionsT,
    *,
    benchmark: str,
) -> bool:
    try:
        found = do(arm, seed, places, options)
    except SittingOverError:
        return False
    made_with = {**asdict(options), "benchmark": benchmark}
    measured = {
        name: columns(value) if isinstance(value, list) and name.startswith("cases") else value
        for name, value in found.items()
    }
    content = {"arm": arm.name, "seed": seed, "options": made_with, **_mapping(rounded(measured))}
    write_json(content, unit_file(places.results, arm.name, seed))
    return True


def _mapping(content: object) -> Mapping[str, Any]:
    assert isinstance(content, Mapping), "rounded returns what it is given"
    return content
