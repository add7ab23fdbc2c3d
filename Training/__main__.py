"""The training command: `python -m Training --help`."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import torch

from Training.builders import build_source, held_out
from Training.data.commands import add_data_command
from Training.devices import make_fabric, warning_of_slow_precision
from Training.experiments.commands import add_experiment_command
from Training.export import MODALITIES, ExportOptions, Role, export_run
from Training.loop import train
from Training.measuring import add_measuring_commands
from Training.nnunet.commands import add_nnunet_command
from Training.recipe import read_recipe
from Training.speed import measure_speed, seconds_per_sample
from Training.validation import draw_predictions, validate_on_samples
from Training.weights import find_weights
from VSSegmentationLib.errors import CancelledError, UsageError, VSSegmentationError

_EXAMPLES = """\
examples:
  python -m Training train Training/recipes/NAME.toml --out runs/first --threads 2
      train on this machine; stop with Ctrl-C at any time
  python -m Training train runs/first/recipe.toml --out runs/first --resume
      go on exactly where it stopped
  python -m Training train RECIPE --out runs/gpu --device cuda --devices 2
      on two GPUs, each with the recipe's batch size
  python -m Training train RECIPE --out runs/second --start-from runs/first/best.pt
      begin a new run with the weights of another
  python -m Training train RECIPE --out runs/try --set run.steps=50 --set data.options.folder="'maps'"
      change single keys of the recipe (values in TOML)
  python -m Training resume runs/first
      the same in short
  python -m Training evaluate runs/first/best.pt --out first.csv
      Dice, ASSD and volume error on samples that were never trained on; then compare first.csv second.csv
  python -m Training export runs/first/best.pt --out mine.pt --role segmenter --locator LOCATOR
      make a model file that `vs-segmentation segment --model mine.pt` takes, with a card beside it
  python -m Training speed RECIPE
      measure which precision, memory layout and number of threads is fastest here
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (0 done, 2 usage or recipe, 4 checkpoint, 130 stopped by the user)."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S", stream=sys.stdout)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    try:
        options.run(options)
    except VSSegmentationError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except FloatingPointError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m Training",
        description="Bring in scans, train a network from one recipe file, make a model file from a run.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("recipe", type=Path, help="the recipe, a TOML file")
    common.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="changes",
        help="change one key, e.g. run.steps=500 or run.precision=32-true (TOML or a plain word; may be repeated)",
    )  # fmt: skip

    training = commands.add_parser("train", parents=[common], help="train, or go on with a run")
    training.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="the run folder to make")
    training.add_argument("--resume", action="store_true", help="go on with the run in --out, or start it if it is new")
    training.add_argument(
        "--start-from", type=Path, metavar="FILE", help="a best.pt, checkpoint.pt or model file to begin with"
    )
    training.add_argument("--steps", type=int, help="length of the run, instead of the recipe's")
    training.add_argument(
        "--stop-after", type=int, metavar="N", help="end after step N; the schedule stays the recipe's"
    )
    _add_machine(training)
    training.set_defaults(run=_train)

    again = commands.add_parser("resume", help="go on with a run: `train RUN/recipe.toml --out RUN --resume` in short")
    again.add_argument("out", type=Path, metavar="RUN", help="the run folder")
    _add_machine(again)
    again.set_defaults(run=_resume, changes=[], start_from=None, steps=None, stop_after=None, resume=True)

    speed = commands.add_parser("speed", parents=[common], help="measure steps per second on the CPU")
    speed.add_argument("--steps", type=int, default=5, help="measured steps of each combination (default: 5)")
    speed.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="to try (default: 1 2)")
    speed.set_defaults(run=_speed)
    add_measuring_commands(commands)
    _add_export(commands)
    add_data_command(commands)
    add_experiment_command(commands)
    add_nnunet_command(commands)
    return parser


def _add_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--devices", type=int, default=1, metavar="N", help="how many of them (default: 1)")
    parser.add_argument("--nodes", type=int, default=1, metavar="N", help="of torchrun or SLURM (default: 1)")
    parser.add_argument("--tensorboard", action="store_true", help="write the curves for TensorBoard, too")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads of the training process")
    parser.add_argument("--deterministic", action="store_true", help="refuse GPU kernels whose sums differ each time")


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    export = commands.add_parser("export", help="make a model file, with a card, from a run")
    export.add_argument("run_file", type=Path, metavar="RUN_FILE", help="a run folder's best.pt or checkpoint.pt")
    export.add_argument("--out", type=Path, required=True, metavar="FILE.pt", help="its stem is the model's name")
    export.add_argument("--role", choices=get_args(Role), required=True, help="what the network was trained to do")
    export.add_argument(
        "--average-with",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="write the mean of all weights; files of other runs, or models",
    )
    export.add_argument("--model-version", default="1", metavar="V", help="for the card (default: 1)")
    export.add_argument("--modality", choices=MODALITIES, default="T2", help="what it segments (default: T2)")
    export.add_argument("--locator", metavar="NAME", help="of a segmenter: the model that finds its region")
    export.add_argument(
        "--least-mean-probability", type=float, default=ExportOptions.least_mean_probability, metavar="P",
        help="of a segmenter: what it finds is called a tumor from this mean on (default: %(default)s)",
    )  # fmt: skip
    export.add_argument(
        "--trained-on", metavar="TEXT", help="for the card of a model of your own scans: which they were"
    )
    export.add_argument("--license", metavar="TEXT", help="for a model of your own scans, e.g. CC BY 4.0")
    export.set_defaults(run=_export)


def _train(options: argparse.Namespace) -> None:
    changes = options.changes if options.steps is None else [*options.changes, f"run.steps={options.steps}"]
    recipe = read_recipe(options.recipe, changes)
    if options.threads is not None:
        if options.threads < 1:
            msg = f"--threads must be >= 1, got {options.threads}"
            raise UsageError(msg)
        torch.set_num_threads(options.threads)
    if options.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts, which is later
        torch.use_deterministic_algorithms(mode=True)
    source = build_source(recipe.data, recipe.seed)
    held_out_source = build_source(held_out(recipe), recipe.seed)
    validate = validate_on_samples(held_out_source, recipe.validation.samples)
    weights = None if options.start_from is None else find_weights(options.start_from, recipe).weights
    fabric = make_fabric(options.device, options.devices, recipe.run.precision, nodes=options.nodes)
    fabric.launch()
    if not fabric.is_global_zero:
        logging.getLogger().setLevel(logging.WARNING)
    elif slow := warning_of_slow_precision(fabric.device, recipe.run.precision):
        logging.getLogger(__name__).warning(slow)
    stop = _StopSignal()
    state = train(
        recipe, source, options.out, fabric=fabric, validate=validate, resume=options.resume,
        initial_weights=weights, should_stop=stop.came, stop_after=options.stop_after, tensorboard=options.tensorboard,
        draw=draw_predictions(held_out_source),
    )  # fmt: skip
    if stop.came() and state.step < recipe.run.steps:
        msg = f"stopped after step {state.step} of {recipe.run.steps}; --resume goes on from there"
        raise CancelledError(msg)
    if fabric.is_global_zero:
        best = (
            ""
            if state.best is None
            else f"; best {recipe.validation.metric} {state.best[recipe.validation.metric]:.4f}"
        )
        print(f"done: {state.step} steps in {state.seconds / 60:.1f} minutes{best}")


def _resume(options: argparse.Namespace) -> None:
    options.recipe = options.out / "recipe.toml"
    if not options.recipe.is_file():
        msg = f"{options.out.name!r} is no run folder: it has no recipe.toml; give the folder that `train --out` made"
        raise UsageError(msg)
    _train(options)


def _speed(options: argparse.Namespace) -> None:
    recipe = read_recipe(options.recipe, options.changes)
    source = build_source(recipe.data, recipe.seed)
    print(f"one sample takes {seconds_per_sample(source, 4):.2f} s to make in one process")
    print("precision   channels_last  threads  steps/s")
    for speed in measure_speed(recipe, source, steps=options.steps, threads=options.threads):
        columns = f"{speed.precision:10}  {speed.channels_last!s:13}  {speed.threads:7}  {speed.steps_per_second:7.3f}"
        print(columns, flush=True)


def _export(options: argparse.Namespace) -> None:
    details = ExportOptions(
        role=options.role,
        version=options.model_version,
        modality=options.modality,
        locator_name=options.locator,
        trained_on=options.trained_on,
        license=options.license,
        least_mean_probability=options.least_mean_probability,
    )
    sha256 = export_run(options.run_file, options.out, details, average_with=options.average_with)
    print(f"wrote {options.out.name} and its card; SHA-256 {sha256}")


class _StopSignal:
    """Turns the first Ctrl-C or SIGTERM into a request; a second one ends the process at once."""

    def __init__(self) -> None:
        self._came = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def came(self) -> bool:
        return self._came

    def _note(self, number: int, _frame: object) -> None:
        self._came = True
        signal.signal(number, signal.SIG_DFL)
        print("stopping after this step; once more stops at once", flush=True)


if __name__ == "__main__":
    sys.exit(main())
