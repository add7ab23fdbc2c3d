"""Scoring models on the frozen stress set, stratum by stratum, through the whole pipeline."""

import json
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.strata import STRATA, StressScan, stratum_named, stress_scans
from Training.synthesis.stress import stress_files
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.codec import read_json_file
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.evaluation import boundary_distances, dice
from VSSegmentationLib.geometry import voxel_volume_mm3
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.inference import Models, segment
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.volume import Volume

LEAST_MISSED_CM3 = 0.1
"""A tumor above this that is not found at all counts as missed."""
Row = dict[str, Any]


def score_scan(scan: StressScan, image: Volume, truth: Volume, models: Models) -> Row:
    """Return what a model makes of one scan: Dice of whole, parts and cochlea, boundary, volumes in cm3.

    `mean_probability` and `porus_distance_mm` are those of the finding that counts as the tumor, `boundary_spread_mm`
    is how far mirror images of its boundary lie apart; each is missing where there is none.
    """
    answer = segment(image, models, modality=scan.modality)
    found = answer.labelmap.array
    wanted = truth.array
    voxel_cm3 = voxel_volume_mm3(image.dhw_to_ras) / 1000
    masks = [VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels) for labels in (found, wanted)]
    row: Row = {
        "number": scan.number,
        "stratum": scan.stratum,
        "modality": scan.modality,
        "found_cm3": float(masks[0].sum()) * voxel_cm3,
        "true_cm3": float(masks[1].sum()) * voxel_cm3,
    }
    if answer.tumor is not None:
        row["mean_probability"] = answer.tumor.mean_probability
        if answer.tumor.porus_distance_mm is not None:
            row["porus_distance_mm"] = answer.tumor.porus_distance_mm
    if answer.boundary is not None and answer.boundary.spread_mm is not None:
        row["boundary_spread_mm"] = answer.boundary.spread_mm
    if masks[1].any():
        row["dice"] = dice(masks[0], masks[1])
        row["hit"] = bool((masks[0] & masks[1]).any())
        row.update(_parts(found, wanted, truth))
    if Label.COCHLEA in models.segmenter.labels and (wanted == Label.COCHLEA).any():
        row["cochlea"] = dice(found == Label.COCHLEA, wanted == Label.COCHLEA)
    return row


def _parts(found: NDArray[np.uint8], wanted: NDArray[np.uint8], truth: Volume) -> Row:
    """Return Dice of both parts and the distance of their boundaries, where the truth has both."""
    if not all((wanted == part).any() for part in (Label.EXTRAMEATAL, Label.INTRAMEATAL)):
        return {}
    row: Row = {
        name: dice(found == part, wanted == part)
        for name, part in (("extra", Label.EXTRAMEATAL), ("intra", Label.INTRAMEATAL))
    }
    if all((found == part).any() for part in (Label.EXTRAMEATAL, Label.INTRAMEATAL)):
        between = boundary_distances(found, wanted, truth.spacing_dhw_mm).mean_of_directed_means_mm
        if isfinite(between):  # parts that touch nowhere have no boundary, and JSON holds no infinity
            row["boundary_mm"] = between
    return row


def score_set(
    folder: Path,
    models: Models,
    out: Path,
    *,
    numbers: Sequence[int] | None = None,
    straight: bool = False,
    on_progress: Callable[[str], None] = lambda _text: None,
) -> list[Row]:
    """Return the rows of all scans of a model's modality; each is kept in a file of its own, so a second call goes on.

    Args:
        folder: What `python -m Training.synthesis stress` wrote.
        models: As they ship together.
        out: Where rows are kept, apart for each set of weights.
        numbers: Of the scans wanted; None takes all.
        straight: Take the straight twins of the tilted scans instead.
        on_progress: Told what is being done.

    Raises:
        UsageError: If a scan has not been drawn, or none is of the model's modality.
    """
    modality = models.segmenter.modality
    wanted = [s for s in stress_scans() if s.modality == modality and (numbers is None or s.number in set(numbers))]
    if straight:
        wanted = [scan for scan in wanted if stratum_named(scan.stratum).tilted]
    if not wanted:
        asked = f"{'tilted ' if straight else ''}scan{'' if numbers is None else ' with these numbers'}"
        msg = f"the stress set holds no {asked} for the model '{models.segmenter.name}', which is made for {modality}"
        raise UsageError(msg)
    parts = (models.segmenter, models.locator, models.divider)
    own = out / "-".join("none" if each is None else each.sha256[:12] for each in parts)
    own.mkdir(parents=True, exist_ok=True)
    rows = []
    for place, scan in enumerate(wanted, start=1):
        kept = own / f"{scan.number:03d}{'_straight' if straight else ''}.json"
        if not kept.is_file():
            image, truth = stress_files(folder, scan.number, straight=straight)
            if not (image.is_file() and truth.is_file()):
                msg = (
                    f"{'the straight twin of ' if straight else ''}scan {scan.number} of the stress set is missing; "
                    f"`python -m Training.synthesis stress{' --straight' if straight else ''}` draws it"
                )
                raise UsageError(msg)
            row = score_scan(scan, read_volume(image), read_volume(truth), models)
            write_text_atomically(kept, json.dumps(row))
            on_progress(f"{models.segmenter.name}: {place} of {len(wanted)} scans")
        rows.append(_read(kept))
    return rows


def _read(path: Path) -> Row:
    try:
        row: Row = read_json_file(path)
        return {**row, "number": int(row["number"])}
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} of {path.parent.name} is damaged; delete it and give the command again"
        raise InputRefusedError(msg) from error


def stress_table(rows: Sequence[Mapping[str, Any]], straight: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return a table of one model: a line for each stratum, one for all, and one for straight twins of tilted scans."""
    lines = [
        _line(each.name, [row for row in rows if row["stratum"] == each.name])
        for each in STRATA
        if any(row["stratum"] == each.name for row in rows)
    ]
    head = ("stratum", "scans", "Dice, mean", "worst", "extra", "intra", "boundary, median mm", "cochlea",
            f"missed above {LEAST_MISSED_CM3} cm3", "false tumors")  # fmt: skip
    cells = [head, ("---",) * len(head), *lines, _line("all", list(rows))]
    if straight:
        cells.append(_line("straight twins of the tilted", straight))
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def tilt_sentence(rows: Sequence[Mapping[str, Any]], straight: Sequence[Mapping[str, Any]]) -> str:
    """Return what tilting costs: tilted scans with a tumor against their straight twins, pair by pair."""
    tilted = {row["number"]: row["dice"] for row in rows if "dice" in row}
    lost = [row["dice"] - tilted[row["number"]] for row in straight if "dice" in row and row["number"] in tilted]
    if not lost:
        return "no tilted scan with its straight twin was scored"
    return f"tilting costs a Dice of {fmean(lost):.3f} on average, {max(lost):.3f} at most, in {len(lost)} pairs"


def _line(name: str, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    ill = [row for row in rows if row["true_cm3"] > 0]
    free = [row for row in rows if row["true_cm3"] == 0]
    large = [row for row in ill if row["true_cm3"] > LEAST_MISSED_CM3]
    missed = sum(not row["hit"] for row in large)
    false = sum(row["found_cm3"] > 0 for row in free)
    return (
        name,
        str(len(rows)),
        _told(fmean, ill, "dice"),
        _told(min, ill, "dice"),
        _told(fmean, ill, "extra"),
        _told(fmean, ill, "intra"),
        _told(median, ill, "boundary_mm"),
        _told(fmean, rows, "cochlea"),
        f"{missed} of {len(large)}" if large else "",
        f"{false} of {len(free)}" if free else "",
    )


def _told(summary: Callable[[list[float]], float], rows: Sequence[Mapping[str, Any]], name: str) -> str:
    values = [float(row[name]) for row in rows if name in row]
    return f"{summary(values):.3f}" if values else ""
