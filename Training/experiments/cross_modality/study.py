"""The third paper's experiment, as a study."""

from collections.abc import Sequence
from pathlib import Path

from Training.experiments.cross_modality.arms import ARMS, CrossArm
from Training.experiments.cross_modality.domains import make_domains
from Training.experiments.cross_modality.options import CrossModalityOptions
from Training.experiments.cross_modality.report import write_cross_modality_report
from Training.experiments.cross_modality.runs import jobs_before, train_and_measure
from Training.experiments.study import RunPlaces, Study


def _write_page(arms: Sequence[CrossArm], places: RunPlaces, options: CrossModalityOptions, out: Path) -> Path:
    return write_cross_modality_report(places.folder, out, options.seeds, arms)


CROSS_MODALITY_STUDY: Study[CrossArm, CrossModalityOptions] = Study(
    name="crossmodality",
    arms=ARMS,
    make=make_domains,
    options=CrossModalityOptions(),
    do=train_and_measure,
    write_page=_write_page,
    before=jobs_before,
    folder="crossmodality",
)
