"""The training command: `python -m Training --help`."""

import argparse
import logging
import sys
from collections.abc import Sequence

from Training.adaptation.commands import add_adaptation_commands
from Training.data.commands import add_data_command
from Training.experiments.commands import add_experiment_command
from Training.nnunet.commands import add_nnunet_command
from Training.release.commands import add_release_commands
from Training.running.commands import add_running_commands
from Training.scoring.commands import add_scoring_commands
from Training.weighting.commands import add_weighting_command
from VSSegmentationLib.errors import VSSegmentationError

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
    add_running_commands(commands)
    add_scoring_commands(commands)
    add_release_commands(commands)
    add_data_command(commands)
    add_adaptation_commands(commands)
    add_experiment_command(commands)
    add_nnunet_command(commands)
    add_weighting_command(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
