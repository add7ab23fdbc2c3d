"""The study of looks, losses and norms."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from Training.experiments.attention.runs import PATCHES
from Training.experiments.ears.arms import ARMS, CLAIMS, EarArm
from Training.experiments.ears.report import write_ears_report
from Training.experiments.ears.runs import EarOptions, train_and_measure
from Training.experiments.patches import benchmark_of, make_patches
from Training.experiments.study import Study


def _write_page(arms: Sequence[EarArm], results: Path, out: Path) -> Path:
    return write_ears_report(results, out, arms)


EARS_STUDY: Study[EarArm, EarOptions] = Study(
    name="ears",
    arms=ARMS,
    claims=CLAIMS,
    make=partial(make_patches, PATCHES),
    benchmark=benchmark_of,
    options=EarOptions(),
    do=train_and_measure,
    write_page=_write_page,
    folder="ears",
)
