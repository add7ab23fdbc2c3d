"""Vestibular schwannoma: one T2 or contrast-enhanced T1 scan, an intrameatal and an extrameatal part."""

from collections.abc import Sequence

from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.measurement import (
    Grade,
    HeadlinePolicy,
    Measurement,
    choose_headline,
    fit_meatal_plane,
    kanzaki_grade,
    koos_prefill,
    labelmap_warnings,
    measure,
)
from VSSegmentationLib.measurement.definitions import DEFINITIONS, VOLUMES
from VSSegmentationLib.tasks.task import Task, TaskInput


def _grades(measurements: Sequence[Measurement]) -> tuple[Grade, ...]:
    by_id = {m.id: m for m in measurements}
    return (kanzaki_grade(by_id["em_max_axial"]), koos_prefill(measurements))


VESTIBULAR_SCHWANNOMA = Task(
    name="vestibular schwannoma",
    short_name="VS",
    inputs=(TaskInput(name="scan", title="Scan", modalities=("T2", "ceT1")),),
    label_set=VESTIBULAR_SCHWANNOMA_LABELS,
    definitions=DEFINITIONS,
    measure=measure,
    labelmap_warnings=labelmap_warnings,
    headline_policies=(HeadlinePolicy.KCL_2023, HeadlinePolicy.KANZAKI),
    choose_headline=choose_headline,
    grades=_grades,
    main_volumes=tuple(VOLUMES),
    label_of_region={"extrameatal": "extrameatal", "intrameatal": "intrameatal"},
    boundary_plane=fit_meatal_plane,
    report_sections=("header", "pictures", "measurements", "grades", "growth", "user_fields", "provenance"),
)
