"""`python -m Training experiment`: the papers' ablations, from head label maps to a page with a verdict."""

import argparse
import logging
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch

from Training.experiments.attention import ATTENTION_STUDIES
from Training.experiments.boundary import BOUNDARY_STUDY
from Training.experiments.cross_modality import CROSS_MODALITY_STUDY
from Training.experiments.study import ArmT, OptionsT, RunPlaces, Study, run_study
from Training.running import warning_of_slow_precision
from VSSegmentationLib.errors import UsageError

STUDIES: Mapping[str, Study[Any, Any]] = {
    **ATTENTION_STUDIES,
    **{each.name: each for each in (BOUNDARY_STUDY, CROSS_MODALITY_STUDY)},
}
_EXAMPLES = """\
examples:
  python -m Training experiment table1 --heads heads/training/*.nii.gz heads/validation/*.nii.gz \\
      --out runs/experiments --report docs/experiments
      trains six networks with three seeds each, and writes docs/experiments/table1.md
  python -m Training experiment figure4 --heads ... --out runs/longer --seeds 5 --steps 2000
      longer and more often; given again, what is in --out already is not trained again (one --out for each set of
      options: steps, width, precision)
  python -m Training experiment boundary --heads ... --out runs/experiments --report docs/experiments
      one stage against two, the Boundary Distance Loss, and the masks that stage 2 is trained on
  python -m Training experiment crossmodality --heads ... --out runs/experiments --report docs/experiments
      from ceT1 with labels to a network for T2: translation and self-training, on synthetic scans
"""


def add_experiment_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `experiment`."""
    parser = commands.add_parser(
        "experiment",
        help="the ablations of the source papers, on synthetic images",
        description="Train every arm of a table with several seeds, measure it on held-out heads, write the table.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual, boundary = ATTENTION_STUDIES["table1"].options, BOUNDARY_STUDY.options
    parser.add_argument("name", choices=sorted(STUDIES), help="which table or figure")
    parser.add_argument("--heads", type=Path, nargs="+", required=True, help="the 20 head label maps")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for the benchmark and all runs")
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="for the page (default: in --out)")
    parser.add_argument("--seeds", type=int, help=f"of each arm (default: {usual.seeds})")
    parser.add_argument("--steps", type=int, help=f"of each run (default: {usual.steps}; of boundary {boundary.steps})")
    parser.add_argument(
        "--warm-up", type=int, metavar="N",
        help="of boundary: steps before these that all arms of a seed have in common (default: 0)",
    )  # fmt: skip
    parser.add_argument("--channels", type=int, nargs=5, metavar="C", help="of the five levels")
    names = "; ".join(
        f"of {study.name}: {', '.join(arm.name for arm in study.arms)}"
        for study in (BOUNDARY_STUDY, CROSS_MODALITY_STUDY)
    )
    parser.add_argument("--arms", nargs="+", metavar="ARM", help=f"some instead of all; {names}")
    parser.add_argument(
        "--precision", choices=("32-true", "bf16-mixed"),
        help=f"of all runs; 32-true where a CPU cannot compute bfloat16 (default: {usual.precision})",
    )  # fmt: skip
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="runs at the same time (default: 1)")
    parser.set_defaults(run=_experiment)


def _experiment(options: argparse.Namespace) -> None:
    _do(STUDIES[options.name], options)


def _do(study: Study[ArmT, OptionsT], given: argparse.Namespace) -> None:
    known = [field.name for field in fields(study.options)]
    asked = {key: getattr(given, key) for key in ("seeds", "steps", "warm_up", "channels", "precision")}
    asked = {key: tuple(value) if isinstance(value, list) else value for key, value in asked.items() if value}
    if unknown := [f"--{key.replace('_', '-')}" for key in asked if key not in known]:
        msg = f"the experiment {study.name} has no {unknown[0]}; leave it out"
        raise UsageError(msg)
    options = replace(study.options, **asked)
    if slow := warning_of_slow_precision(torch.device("cpu"), options.precision):
        logging.getLogger(__name__).warning(slow)
    arms = _chosen(study, given.arms)
    file = study.make(given.heads, given.out / "benchmark", processes=given.processes, on_progress=_say)
    places = RunPlaces(file, given.out / study.folder)
    run_study(study, places, options, arms=arms, processes=given.processes, on_done=_say_done)
    page = study.write_page(arms, places, options, given.report or given.out)
    _say(f"wrote {page.name}")


def _chosen(study: Study[ArmT, OptionsT], names: Sequence[str] | None) -> tuple[ArmT, ...]:
    known = {arm.name for arm in study.arms}
    if names is not None and (unknown := [name for name in names if name not in known]):
        msg = f"the experiment {study.name} has no arm {unknown[0]!r}; there are {', '.join(sorted(known))}"
        raise UsageError(msg)
    return tuple(arm for arm in study.arms if names is None or arm.name in names)


def _say_done(done: int, count: int, what: str) -> None:
    _say(f"{done} of {count} runs; done: {what}")


def _say(text: str) -> None:
    print(text, flush=True)
