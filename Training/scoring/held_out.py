"""Measuring a trained network on samples that it has never seen, and setting several measurements side by side."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import torch
from torch import nn

from Training.scoring.scores import Scores, scores
from Training.scoring.validation import FIRST_VALIDATION_INDEX, labels_of
from Training.sources import SampleSource
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.cohort.bootstrap import mean_interval
from VSSegmentationLib.cohort.paired import wilcoxon_signed_rank
from VSSegmentationLib.csv_rows import csv_text, read_csv
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.tensors import tensor_of

COLUMNS = ("sample", "dice", "assd_mm", "rve", "volume_cm3")
_METRICS = {"dice": "Dice", "assd_mm": "ASSD mm", "rve": "RVE"}


@torch.inference_mode()
def measured(network: nn.Module, source: SampleSource, count: int, spacing_dhw_mm: Triplet) -> list[Scores]:
    """Return the scores of the whole tumor on `count` samples that hold one; numbers that are never trained on.

    Raises:
        UsageError: If a thousand samples in a row hold no tumor.
    """
    found: list[Scores] = []
    index, empty = FIRST_VALIDATION_INDEX, 0
    while len(found) < count:
        image, labels = source.sample(index)
        index += 1
        truth = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
        if not truth.any():
            empty += 1
            if empty > 1000:
                msg = "the samples hold no tumor; give another --split or other data.options"
                raise UsageError(msg)
            continue
        predicted = labels_of(network(tensor_of(image)[None]).logits)
        found.append(scores(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(predicted), truth, spacing_dhw_mm))
    return found


def write_scores(path: Path, measured_scores: Sequence[Scores]) -> None:
    """Write one row per sample; an empty cell is a distance that nothing has."""
    rows = [
        {"sample": number, **{k: None if v is None else f"{v:.6g}" for k, v in each.items()}}
        for number, each in enumerate(measured_scores)
    ]
    write_text_atomically(path, csv_text(COLUMNS, rows, line_end="\n", numbers_only=True))


def read_scores(path: Path) -> dict[int, Scores]:
    """Read what `write_scores` wrote.

    Raises:
        UsageError: If there is no such file.
        InputRefusedError: If it is another one.
    """
    if not path.is_file():
        msg = f"there is no {path.name}; make one with `python -m Training evaluate`"
        raise UsageError(msg)
    rows = read_csv(path).checked(COLUMNS, path.name).rows
    try:
        return {
            int(row["sample"]): {name: float(row[name]) if row[name] else None for name in COLUMNS[1:]} for row in rows
        }
    except (KeyError, ValueError, TypeError) as error:
        msg = f"{path.name} is no table of scores; it must have the columns {', '.join(COLUMNS)}"
        raise InputRefusedError(msg) from error


def summary_lines(measured_scores: Sequence[Scores]) -> list[str]:
    """Return mean, deviation and interval of every measure, a line each."""
    lines = []
    for name, title in _METRICS.items():
        values = [value for each in measured_scores if (value := each[name]) is not None and np.isfinite(value)]
        if not values:
            lines.append(f"{title}: none has a value")
            continue
        spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
        missing = f", {len(measured_scores) - len(values)} without" if len(values) < len(measured_scores) else ""
        lines.append(f"{title}: {fmean(values):.3f}{spread} over {len(values)} samples{missing}")
    return lines


def comparison_table(named: Sequence[tuple[str, dict[int, Scores]]]) -> str:
    """Return a table of several evaluations of the same samples, each tested against the first, in Markdown.

    Raises:
        UsageError: If they are not of the same samples.
    """
    first = named[0][1]
    if any(set(other) != set(first) or _volumes(other) != _volumes(first) for _, other in named[1:]):
        msg = "the evaluations are not of the same samples, so they cannot be paired; evaluate with the same options"
        raise UsageError(msg)
    lines = ["| | n | Dice % | 95 % interval | ASSD mm | RVE % | p (Dice) |", "|---|---|---|---|---|---|---|"]
    for name, own in named:
        dice = _values(own, "dice")
        interval = mean_interval(list(dice.values()))
        p_value = (
            None if own is first else wilcoxon_signed_rank(list(dice.values()), list(_values(first, "dice").values()))
        )
        p_text = "" if p_value is None or p_value.p_value is None else f"{p_value.p_value:.3g}"
        lines.append(
            f"| {name} | {len(dice)} | {_mean(dice, 100, 2)} | {100 * interval.low:.2f} to {100 * interval.high:.2f} | "
            f"{_mean(_values(own, 'assd_mm'), 1, 2)} | {_mean(_values(own, 'rve'), 100, 1)} | {p_text} |"
        )
    return "\n".join([*lines, "", f"p: paired Wilcoxon test against {named[0][0]}, not corrected for their number."])


def _values(rows: dict[int, Scores], metric: str) -> dict[int, float]:
    return {n: value for n, each in sorted(rows.items()) if (value := each[metric]) is not None and np.isfinite(value)}


def _volumes(rows: dict[int, Scores]) -> list[float | None]:
    return [each["volume_cm3"] for _, each in sorted(rows.items())]


def _mean(values: dict[int, float], factor: float, digits: int) -> str:
    if not values:
        return "none"
    spread = stdev(values.values()) if len(values) > 1 else 0.0
    return f"{factor * fmean(values.values()):.{digits}f} ± {factor * spread:.{digits}f}"
