"""The labels of a glioma: edema round a core, in the core what enhances; values as BraTS has had them since 2023.

Codes are those of DICOM PS3.16, context groups 7168 and 7169 (lesions of the brain, with and without necrosis).
"""

from VSSegmentationLib.label_set import Code, LabelEntry, LabelSet

_ALTERED_STRUCTURE = Code("49755003", "SCT", "Morphologically Altered Structure")
_BRAIN = Code("12738006", "SCT", "Brain")
EDEMA, NECROSIS, ENHANCING = "edema", "necrosis", "enhancing"

GLIOMA_LABELS = LabelSet(
    name="glioma",
    segment_prefix="GLIOMA_",
    terminology_context="Glioma - VSSegmentation",
    entries=(
        LabelEntry(
            value=2,
            key=EDEMA,
            name="Peritumoral edema",
            color_rgb=(0, 158, 115),
            kind="tumor part",
            category=_ALTERED_STRUCTURE,
            type=Code("79654002", "SCT", "Edema"),
            anatomic_region=_BRAIN,
            region_name="Whole tumor",
            synonyms=("ed", "edematous tissue", "peritumoral edematous tissue", "whole tumor", "wt", "ödem", "oedème"),
        ),
        LabelEntry(
            value=1,
            key=NECROSIS,
            name="Necrotic core",
            color_rgb=(213, 94, 0),
            kind="tumor part",
            category=_ALTERED_STRUCTURE,
            type=Code("6574001", "SCT", "Necrosis"),
            anatomic_region=_BRAIN,
            parent=EDEMA,
            region_name="Tumor core",
            synonyms=("ncr", "net", "ncr net", "necrotic tumor core", "non enhancing tumor", "tumor core", "tc"),
        ),
        LabelEntry(
            value=3,
            key=ENHANCING,
            name="Enhancing tumor",
            color_rgb=(240, 228, 66),
            kind="tumor part",
            category=_ALTERED_STRUCTURE,
            type=Code("C113842", "NCIt", "Enhancing Lesion"),
            anatomic_region=_BRAIN,
            parent=NECROSIS,
            synonyms=("et", "enhancing core", "gd enhancing tumor", "enhancing part"),
        ),
    ),
)
"""Colors are told apart by color-blind readers too (Okabe and Ito 2008)."""
