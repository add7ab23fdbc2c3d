"""A tumor kind of the tests: nested regions, an organ, two scans. Nothing of it is a vestibular schwannoma."""

from VSSegmentationLib.inference import ModelInput
from VSSegmentationLib.label_set import Code, LabelEntry, LabelSet

_ALTERED = Code("49755003", "SCT", "Morphologically Altered Structure")
_NEOPLASM = Code("108369006", "SCT", "Neoplasm")

OTHER_TUMOR = LabelSet(
    name="other tumor",
    segment_prefix="OT_",
    terminology_context="Other tumor",
    entries=(
        LabelEntry(
            value=10, key="whole", name="Outer part", color_rgb=(230, 159, 0), kind="tumor part", category=_ALTERED,
            type=_NEOPLASM, region_name="Whole tumor", synonyms=("edema",),
        ),
        LabelEntry(
            value=20, key="core", name="Core", color_rgb=(0, 158, 115), kind="tumor part", category=_ALTERED,
            type=_NEOPLASM, modifier=Code("CORE", "99TEST", "Core"), parent="whole",
        ),
        LabelEntry(
            value=30, key="ventricle", name="Ventricle", color_rgb=(86, 180, 233), kind="organ",
            category=Code("91723000", "SCT", "Anatomical Structure"), type=Code("35764002", "SCT", "Brain ventricle"),
        ),
    ),
)  # fmt: skip

TWO_INPUTS = (ModelInput("flair", "FLAIR"), ModelInput("t1ce", "ceT1"))
