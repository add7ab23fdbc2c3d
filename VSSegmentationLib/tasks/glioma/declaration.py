"""Glioma: FLAIR, T1, contrast-enhanced T1 and T2 of one examination; edema, necrotic core and enhancing part."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio.rules import ScanRules
from VSSegmentationLib.label_set import Structure
from VSSegmentationLib.measurement import Grade, Measurement, MeatalPlane
from VSSegmentationLib.measurement.glioma.definitions import CORE, DEFINITIONS, ENHANCING
from VSSegmentationLib.measurement.glioma.labels import EDEMA, GLIOMA_LABELS, NECROSIS
from VSSegmentationLib.measurement.glioma.labels import ENHANCING as ENHANCING_LABEL
from VSSegmentationLib.measurement.glioma.measure import labelmap_warnings, measure
from VSSegmentationLib.measurement.growth import PublishedLimits, Reference
from VSSegmentationLib.measurement.headline import Choice, Headline, HeadlineRule, headline_by_rules
from VSSegmentationLib.measurement.reasons import NO_TUMOR
from VSSegmentationLib.tasks.task import Task, TaskInput
from VSSegmentationLib.volume import Volume

_RANO = "RANO 2010"
_RANO_LIMITS = PublishedLimits(
    decrease_percent=50.0,
    increase_percent=25.0,
    against=(Reference.BASELINE, Reference.NADIR),
    name=_RANO,
    source="RANO (Wen et al. 2010, J Clin Oncol 28(11):1963-1972) names a decrease by 50 % from the baseline and an "
    "increase by 25 % from the smallest value, of the sum of the products of all measurable lesions. It asks for more "
    "than that: new lesions, FLAIR, steroids, the patient's state, and that a decrease lasts for four weeks. So this "
    "is a change of one product, and no response.",
)
_NECROSIS, _EDEMA, _ENHANCING = (GLIOMA_LABELS.of_key(key).value for key in (NECROSIS, EDEMA, ENHANCING_LABEL))


def _measure(
    labelmap: Volume, *, plane: MeatalPlane | None = None, points: Mapping[str, Triplet] | None = None
) -> tuple[Measurement, ...]:
    del plane, points  # neither means anything here, and the task refuses both
    return measure(labelmap)


def _leading(by_id: Mapping[str, Measurement], _after_surgery: bool) -> Choice:
    if not by_id["vol_whole"].value:
        return Choice(None, NO_TUMOR)
    if by_id["vol_enhancing"].value:
        return Choice("enhancing_long", "enhancing tumor, whose diameters RANO measures")
    return Choice("whole_max_axial", "whole tumor, because no enhancing tumor is segmented")


_RULES = (HeadlineRule(name=_RANO, version="1", choose=_leading),)


def _choose(
    measurements: Sequence[Measurement],
    policy: str,
    *,
    after_surgery: bool = False,
    locked: Headline | None = None,
) -> Headline:
    return headline_by_rules(_RULES, measurements, policy, after_surgery=after_surgery, locked=locked)


def _no_grades(_measurements: Sequence[Measurement]) -> tuple[Grade, ...]:
    """The WHO grade is histology's and genetics', and no measurement's."""
    return ()


_STRUCTURES = (
    Structure(key="whole", name="Whole tumor", values=GLIOMA_LABELS.tumor_values, is_whole=True),
    Structure(key="core", name="Tumor core", values=GLIOMA_LABELS.region_values(NECROSIS)),
    Structure(key="enhancing", name="Enhancing tumor", values=GLIOMA_LABELS.region_values(ENHANCING_LABEL)),
)
"""What BraTS compares."""

GLIOMA = Task(
    name="glioma",
    short_name="Glioma",
    inputs=(
        TaskInput(name="flair", title="FLAIR", modalities=("FLAIR",), called=("t2f",)),
        TaskInput(name="t1", title="T1", modalities=("T1",), called=("t1n", "t1w")),
        TaskInput(name="t1ce", title="T1 with contrast agent", modalities=("ceT1",), called=("t1c", "cet1", "t1gd")),
        TaskInput(name="t2", title="T2", modalities=("T2",), called=("t2w",)),
    ),
    scan_rules=ScanRules(
        place="a brain",
        min_slices=10,
        min_field_of_view_mm=60.0,
        thick_slices_mm=5.0,  # RANO: slices at most 5 mm apart, without a gap
        hidden_by_thick_slices="small enhancing parts",
        both_sides_mm=None,
        with_skull=False,  # data of gliomas come without it, and most models expect that
    ),
    label_set=GLIOMA_LABELS,
    definitions=DEFINITIONS,
    measure=_measure,
    labelmap_warnings=labelmap_warnings,
    boundary=None,
    headline_policies=(_RANO,),
    choose_headline=_choose,
    headline_note="axial",
    grades=_no_grades,
    main_volumes=("vol_whole", "vol_core", "vol_enhancing"),
    volume_abbreviations=MappingProxyType({"vol_core": "core", "vol_enhancing": "enhancing"}),
    axial_diameters=("enhancing_long", "whole_max_axial"),
    label_of_region=MappingProxyType({CORE: NECROSIS, ENHANCING: ENHANCING_LABEL}),
    published_limits=MappingProxyType({"rano_product": _RANO_LIMITS}),
    report_sections=(
        "header",
        "lead",
        "tiles",
        "growth",
        "user_fields",
        "measurements",
        "edits",
        "provenance",
    ),
    user_fields=("comment", "decision"),
    dicom_label="GLIOMA",
    structures=_STRUCTURES,
    default_structures=_STRUCTURES,
    label_maps=MappingProxyType(
        {
            "brats2022": MappingProxyType({1: _NECROSIS, 2: _EDEMA, 4: _ENHANCING}),  # and before
            "brats2023": MappingProxyType({1: _NECROSIS, 2: _EDEMA, 3: _ENHANCING}),
        }
    ),
)
