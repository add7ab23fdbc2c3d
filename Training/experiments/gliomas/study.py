"""The fourth source's experiment, as a study."""

from collections.abc import Sequence
from pathlib import Path

from Training.experiments.gliomas.arms import ARMS, GliomaArm
from Training.experiments.gliomas.claims import CLAIMS
from Training.experiments.gliomas.options import GliomaOptions
from Training.experiments.gliomas.patches import benchmark_of, make_glioma_patches
from Training.experiments.gliomas.report import write_glioma_report
from Training.experiments.gliomas.runs import train_and_measure
from Training.experiments.study import Study


def _write_page(arms: Sequence[GliomaArm], results: Path, out: Path) -> Path:
    return write_glioma_report(results, out, arms)


GLIOMA_STUDY: Study[GliomaArm, GliomaOptions] = Study(
    name="brats_ablation",
    arms=ARMS,
    claims=CLAIMS,
    make=make_glioma_patches,
    benchmark=benchmark_of,
    options=GliomaOptions(),
    do=train_and_measure,
    write_page=_write_page,
    folder="brats_ablation",
)
