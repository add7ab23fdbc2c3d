"""`python -m Training experiment`: the papers' ablations, from head label maps to a page with a verdict."""

import argparse
import logging
from dataclasses import replace
from pathlib import Path

import torch

from Training.devices import warning_of_slow_precision
from Training.experiments.arms import EXPERIMENTS
from Training.experiments.benchmark import load_benchmark, make_benchmark
from Training.experiments.boundary import ARMS, BoundaryOptions, make_patches, run_boundary, write_boundary_report
from Training.experiments.figures import draw_attention
from Training.experiments.grid import GridOptions, run_grid
from Training.experiments.report import write_report

_BOUNDARY = "boundary"
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
    usual = GridOptions()
    parser.add_argument("name", choices=[*sorted(EXPERIMENTS), _BOUNDARY], help="which table or figure")
    parser.add_argument("--heads", type=Path, nargs="+", required=True, help="the 20 head label maps")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for the benchmark and all runs")
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="for the page (default: in --out)")
    parser.add_argument("--seeds", type=int, default=usual.seeds, help=f"of each arm (default: {usual.seeds})")
    parser.add_argument(
        "--steps", type=int, help=f"of each run (default: {usual.steps}; of boundary {BoundaryOptions().steps})"
    )
    parser.add_argument(
        "--warm-up", type=int, default=BoundaryOptions().warm_up, metavar="N",
        help="of boundary: steps before these that all arms of a seed have in common (default: 0)",
    )  # fmt: skip
    parser.add_argument("--channels", type=int, nargs=5, metavar="C", help="of the five levels")
    parser.add_argument(
        "--arms", nargs="+", choices=[arm.name for arm in ARMS], metavar="ARM",
        help=f"of boundary: some instead of all ({', '.join(arm.name for arm in ARMS)})",
    )  # fmt: skip
    parser.add_argument(
        "--precision", choices=("32-true", "bf16-mixed"), default=usual.precision,
        help=f"of all runs; 32-true where a CPU cannot compute bfloat16 (default: {usual.precision})",
    )  # fmt: skip
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="runs at the same time (default: 1)")
    parser.set_defaults(run=_experiment)


def _experiment(options: argparse.Namespace) -> None:
    if slow := warning_of_slow_precision(torch.device("cpu"), options.precision):
        logging.getLogger(__name__).warning(slow)
    if options.name == _BOUNDARY:
        _boundary(options)
        return
    experiment = EXPERIMENTS[options.name]
    grid = GridOptions(
        steps=options.steps or GridOptions().steps,
        seeds=options.seeds,
        channels=tuple(options.channels or GridOptions().channels),
        precision=options.precision,
    )
    file = make_benchmark(options.heads, options.out / "benchmark", processes=options.processes, on_progress=_say)
    run_grid(experiment.arms, file, options.out, grid, processes=options.processes, on_done=_say_done)
    report = options.report or options.out
    page = write_report(experiment, options.out, report, options.seeds)
    if experiment.name == "table1":
        draw_attention(options.out, load_benchmark(file), grid, report / "attention_maps.png")
    _say(f"wrote {page.name}")


def _boundary(options: argparse.Namespace) -> None:
    usual = BoundaryOptions()
    grid = replace(
        usual,
        steps=options.steps or usual.steps,
        warm_up=options.warm_up,
        seeds=options.seeds,
        channels=tuple(options.channels or usual.channels),
        precision=options.precision,
    )
    file = make_patches(options.heads, options.out / "benchmark", processes=options.processes, on_progress=_say)
    arms = tuple(arm for arm in ARMS if options.arms is None or arm.name in options.arms)
    run_boundary(file, options.out / _BOUNDARY, grid, arms=arms, processes=options.processes, on_done=_say_done)
    page = write_boundary_report(options.out / _BOUNDARY, options.report or options.out, options.seeds, arms)
    _say(f"wrote {page.name}")


def _say_done(done: int, count: int, what: str) -> None:
    _say(f"{done} of {count} runs; done: {what}")


def _say(text: str) -> None:
    print(text, flush=True)
