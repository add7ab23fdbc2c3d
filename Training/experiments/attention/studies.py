"""The first paper's tables and its figure, as studies: with its own losses, and with cross-entropy in all arms."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from Training.experiments.attention.arms import EXPERIMENTS, Arm, Experiment
from Training.experiments.attention.figures import draw_attention
from Training.experiments.attention.report import write_report
from Training.experiments.attention.runs import PATCHES, train_and_measure
from Training.experiments.patches import benchmark_of, make_patches
from Training.experiments.study import Study, StudyOptions

_USUAL = StudyOptions()
_WITH_CROSS_ENTROPY = StudyOptions(cross_entropy_weight=1.0)


def _write_page(experiment: Experiment, usual: StudyOptions, arms: Sequence[Arm], results: Path, out: Path) -> Path:
    return write_report(replace(experiment, arms=tuple(arms)), results, out, usual)


def _study(
    experiment: Experiment, grid: Sequence[Experiment], usual: StudyOptions, folder: str
) -> Study[Arm, StudyOptions]:
    study: Study[Arm, StudyOptions] = Study(
        name=experiment.name,
        arms=experiment.arms,
        claims=experiment.claims,
        together={each.name: each.claims for each in grid},
        make=partial(make_patches, PATCHES),
        benchmark=benchmark_of,
        options=usual,
        do=train_and_measure,
        write_page=partial(_write_page, experiment, usual),
        folder=folder,
    )
    return replace(study, draw=draw_attention) if experiment.name == "table1" else study


def _renamed(experiment: Experiment) -> Experiment:
    return replace(
        experiment, name=f"{experiment.name}_cross_entropy", title=f"{experiment.title}; with cross-entropy in all arms"
    )


_PLAIN = tuple(EXPERIMENTS.values())
_OTHER = tuple(_renamed(experiment) for experiment in _PLAIN)
ATTENTION_STUDIES: Mapping[str, Study[Arm, StudyOptions]] = {
    **{each.name: _study(each, _PLAIN, _USUAL, "attention") for each in _PLAIN},
    **{each.name: _study(each, _OTHER, _WITH_CROSS_ENTROPY, "attention_cross_entropy") for each in _OTHER},
}
