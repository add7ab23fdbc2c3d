"""Every case of one method, read and compared with its reference."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from VSSegmentationLib.cohort.cases import Case, Cohort
from VSSegmentationLib.cohort.comparable import comparable_structures
from VSSegmentationLib.cohort.grids import on_one_grid
from VSSegmentationLib.cohort.matching import CasePair, Matching, listed
from VSSegmentationLib.cohort.suspicions import label_suspicions
from VSSegmentationLib.errors import CancelledError, UsageError, VSSegmentationError
from VSSegmentationLib.evaluation import evaluate_case
from VSSegmentationLib.imageio import Labelmap, load_labelmap
from VSSegmentationLib.label_names import LabelValues
from VSSegmentationLib.label_set import Structure
from VSSegmentationLib.tasks import DEFAULT_TASK, Task

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How labelmaps are read and what is compared."""

    task: Task = DEFAULT_TASK
    """What kind of tumor the labelmaps are of."""
    structures: tuple[Structure, ...] = DEFAULT_TASK.default_structures
    prediction_values: LabelValues | None = None
    """What the values of predictions mean that do not say it themselves; None takes what can't be anything else."""
    reference_values: LabelValues | None = None
    """The same of references."""
    missing_is_empty: bool = False
    """Count a case without a prediction as one in which nothing was found; otherwise it is left out."""


def evaluate_cohort(
    method: str,
    matching: Matching,
    options: Options,
    *,
    on_progress: Callable[[float, str], None],
    should_cancel: Callable[[], bool],
) -> Cohort:
    """Compare every prediction with its reference.

    Args:
        method: What the tables are to call it.
        matching: What belongs together.
        options: How it is read and compared.
        on_progress: Told the share that is done, and what is being done.
        should_cancel: Asked before every case.

    Raises:
        CancelledError: If asked to stop.
        VSSegmentationError: If a case cannot be compared, with its number in the sentence and never its name.
    """
    cases: list[Case] = []
    whole: list[int] = []
    undivided: list[int] = []
    for done, pair in enumerate(matching.pairs):
        if should_cancel():
            msg = "stopped on request; nothing was written"
            raise CancelledError(msg)
        on_progress(done / len(matching.pairs), f"comparing {method}")
        if pair.prediction is not None or options.missing_is_empty:
            with _told_which_case(pair, len(matching.pairs)):
                prediction, reference = _read(pair, options)
                structures = comparable_structures(options.structures, options.task.label_set, prediction, reference)
                scores = evaluate_case(
                    *on_one_grid(prediction.volume, reference.volume), structures, options.task.label_set
                )
            if len(structures) < len(options.structures):
                is_assumed = prediction.is_assumed_whole or reference.is_assumed_whole
                (whole if is_assumed else undivided).append(pair.number)
            cases.append(Case(number=pair.number, name=pair.name, scores=scores))
    alone = [pair for pair in matching.pairs if pair.prediction is None]
    return Cohort(
        method=method,
        cases=tuple(cases),
        without_prediction=() if options.missing_is_empty else tuple((pair.number, pair.name) for pair in alone),
        without_reference=matching.predictions_alone,
        counted_as_empty=tuple(pair.number for pair in alone) if options.missing_is_empty else (),
        warnings=(*_parts_left_out(whole), *_reference_undivided(undivided), *label_suspicions(cases, options.task)),
    )


@contextmanager
def _told_which_case(pair: CasePair, total: int) -> Iterator[None]:
    try:
        yield
    except VSSegmentationError as error:
        logger.debug("case %d is %s", pair.number, pair.name)
        msg = f"case {pair.number} of {total} (references in alphabetical order; --debug shows its name): {error}"
        raise type(error)(msg) from error


def _parts_left_out(numbers: Sequence[int]) -> tuple[str, ...]:
    if not numbers:
        return ()
    sentence = (
        "A mask of one value that does not say what it is was read as the whole tumor, so the parts were left out, in "
        f"case {listed(numbers)}. If the value is a part of the tumor, say so with --prediction-values or "
        "--reference-values."
    )
    return (sentence,)


def _reference_undivided(numbers: Sequence[int]) -> tuple[str, ...]:
    if not numbers:
        return ()
    return (f"The reference does not divide the tumor, so the parts were left out, in case {listed(numbers)}.",)


def _read(pair: CasePair, options: Options) -> tuple[Labelmap, Labelmap]:
    reference = _labels_of(pair.reference, "reference", options.reference_values, options.task)
    if pair.prediction is None:
        nothing = reference.volume.with_array(np.zeros_like(reference.volume.array))
        return Labelmap(volume=nothing), reference
    return _labels_of(pair.prediction, "prediction", options.prediction_values, options.task), reference


def _labels_of(path: Path, role: str, values: LabelValues | None, task: Task) -> Labelmap:
    try:
        return load_labelmap(path, task.label_set, values=values)
    except UsageError as error:
        raise UsageError(str(error).replace("--values", f"--{role}-values")) from error
