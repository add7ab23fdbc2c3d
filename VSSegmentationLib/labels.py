"""The labels of vestibular schwannoma: the label set that models have which name no other."""

from enum import IntEnum

from VSSegmentationLib.label_set import Code, LabelEntry, LabelSet, Structure


class Label(IntEnum):
    """Values of a labelmap, in the order of crossMoDA 2023; 4 is this library's own."""

    BACKGROUND = 0
    EXTRAMEATAL = 1
    INTRAMEATAL = 2
    COCHLEA = 3
    UNDIVIDED_TUMOR = 4


_ALTERED_STRUCTURE = Code("49755003", "SCT", "Morphologically Altered Structure")
_ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")
_NEOPLASM = Code("108369006", "SCT", "Neoplasm")
"""The tumor's morphology: a code for schwannoma is in neither of DICOM's lists, and SCT 86049000 is a malignant one."""
_CANAL = Code("361078006", "SCT", "Internal Auditory Canal")

_OTHER_NAMES_OF_THE_TUMOR = (
    "neuroma",
    "acoustic neuroma",
    "lesion",
    "target",
    "gtv",
    "tv",
    "Tumeur",
    "Neurinom",
    "Akustikusneurinom",
    "Vestibularisschwannom",
    "Schwannome vestibulaire",
    "Schwannoma vestibolare",
)

VESTIBULAR_SCHWANNOMA_LABELS = LabelSet(
    name="vestibular schwannoma",
    segment_prefix="VS_",
    terminology_context="Vestibular schwannoma - VSSegmentation",
    entries=(
        LabelEntry(
            value=Label.EXTRAMEATAL,
            key="extrameatal",
            name="Extrameatal tumor",
            color_rgb=(230, 159, 0),
            kind="tumor part",
            category=_ALTERED_STRUCTURE,
            type=_NEOPLASM,
            modifier=Code("VS-EXTRA", "99VSSEG", "Extrameatal part"),
            anatomic_region=_CANAL,
            synonyms=(
                "em",
                "extrameatal part",
                "extrameatal vs",
                "extrameatal schwannoma",
                "extracanalicular",
                "extracanalicular tumor",
                "extracanalicular part",
                "cisternal part",
                "extrameataler Anteil",
                "extrameataler Tumor",
                "partie extraméatale",
                "tumeur extraméatale",
                "porción extrameatal",
                "porzione extrameatale",
            ),
        ),
        LabelEntry(
            value=Label.INTRAMEATAL,
            key="intrameatal",
            name="Intrameatal tumor",
            color_rgb=(0, 158, 115),
            kind="tumor part",
            category=_ALTERED_STRUCTURE,
            type=_NEOPLASM,
            modifier=Code("VS-INTRA", "99VSSEG", "Intrameatal part"),
            anatomic_region=_CANAL,
            synonyms=(
                "im",
                "intrameatal part",
                "intrameatal vs",
                "intrameatal schwannoma",
                "intracanalicular",
                "intracanalicular tumor",
                "intracanalicular part",
                "canalicular part",
                "intrameataler Anteil",
                "intrameataler Tumor",
                "partie intraméatale",
                "tumeur intraméatale",
                "porción intrameatal",
                "porzione intrameatale",
            ),
        ),
        LabelEntry(
            value=Label.COCHLEA,
            key="cochlea",
            name="Cochlea",
            color_rgb=(86, 180, 233),
            kind="organ",
            category=_ANATOMICAL_STRUCTURE,
            type=Code("22945000", "SCT", "Inner ear"),
            modifier=Code("VS-COCHLEA", "99VSSEG", "Cochlea"),
            paired=True,
            synonyms=(
                "cochleae",
                "left cochlea",
                "right cochlea",
                "cochlea left",
                "cochlea right",
                "Cochlée",
                "Schnecke",
                "Cóclea",
            ),
        ),
        LabelEntry(
            value=Label.UNDIVIDED_TUMOR,
            key="undivided_tumor",
            name="Tumor (not divided)",
            color_rgb=(213, 94, 0),
            kind="tumor part",
            category=_ALTERED_STRUCTURE,
            type=_NEOPLASM,
            anatomic_region=_CANAL,
            undivided=True,
            synonyms=("tumor", "whole tumor", "vs", "schwannoma", "vestibular schwannoma", *_OTHER_NAMES_OF_THE_TUMOR),
        ),
    ),
)
"""Colors are told apart by color-blind readers too (Okabe and Ito 2008)."""

WHOLE_TUMOR = Structure(
    key="whole", name="Whole tumor", values=VESTIBULAR_SCHWANNOMA_LABELS.tumor_values, is_whole=True
)
EXTRAMEATAL_PART = Structure(key="em", name="Extrameatal part", values=(Label.EXTRAMEATAL,))
INTRAMEATAL_PART = Structure(key="im", name="Intrameatal part", values=(Label.INTRAMEATAL,))
PART_BORDER = (Label.EXTRAMEATAL, Label.INTRAMEATAL)
PART_BOUNDARY = Structure(
    key="boundary",
    name="Boundary of the parts",
    border=PART_BORDER,
    note="The boundary is the sheet of extrameatal voxels that share a face with intrameatal ones.",
)
BOTH_COCHLEAE = Structure(key="cochlea", name="Cochlea (both sides)", values=(Label.COCHLEA,))
