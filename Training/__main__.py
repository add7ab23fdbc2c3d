"""The training command: `python -m Training --help`.

Which commands there are stands here; what each of them takes is known by its room, which is imported once one of its
commands is asked for: PyTorch takes seconds, and a list of commands needs none of it.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from Training.ending import exit_code_of

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
  python -m Training reproduce spvpa_t2_synthetic --heads heads --out runs/reproduce
      make a model that ships from nothing: pools, stage after stage, model file and card; given again, it goes on
  python -m Training speed RECIPE
      measure which precision, memory layout and number of threads is fastest here
"""


class _Room(NamedTuple):
    add: Callable[["argparse._SubParsersAction[argparse.ArgumentParser]"], None]
    """Imports the room and adds its commands."""
    commands: Mapping[str, str]
    """Their names, and what each does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (0 done, 2 usage, recipe, path, 4 checkpoint, 130 stopped by the user)."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = parser_of(next((each for each in given if not each.startswith("-")), None)).parse_args(given)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S", stream=sys.stdout)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    return exit_code_of(lambda: options.run(options))


def parser_of(chosen: str | None) -> argparse.ArgumentParser:
    """Return the parser of all commands, of which only the rooms with the chosen one are imported.

    Args:
        chosen: A command; of None, or of another word, none is imported.
    """
    parser = argparse.ArgumentParser(
        prog="python -m Training",
        description="Bring in scans, train a network from one recipe file, make a model file from a run.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for room in ROOMS:
        if chosen in room.commands:
            room.add(commands)
            continue
        for name, what in room.commands.items():
            commands.add_parser(name, help=what)
    return parser


def _running(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from Training.running.commands import add_running_commands  # noqa: PLC0415 - as all below: see the file's words

    add_running_commands(commands)


def _scoring(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from Training.scoring.commands import add_scoring_commands  # noqa: PLC0415

    add_scoring_commands(commands)


def _release(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from Training.release.commands import add_release_commands  # noqa: PLC0415

    add_release_commands(commands)


def _data(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from Training.data.commands import add_data_command  # noqa: PLC0415

    add_data_command(commands)


def _adaptation(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from Training.adaptation.commands import add_adaptation_commands  # noqa: PLC0415

    add_adaptation_commands(commands)


def _experiments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from Training.experiments.commands import add_experiment_command  # noqa: PLC0415

    add_experiment_command(commands)


def _nnunet(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from Training.nnunet.commands import add_nnunet_command  # noqa: PLC0415

    add_nnunet_command(commands)


def _weighting(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from Training.weighting.commands import add_weighting_command  # noqa: PLC0415

    add_weighting_command(commands)


ROOMS = (
    _Room(_running, {
        "train": "train, or go on with a run",
        "resume": "go on with a run: `train RUN/recipe.toml --out RUN --resume` in short",
        "speed": "measure steps per second on the CPU",
    }),
    _Room(_scoring, {
        "evaluate": "measure a run on samples it has never seen",
        "compare": "set evaluations of the same samples side by side, tested in pairs",
        "stress": "measure models on the frozen stress set, stratum by stratum",
    }),
    _Room(_release, {
        "export": "make a model file, with a card, from a run",
        "reproduce": "make a model that ships from nothing, by its one recipe",
        "limits": "measure by how much a model's numbers are off, and write it into its card",
    }),
    _Room(_data, {"data": "import your own scans, split them by patient, look at them"}),
    _Room(_adaptation, {
        "adapt": "from labeled scans of one kind to a network for another kind, of which no labels are there",
        "translate": "translate labeled scans with a translator that `adapt` trained",
        "pseudo-label": "label scans that nobody outlined, with a trained network",
    }),
    _Room(_experiments, {"experiment": "the ablations of the source papers, on synthetic images"}),
    _Room(_nnunet, {"nnunet": "train and run both stages with nnU-Net v2 itself"}),
    _Room(_weighting, {"weighting": "fit what tells T2, ceT1 and T1 apart, on synthetic heads"}),
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
