"""`python -m Training evaluate` and `compare`."""

import argparse
import dataclasses
from pathlib import Path

from Training.builders import build_source, spacing_of
from Training.scoring.held_out import (
    comparison_table,
    measured,
    read_scores,
    summary_lines,
    write_scores,
)
from Training.weights import network_of_run


def add_scoring_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands `evaluate` and `compare`."""
    evaluate = commands.add_parser("evaluate", help="measure a run on samples it has never seen")
    evaluate.add_argument("run_file", type=Path, metavar="RUN_FILE", help="a run folder's best.pt or checkpoint.pt")
    evaluate.add_argument("--samples", type=int, default=50, help="with a tumor (default: 50)")
    evaluate.add_argument("--split", metavar="NAME", help="of a manifest, such as test (default: that of validation)")
    evaluate.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help="one row per sample")
    evaluate.set_defaults(run=_evaluate)
    compare = commands.add_parser("compare", help="set evaluations of the same samples side by side, tested in pairs")
    compare.add_argument(
        "files", type=Path, nargs="+", metavar="FILE.csv", help="of `evaluate`; the first is compared with"
    )
    compare.set_defaults(run=_compare)


def _evaluate(options: argparse.Namespace) -> None:
    network, recipe = network_of_run(options.run_file)
    changes = {**recipe.validation.options, **({} if options.split is None else {"split": options.split})}
    held_out = dataclasses.replace(recipe.data, options={**recipe.data.options, **changes})
    source = build_source(held_out, recipe.seed)
    found = measured(network, source, options.samples, spacing_of(recipe.data))
    write_scores(options.out, found)
    print("\n".join([f"wrote {options.out.name}", *summary_lines(found)]))


def _compare(options: argparse.Namespace) -> None:
    print(comparison_table([(path.stem, read_scores(path)) for path in options.files]))
