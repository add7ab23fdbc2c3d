"""Which prediction belongs to which reference: by name, by clear rules, and never by guessing."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from VSSegmentationLib.csv_rows import spelled
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat

logger = logging.getLogger(__name__)

_EXTENSIONS = (".seg.nrrd", ".nii.gz", ".nii", ".nrrd", ".mha")
_ROLE = re.compile(r"[_-](labels?|seg|segmentation|mask|truth|gt|pred|prediction)$", re.IGNORECASE)
_RESULTS_OF_A_RUN = (FILE_NAMES[OutputFormat.SEG_NRRD], FILE_NAMES[OutputFormat.NIFTI])


class CasePair(NamedTuple):
    """The two labelmaps of one case."""

    number: int
    """Place of the reference in alphabetical order, from 1; what every output but the case table calls the case."""
    name: str
    """May identify a patient: it goes into the case table and nowhere else."""
    prediction: Path | None
    """None: there is no prediction of this case."""
    reference: Path


class Matching(NamedTuple):
    """What belongs together, and what is left."""

    pairs: tuple[CasePair, ...]
    """One for each reference, in alphabetical order."""
    predictions_alone: tuple[str, ...]
    """Names of predictions without a reference, in alphabetical order."""


def is_named_like_a_labelmap(name: str) -> bool:
    """Return whether the name of an image file ends in a word for its role (`_seg`, `_mask`, ...), or is a result's."""
    stem = next((name[: -len(each)] for each in _EXTENSIONS if name.lower().endswith(each)), name)
    return name.lower().endswith(".seg.nrrd") or name in _RESULTS_OF_A_RUN or _ROLE.search(stem) is not None


def match(predictions: Path, references: Path) -> Matching:
    """Match two labelmaps, or two folders of labelmaps by the names of their cases.

    The name of a case is that of its file without extension and without one closing word for its role (`_seg`,
    `_Label`, `_mask`, `_truth`, `_pred`, ...), or that of a folder that `segment` wrote its results into. Capitals
    count. Two files are a pair whatever they are called.

    Raises:
        UsageError: If a path does not exist, one is a file and the other a folder, or a folder holds no labelmap.
        InputRefusedError: If two labelmaps of a folder have the name of one case.
    """
    for path in (predictions, references):
        if not path.exists():
            msg = "there is no such file or folder of labelmaps; check the paths of predictions and references"
            raise UsageError(msg)
    if predictions.is_file() and references.is_file():
        return Matching((CasePair(1, spelled(_case_name(references)), predictions, references),), ())
    if predictions.is_file() or references.is_file():
        msg = "predictions and references must be two files or two folders, got one of each"
        raise UsageError(msg)
    found, wanted = _labelmaps_in(predictions, "predictions"), _labelmaps_in(references, "references")
    pairs = [
        CasePair(number, spelled(name), found.get(name), wanted[name])
        for number, name in enumerate(sorted(wanted, key=_alphabetically), 1)
    ]
    alone = sorted(found.keys() - wanted.keys(), key=_alphabetically)
    return Matching(tuple(pairs), tuple(map(spelled, alone)))


def check_complete(matching: Matching, *, allow_missing: bool = False, missing_is_empty: bool = False) -> None:
    """See that every prediction has a reference and the other way round, as far as that is asked for.

    Args:
        matching: What was matched.
        allow_missing: Whether what has no partner may be left out.
        missing_is_empty: Whether a reference without a prediction counts as a prediction of nothing.

    Raises:
        InputRefusedError: If not, or if nothing at all was matched. References are told by their place in alphabetical
            order, since names may identify a patient; names are logged for debugging alone.
    """
    alone = [pair for pair in matching.pairs if pair.prediction is None]
    for pair in alone:
        logger.debug("no prediction for reference %d: %s", pair.number, pair.name)
    for name in matching.predictions_alone:
        logger.debug("no reference for the prediction: %s", name)
    if len(alone) == len(matching.pairs):
        msg = (
            "no prediction has the name of a reference; rename the files so that each case has one name in both folders"
        )
        raise InputRefusedError(msg)
    faults = []
    if alone and not (allow_missing or missing_is_empty):
        numbers = listed([pair.number for pair in alone])
        faults.append(f"{len(alone)} of {len(matching.pairs)} references have no prediction (number {numbers} by name)")
    if matching.predictions_alone and not allow_missing:
        faults.append(f"{len(matching.predictions_alone)} of the predictions have no reference")
    if faults:
        told = " and ".join(faults)
        msg = f"{told}; add what is missing, or leave it out with --allow-missing (--debug shows the names)"
        raise InputRefusedError(msg)


def listed(numbers: Sequence[int], most: int = 20) -> str:
    """Return case numbers as a sentence has them, the first `most` of them."""
    shown = ", ".join(map(str, numbers[:most]))
    return shown if len(numbers) <= most else f"{shown} and {len(numbers) - most} more"


def _labelmaps_in(folder: Path, role: str) -> dict[str, Path]:
    labelmaps: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        name, labelmap = _case_name(path), _labelmap_at(path)
        if labelmap is None:
            continue
        if name in labelmaps:
            logger.debug("two labelmaps of one case: %s and %s", labelmaps[name], labelmap)
            msg = (
                f"two of the {role} have the name of one case; keep one labelmap for each case in that folder "
                "(--debug shows which)"
            )
            raise InputRefusedError(msg)
        labelmaps[name] = labelmap
    if not labelmaps:
        msg = f"the folder of {role} holds no labelmap ({', '.join(_EXTENSIONS)}) and no folder that segment wrote"
        raise UsageError(msg)
    return labelmaps


def _labelmap_at(path: Path) -> Path | None:
    if path.name.startswith("."):
        return None
    if path.is_dir():
        return next((path / name for name in _RESULTS_OF_A_RUN if (path / name).is_file()), None)
    return path if path.name.lower().endswith(_EXTENSIONS) else None


def _case_name(path: Path) -> str:
    extension = next((each for each in _EXTENSIONS if path.name.lower().endswith(each)), "")
    return _ROLE.sub("", path.name[: len(path.name) - len(extension)])


def _alphabetically(name: str) -> tuple[str, str]:
    return name.casefold(), name
