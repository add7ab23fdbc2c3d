"""The third paper's experiment, as a study."""

from collections.abc import Sequence
from pathlib import Path

from Training.experiments.cross_modality.arms import ARMS, CLAIMS, CrossArm
from Training.experiments.cross_modality.domains import benchmark_of, make_domains
from Training.experiments.cross_modality.options import CrossModalityOptions
from Training.experiments.cross_modality.report import write_cross_modality_report
from Training.experiments.cross_modality.runs import jobs_before, train_and_measure
from Training.experiments.study import Study


def _write_page(arms: Sequence[CrossArm], results: Path, out: Path) -> Path:
    return write_cross_modality_report(results, out, arms)


CROSS_MODALITY_STUDY: Study[CrossArm, CrossModalityOptions] = Study(
    name="crossmodality",
    arms=ARMS,
    claims=CLAIMS,
    make=make_domains,
    benchmark=benchmark_of,
    options=CrossModalityOptions(),
    do=train_and_measure,
    write_page=_write_page,
    before=jobs_before,
    folder="crossmodality",
)
