"""The second paper's experiment, as a study."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from Training.experiments.boundary.arms import ARMS, BoundaryArm
from Training.experiments.boundary.claims import CLAIMS
from Training.experiments.boundary.options import BoundaryOptions
from Training.experiments.boundary.patches import PATCHES
from Training.experiments.boundary.report import write_boundary_report
from Training.experiments.boundary.runs import jobs_before, train_and_measure
from Training.experiments.patches import benchmark_of, make_patches
from Training.experiments.study import Study


def _write_page(arms: Sequence[BoundaryArm], results: Path, out: Path) -> Path:
    return write_boundary_report(results, out, arms)


BOUNDARY_STUDY: Study[BoundaryArm, BoundaryOptions] = Study(
    name="boundary",
    arms=ARMS,
    claims=CLAIMS,
    make=partial(make_patches, PATCHES),
    benchmark=benchmark_of,
    options=BoundaryOptions(),
    do=train_and_measure,
    write_page=_write_page,
    before=jobs_before,
    folder="boundary",
)
