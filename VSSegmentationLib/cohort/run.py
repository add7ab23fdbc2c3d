"""Every case of one method, read and compared with its reference."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from VSSegmentationLib.cohort.cases import Case, Cohort
from VSSegmentationLib.cohort.grids import on_one_grid
from VSSegmentationLib.cohort.label_values import LabelValues, own_values, relabeled
from VSSegmentationLib.cohort.matching import CasePair, Matching
from VSSegmentationLib.cohort.suspicions import label_suspicions
from VSSegmentationLib.errors import CancelledError, VSSegmentationError
from VSSegmentationLib.evaluation import evaluate_case
from VSSegmentationLib.imageio import read_labelmap
from VSSegmentationLib.label_set import Structure
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationLib.volume import Volume

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How labelmaps are read and what is compared."""

    task: Task = DEFAULT_TASK
    """What kind of tumor the labelmaps are of."""
    structures: tuple[Structure, ...] = DEFAULT_TASK.default_structures
    prediction_values: LabelValues = field(default_factory=own_values)
    reference_values: LabelValues = field(default_factory=own_values)
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
    for done, pair in enumerate(matching.pairs):
        if should_cancel():
            msg = "stopped on request; nothing was written"
            raise CancelledError(msg)
        on_progress(done / len(matching.pairs), f"comparing {method}")
        if pair.prediction is not None or options.missing_is_empty:
            with _told_which_case(pair, len(matching.pairs)):
                prediction, reference = _read(pair, options)
                scores = evaluate_case(prediction, reference, options.structures, options.task.label_set)
            cases.append(Case(number=pair.number, name=pair.name, scores=scores))
    alone = [pair for pair in matching.pairs if pair.prediction is None]
    return Cohort(
        method=method,
        cases=tuple(cases),
        without_prediction=() if options.missing_is_empty else tuple((pair.number, pair.name) for pair in alone),
        without_reference=matching.predictions_alone,
        counted_as_empty=tuple(pair.number for pair in alone) if options.missing_is_empty else (),
        warnings=tuple(label_suspicions(cases, options.task)),
    )


@contextmanager
def _told_which_case(pair: CasePair, total: int) -> Iterator[None]:
    try:
        yield
    except VSSegmentationError as error:
        logger.debug("case %d is %s", pair.number, pair.name)
        msg = f"case {pair.number} of {total} (references in alphabetical order; --debug shows its name): {error}"
        raise type(error)(msg) from error


def _read(pair: CasePair, options: Options) -> tuple[Volume, Volume]:
    reference = _labels_of(pair.reference, options.reference_values, options.task)
    if pair.prediction is None:
        return reference.with_array(np.zeros_like(reference.array)), reference
    return on_one_grid(_labels_of(pair.prediction, options.prediction_values, options.task), reference)


def _labels_of(path: Path, values: LabelValues, task: Task) -> Volume:
    labelmap = read_labelmap(path, task.label_set)
    # A .seg.nrrd names its segments, and was read by these names.
    return labelmap if path.name.lower().endswith(".seg.nrrd") else relabeled(labelmap, values, task)
