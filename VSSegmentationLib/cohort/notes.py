"""What has to be read with the tables: definitions, and how missing parts and missing cases were counted."""

from collections.abc import Sequence

from VSSegmentationLib.cohort.cases import Cohort
from VSSegmentationLib.cohort.matching import listed
from VSSegmentationLib.cohort.summary import SummaryOptions
from VSSegmentationLib.cohort.tables import SIGNIFICANT
from VSSegmentationLib.tasks import DEFAULT_TASK, Task

_SURFACES = (
    "ASSD is the mean of the two directed mean distances between surfaces; the pooled one averages over the voxels of "
    "both surfaces. HD95 is the larger of the two directed 95th percentiles."
)
_LEFT_OUT = (
    "A structure that neither labelmap holds is left out, and so is a share of nothing: RVE and sensitivity without a "
    "reference, precision without a prediction."
)
_LESIONS = (
    "A tumor counted singly is found when it shares at least one voxel with the other labelmap; its voxels touch by "
    "face, edge or corner."
)
_VOLUME_ERROR = "RVE is the difference of the volumes, without sign, as a share of the reference's."


def notes(cohorts: Sequence[Cohort], options: SummaryOptions, task: Task = DEFAULT_TASK) -> tuple[str, ...]:
    """Return the sentences that stand below the tables, in every format; none names a case."""
    about_structures = [structure.note for structure in task.structures if structure.note]
    sentences = [_SURFACES, *about_structures, _VOLUME_ERROR, _LEFT_OUT, _LESIONS, *_counting(options)]
    if len(cohorts) > 1:
        sentences.append(
            f"p is that of the two-sided Wilcoxon signed-rank test of {cohorts[0].method} against {cohorts[1].method} "
            "on the cases that both have a value for; pairs without a difference are dropped; it is not corrected for "
            f"the number of tests. A star marks p < {SIGNIFICANT:g}."
        )
    return (*sentences, *(sentence for cohort in cohorts for sentence in _of_cohort(cohort)))


def _counting(options: SummaryOptions) -> tuple[str, ...]:
    infinite = (
        "A structure that one labelmap alone holds is a failure, with a Dice of 0 and an infinite distance, which "
        f"counts as {options.penalty_mm:g} mm everywhere but in the mean without failures."
    )
    interval = (
        f"Intervals are {options.interval_method} bootstrap intervals of the mean ({options.resamples} resamples of "
        f"cases, seed {options.seed}); SD is that of the sample (n - 1)."
    )
    return infinite, interval


def _of_cohort(cohort: Cohort) -> list[str]:
    sentences = list(cohort.warnings)
    if cohort.without_prediction:
        sentences.append(f"{len(cohort.without_prediction)} references without a prediction are left out.")
    if cohort.without_reference:
        sentences.append(f"{len(cohort.without_reference)} predictions without a reference are left out.")
    if cohort.counted_as_empty:
        numbers = listed(cohort.counted_as_empty)
        sentences.append(f"Case {numbers} has no prediction and counts as one in which nothing was found.")
    return [f"{cohort.method}: {sentence}" for sentence in sentences]
