"""What `python -m Training experiment` does: draw, train what is missing, and make the page."""

import argparse
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch

from Training.experiments.attention import ATTENTION_STUDIES
from Training.experiments.boundary import BOUNDARY_STUDY
from Training.experiments.cross_modality import CROSS_MODALITY_STUDY
from Training.experiments.ears import EARS_STUDY
from Training.experiments.gliomas import GLIOMA_STUDY
from Training.experiments.jobs import for_minutes
from Training.experiments.stored import refuse_other_claims, unit_file
from Training.experiments.study import ArmT, OptionsT, RunPlaces, Study, run_study
from Training.running import warning_of_slow_precision
from VSSegmentationLib.errors import UsageError

STUDIES: Mapping[str, Study[Any, Any]] = {
    **ATTENTION_STUDIES,
    **{each.name: each for each in (BOUNDARY_STUDY, CROSS_MODALITY_STUDY, EARS_STUDY, GLIOMA_STUDY)},
}


def experiment(given: argparse.Namespace) -> None:
    """Do what the command asks for."""
    _do(STUDIES[given.name], given)


def _do(study: Study[ArmT, OptionsT], given: argparse.Namespace) -> None:
    arms = _chosen(study, given.arms)
    results = _results(study, given)
    if given.page_only:
        refuse_other_claims(study.claims, study.name, results)
        _say(f"wrote {study.write_page(arms, results, given.report or results).name}")
        return
    if given.heads is None or given.out is None:
        msg = "--heads and --out are needed to train; --page-only makes the page from kept --results alone"
        raise UsageError(msg)
    options = _options(study, given)
    if slow := warning_of_slow_precision(torch.device("cpu"), options.precision):
        logging.getLogger(__name__).warning(slow)
    units = _units(study, given.only_units)
    may_begin = for_minutes(given.minutes)
    file = study.make(given.heads, given.out / "benchmark", processes=given.processes, on_progress=_say)
    places = RunPlaces(file, given.out / study.folder, results)
    done = run_study(
        study, places, options, arms=arms, units=units, processes=given.processes, on_done=_say_done,
        may_begin=may_begin,
    )  # fmt: skip
    missing = [
        f"{arm.name}/{seed}"
        for seed in range(options.seeds)
        for arm in arms
        if not unit_file(results, arm.name, seed).is_file()
    ]
    if not done or missing:
        _say(f"{len(missing)} runs are left ({', '.join(missing[:4])}{' ...' * (len(missing) > 4)}); "
             "the same command goes on, and the page follows when all are there")  # fmt: skip
        return
    study.draw(places, options)
    page = study.write_page(arms, results, given.report or given.out)
    _say(f"wrote {page.name}")


def _results(study: Study[ArmT, OptionsT], given: argparse.Namespace) -> Path:
    if given.results is None and given.out is None:
        msg = "the folder of the kept results is needed: --results docs/experiments/results"
        raise UsageError(msg)
    folder: Path = given.results or given.out / "results"
    return folder / study.folder


def _options(study: Study[ArmT, OptionsT], given: argparse.Namespace) -> OptionsT:
    known = [field.name for field in fields(study.options)]
    asked = {key: getattr(given, key) for key in ("seeds", "steps", "warm_up", "channels", "precision", "optimizer")}
    asked = {
        key: tuple(value) if isinstance(value, list) else value for key, value in asked.items() if value is not None
    }
    if unknown := [f"--{key.replace('_', '-')}" for key in asked if key not in known]:
        msg = f"the experiment {study.name} has no {unknown[0]}; leave it out"
        raise UsageError(msg)
    if low := [key for key in ("seeds", "steps") if asked.get(key, 1) < 1]:
        msg = f"--{low[0]} must be >= 1, got {asked[low[0]]}"
        raise UsageError(msg)
    return replace(study.options, **asked)


def _chosen(study: Study[ArmT, OptionsT], names: Sequence[str] | None) -> tuple[ArmT, ...]:
    known = {arm.name for arm in study.arms}
    if names is not None and (unknown := [name for name in names if name not in known]):
        msg = f"the experiment {study.name} has no arm {unknown[0]!r}; there are {', '.join(sorted(known))}"
        raise UsageError(msg)
    return tuple(arm for arm in study.arms if names is None or arm.name in names)


def _units(study: Study[ArmT, OptionsT], texts: Sequence[str] | None) -> list[tuple[str, int]] | None:
    if texts is None:
        return None
    units = []
    for text in texts:
        name, _, seed = text.rpartition("/")
        if not seed.isdecimal() or name not in {arm.name for arm in study.arms}:
            msg = f"--only-units takes ARM/SEED of the experiment's arms, as {study.arms[0].name}/0; got {text!r}"
            raise UsageError(msg)
        units.append((name, int(seed)))
    return units


def _say_done(done: int, count: int, what: str) -> None:
    _say(f"{done} of {count} runs; done: {what}")


def _say(text: str) -> None:
    """Say it with the time of day, as log files of hours want it."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)
