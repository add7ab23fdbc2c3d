"""See whether real tumors lie within the limits that a model's card gives, and write the outcome into the card.

python -m benchmarks.limits_on_real_scans ../shared/data

The scans are for measuring only: no limit is chosen by them. They have contours of the whole tumor, so measures of its
parts can't be checked. Afterwards `python tools/limits_table.py` brings the page up to the cards.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.real_cases import CASES, Case, truth_of
from VSSegmentationLib.imageio import read_scan, read_volume
from VSSegmentationLib.inference import Models, load_model, segment
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.limits import AutomaticAnswer, with_limits_of_model
from VSSegmentationLib.models import (
    CheckedLimit,
    ModelCard,
    card_path,
    default_divider,
    embedded_models,
    find_model,
    read_card,
    write_card,
)
from VSSegmentationLib.tasks import Task, task_named


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    for entry in embedded_models():
        if entry.card.limits_measured is None:
            continue
        checked = check(entry.path, entry.card, options.data)
        card = read_card(card_path(entry.path))
        write_card(card_path(entry.path), replace(card, limits_measured=replace(card.limits_measured, checked=checked)))
        within = [each.inside for each in checked if each.inside is not None]
        print(f"{entry.card.name}: {sum(within)} of {len(within)} values within their limit")


def check(path: Path, card: ModelCard, data: Path) -> tuple[CheckedLimit, ...]:
    """Return every measure of the whole tumor on the real scans that the model is for."""
    segmenter = load_model(path)
    models = Models(
        segmenter=segmenter,
        locator=load_model(find_model(segmenter.locator_name)),
        divider=load_model(find_model(default_divider(card.task))),
    )
    task, checked = task_named(card.task), []
    for case in CASES:
        if case.truth is not None and case.modality == card.modality:
            checked += check_case(case, data, models, card, task)
    return tuple(checked)


def check_case(case: Case, data: Path, models: Models, card: ModelCard, task: Task) -> list[CheckedLimit]:
    path = data / case.image
    image = read_scan(path).volume if path.is_dir() else read_volume(path)
    found = segment(image, models, modality=case.modality).labelmap
    truth = truth_of(data / case.truth, image)
    reference = truth.with_array(np.where(truth.array > 0, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0)))
    answer = AutomaticAnswer(
        model=f"{card.name} version {card.version}",
        limits=card.limits_measured,
        divider_sha256=models.divider.sha256,
    )
    measured = with_limits_of_model(task.measure(found), answer, task.whole_volume)
    true = {m.id: m for m in task.measure(reference)}
    return [
        _checked(case, m, true[m.id].value)
        for m in task.rows(measured)
        if m.region == WHOLE and m.value and true[m.id].value is not None and card.limits_measured.row(m.id, 1.0)
    ]


def _checked(case: Case, measurement: Measurement, reference: float) -> CheckedLimit:
    limit, value = measurement.uncertainty, measurement.value
    half = limit.value
    reach = None if half is None else half * value / 100 if limit.unit == "%" else half
    return CheckedLimit(
        data=f"{case.name}{f' ({case.note})' if case.note else ''}",
        measure=measurement.id,
        value=round(value, 4),
        reference=round(reference, 4),
        half_width=None if half is None else round(half, 4),
        unit=limit.unit,
        inside=None if reach is None else bool(abs(reference - value) <= reach),
    )


if __name__ == "__main__":
    main()
