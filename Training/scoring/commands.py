"""`python -m Training evaluate`, `compare` and `stress`."""

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from Training.builders import build_source, measured_as, spacing_of
from Training.scoring.held_out import (
    comparison_table,
    measured,
    read_scores,
    summary_lines,
    write_scores,
)
from Training.scoring.limits_by_rule import EVERY_DISTANCE_MM, accepting_all, limits_text, spread_text
from Training.scoring.shipped import models_of
from Training.scoring.stress import score_set, stress_table, tilt_sentence
from Training.synthesis.strata import stress_scans
from Training.weights import network_of_run
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import Models
from VSSegmentationLib.models import find_model


def add_scoring_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands `evaluate`, `compare` and `stress`."""
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
    stress = commands.add_parser("stress", help="measure models on the frozen stress set, stratum by stratum")
    stress.add_argument("folder", type=Path, help="the set, as `python -m Training.synthesis stress` wrote it")
    stress.add_argument("models", nargs="+", metavar="MODEL", help="name or file of a segmenter; its modality's scans")
    stress.add_argument("--out", type=Path, required=True, help="folder for scores; those that it holds are kept")
    stress.add_argument("--only", type=int, nargs=2, metavar=("FIRST", "LAST"), help="scans FIRST to LAST of the set")
    stress.add_argument("--every", type=int, default=1, help="only each so-manieth scan of the set (default: 1)")
    stress.add_argument("--straight", action="store_true", help="the straight twins of the tilted scans, too")
    stress.add_argument(
        "--limits", action="store_true",
        help="accept every finding, and tell what limits of probability, place and spread do and which the rules set",
    )  # fmt: skip
    stress.add_argument("--threads", type=int, default=1, help="of PyTorch (default: 1)")
    stress.set_defaults(run=_stress)


def _evaluate(options: argparse.Namespace) -> None:
    network, recipe = network_of_run(options.run_file)
    if measured_as(recipe.data) != "VS":
        msg = f"schwannomas are measured here, and the run is of {measured_as(recipe.data)}; see its validation.csv"
        raise UsageError(msg)
    changes = {**recipe.validation.options, **({} if options.split is None else {"split": options.split})}
    held_out = dataclasses.replace(recipe.data, options={**recipe.data.options, **changes})
    source = build_source(held_out, recipe.seed)
    found = measured(network, source, options.samples, spacing_of(recipe.data))
    write_scores(options.out, found)
    print("\n".join([f"wrote {options.out.name}", *summary_lines(found)]))


def _stress(options: argparse.Namespace) -> None:
    if options.threads < 1 or options.every < 1:
        msg = f"--threads and --every must be >= 1, got {options.threads} and {options.every}"
        raise UsageError(msg)
    torch.set_num_threads(options.threads)
    first, last = options.only or (0, len(stress_scans()) - 1)
    numbers = range(first, last + 1, options.every)
    weighed = []
    for name in options.models:
        models = models_of(find_model(name))
        if options.limits:
            weighed.append(_weigh_limits(options, models, numbers))
            continue
        rows = score_set(options.folder, models, options.out, numbers=numbers, on_progress=print)
        print(f"{models.segmenter.name} version {models.segmenter.version}, SHA-256 {models.segmenter.sha256}")
        twins = []
        if options.straight:
            twins = score_set(options.folder, models, options.out, numbers=numbers, straight=True, on_progress=print)
        print(stress_table(rows, twins))
        if twins:
            print(tilt_sentence(rows, twins))
    if len(weighed) > 1:
        print("\nThe spread on the scans of all these models, which share a divider:\n")
        print(spread_text([row for rows in weighed for row in rows]))


def _weigh_limits(options: argparse.Namespace, models: Models, numbers: Sequence[int]) -> Sequence[Mapping[str, Any]]:
    out = options.out / f"every_finding_within_{EVERY_DISTANCE_MM:g}_mm"
    rows = score_set(options.folder, accepting_all(models), out, numbers=numbers, on_progress=print)
    print(f"{models.segmenter.name} version {models.segmenter.version}, SHA-256 {models.segmenter.sha256}")
    print(limits_text(rows))
    return rows


def _compare(options: argparse.Namespace) -> None:
    print(comparison_table([(path.stem, read_scores(path)) for path in options.files]))
