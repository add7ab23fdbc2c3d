"""The first paper's tables and its figure, as studies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from Training.experiments.attention.arms import EXPERIMENTS, Arm, Experiment
from Training.experiments.attention.figures import SHOWN, draw_attention
from Training.experiments.attention.report import write_report
from Training.experiments.attention.runs import PATCHES, train_and_measure
from Training.experiments.patches import load_patches, make_patches
from Training.experiments.study import RunPlaces, Study, StudyOptions


def _write_page(
    experiment: Experiment, arms: Sequence[Arm], places: RunPlaces, options: StudyOptions, out: Path
) -> Path:
    names = {arm.name for arm in arms}
    claims = {claim: pair for claim, pair in experiment.claims.items() if {*pair} <= names}
    page = write_report(replace(experiment, arms=tuple(arms), claims=claims), places.folder, out, options.seeds)
    if experiment.name == "table1" and names >= SHOWN:
        draw_attention(places, load_patches(places.patches), options, out / "attention_maps.png")
    return page


ATTENTION_STUDIES: Mapping[str, Study[Arm, StudyOptions]] = {
    name: Study(
        name=name,
        arms=experiment.arms,
        make=partial(make_patches, PATCHES),
        options=StudyOptions(),
        do=train_and_measure,
        write_page=partial(_write_page, experiment),
    )
    for name, experiment in EXPERIMENTS.items()
}
