"""Vestibular schwannoma: one T2 or contrast-enhanced T1 scan, an intrameatal and an extrameatal part."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from VSSegmentationLib.evaluation import DEFAULT_STRUCTURES
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE
from VSSegmentationLib.labels import BOTH_COCHLEAE, VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement import (
    Grade,
    HeadlinePolicy,
    Measurement,
    MeatalPlane,
    choose_headline,
    fit_meatal_plane,
    kanzaki_grade,
    koos_prefill,
    labelmap_warnings,
    measure,
    split_by_plane,
)
from VSSegmentationLib.measurement.vestibular_schwannoma.cochlea import GAP, LEFT, RIGHT
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS
from VSSegmentationLib.tasks.task import Boundary, Task, TaskInput
from VSSegmentationLib.tasks.vestibular_schwannoma.extent import lateral_extent
from VSSegmentationLib.tasks.vestibular_schwannoma.suspicions import SUSPICIONS
from VSSegmentationLib.volume import Volume

_FUNDUS = "fundus"
_FUNDI_FOUND = ("fundus_right", "fundus_left")


def _grades(measurements: Sequence[Measurement]) -> tuple[Grade, ...]:
    by_id = {m.id: m for m in measurements}
    return (kanzaki_grade(by_id["em_max_axial"]), koos_prefill(measurements))


def _measure(
    labelmap: Volume, *, plane: MeatalPlane | None = None, points: Mapping[str, Triplet] | None = None
) -> tuple[Measurement, ...]:
    known = points or {}
    found = [known[name] for name in _FUNDI_FOUND if name in known]
    return measure(labelmap, plane=plane, fundus_ras_mm=known.get(_FUNDUS), fundi_found_ras_mm=found)


VESTIBULAR_SCHWANNOMA = Task(
    name="vestibular schwannoma",
    short_name="VS",
    inputs=(TaskInput(name="scan", title="Scan", modalities=("T2", "ceT1")),),
    scan_rules=CEREBELLOPONTINE_ANGLE,
    label_set=VESTIBULAR_SCHWANNOMA_LABELS,
    definitions=DEFINITIONS,
    measure=_measure,
    points=(_FUNDUS,),
    landmarks=_FUNDI_FOUND,
    labelmap_warnings=labelmap_warnings,
    boundary=Boundary(
        name="Porus plane",
        fit=fit_meatal_plane,
        split=split_by_plane,
        parts=("extrameatal", "intrameatal"),
        in_front="toward the brain",
        behind="toward the fundus, into the canal",
    ),
    headline_policies=(str(HeadlinePolicy.KCL_2023), str(HeadlinePolicy.KANZAKI)),
    choose_headline=choose_headline,
    headline_note="axial",
    grades=_grades,
    prefilled_grades=("Koos",),
    main_volumes=("vol_total", "vol_em", "vol_im"),
    volume_abbreviations=MappingProxyType({"vol_em": "EM", "vol_im": "IM"}),
    axial_diameters=("whole_max_axial", "em_max_axial", "iac_max_axial"),
    across_boundary=frozenset({"iac_max_axial"}),
    without_line=frozenset({"aao_size"}),  # a mean of two diameters, each of which has a line of its own
    same_by_definition=MappingProxyType({"whole_long": "whole_max_axial"}),
    extent_name="Lateral extent in the canal",
    extent_in_words=lateral_extent,
    label_of_region=MappingProxyType({key: key for key in ("extrameatal", "intrameatal", "cochlea")}),
    measures_of_organs=MappingProxyType(dict.fromkeys((RIGHT, LEFT, GAP), "cochlea")),
    report_sections=(
        "header",
        "lead",
        "tiles",
        "growth",
        "user_fields",
        "measurements",
        "edits",
        "candidates",
        "provenance",
    ),
    user_fields=(
        "koos",
        "samii",
        "lateral_extent",
        "cystic_component",
        "brainstem",
        "hydrocephalus",
        "labyrinth_extension",
        "comment",
        "decision",
    ),
    dicom_label="VS_SEGMENTATION",
    structures=(*DEFAULT_STRUCTURES, BOTH_COCHLEAE),
    default_structures=DEFAULT_STRUCTURES,
    label_maps=MappingProxyType(
        {
            "mask": MappingProxyType({1: Label.UNDIVIDED_TUMOR}),
            "crossmoda2021": MappingProxyType({1: Label.UNDIVIDED_TUMOR, 2: Label.COCHLEA}),  # and 2022
            "crossmoda2023": MappingProxyType({1: Label.EXTRAMEATAL, 2: Label.INTRAMEATAL, 3: Label.COCHLEA}),
        }
    ),
    suspicions=SUSPICIONS,
)
