"""`python -m Training train`, `resume` and `speed`."""

import argparse
from pathlib import Path

from Training.builders import build_source, refuse_misfit
from Training.recipes import read_recipe
from Training.running.devices import leaving_together
from Training.running.session import Machine, prepare_process, train_recipe
from Training.running.speed import measure_speed, seconds_per_sample
from Training.running.stopping import StopSignal
from Training.weights import find_weights
from VSSegmentationLib.errors import UsageError


def add_running_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands `train`, `resume` and `speed`."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("recipe", type=Path, help="the recipe, a TOML file")
    common.add_argument("--stage", metavar="NAME", help="of a recipe that has several stages, which one")
    common.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="changes",
        help="change one key, e.g. run.steps=500 or run.precision=32-true (TOML or a plain word; may be repeated)",
    )  # fmt: skip
    _add_train(commands.add_parser("train", parents=[common], help="train, or go on with a run"))
    again = commands.add_parser("resume", help="go on with a run: `train RUN/recipe.toml --out RUN --resume` in short")
    again.add_argument("out", type=Path, metavar="RUN", help="the run folder")
    add_machine(again)
    _add_logs(again)
    again.set_defaults(run=_resume, stage=None, changes=[], start_from=None, steps=None, stop_after=None, resume=True)
    speed = commands.add_parser("speed", parents=[common], help="measure steps per second on the CPU")
    speed.add_argument("--steps", type=int, default=5, help="measured steps of each combination (default: 5)")
    speed.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="to try (default: 1 2)")
    speed.set_defaults(run=_speed)


def _add_train(training: argparse.ArgumentParser) -> None:
    training.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="the run folder to make")
    training.add_argument("--resume", action="store_true", help="go on with the run in --out, or start it if it is new")
    training.add_argument(
        "--start-from", type=Path, metavar="FILE", help="a best.pt, checkpoint.pt or model file to begin with"
    )
    training.add_argument("--steps", type=int, help="length of the run, instead of the recipe's")
    training.add_argument(
        "--stop-after", type=int, metavar="N", help="end after step N; the schedule stays the recipe's"
    )
    add_machine(training)
    _add_logs(training)
    training.set_defaults(run=_train)


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Add the options that `machine_of` reads, and `--threads`."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--devices", type=int, default=1, metavar="N", help="how many of them (default: 1)")
    parser.add_argument("--nodes", type=int, default=1, metavar="N", help="of torchrun or SLURM (default: 1)")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads of the training process")


def machine_of(options: argparse.Namespace) -> Machine:
    """Return what the options of `add_machine` ask for."""
    return Machine(device=options.device, devices=options.devices, nodes=options.nodes)


def _add_logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tensorboard", action="store_true", help="write the curves for TensorBoard, too")
    parser.add_argument("--deterministic", action="store_true", help="refuse GPU kernels whose sums differ each time")


@leaving_together()
def _train(options: argparse.Namespace) -> None:
    changes = options.changes if options.steps is None else [*options.changes, f"run.steps={options.steps}"]
    recipe = read_recipe(options.recipe, changes, options.stage)
    prepare_process(threads=options.threads, deterministic=options.deterministic)
    begun = None if options.start_from is None else find_weights(options.start_from, recipe, ends_may_differ=True)
    train_recipe(
        recipe, options.out, machine_of(options), weights=None if begun is None else begun.weights,
        resume=options.resume, should_stop=StopSignal().came, stop_after=options.stop_after,
        tensorboard=options.tensorboard,
    )  # fmt: skip


@leaving_together()
def _resume(options: argparse.Namespace) -> None:
    options.recipe = options.out / "recipe.toml"
    if not options.recipe.is_file():
        msg = f"{options.out.name!r} is no run folder: it has no recipe.toml; give the folder that `train --out` made"
        raise UsageError(msg)
    _train(options)


def _speed(options: argparse.Namespace) -> None:
    recipe = read_recipe(options.recipe, options.changes, options.stage)
    refuse_misfit(recipe)
    source = build_source(recipe.data, recipe.seed)
    print(f"one sample takes {seconds_per_sample(source, 4):.2f} s to make in one process")
    print("precision   channels_last  threads  steps/s")
    for speed in measure_speed(recipe, source, steps=options.steps, threads=options.threads):
        columns = f"{speed.precision:10}  {speed.channels_last!s:13}  {speed.threads:7}  {speed.steps_per_second:7.3f}"
        print(columns, flush=True)
