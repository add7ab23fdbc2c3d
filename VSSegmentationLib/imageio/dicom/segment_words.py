"""What a DICOM segmentation says of a segment, in the words in which Slicer's files say it."""

from pydicom.dataset import Dataset

from VSSegmentationLib.imageio.files.segments import Segment
from VSSegmentationLib.imageio.terminology import terminology_text
from VSSegmentationLib.label_set import Code

_SIDES = ("7771000", "24028007")
_LONGEST = 64


def described_segment(item: Dataset) -> Segment:
    """Return a segment, on layer 0, with its name and codes; laterality stands with the region, wherever it was."""
    kind = _item(item, "SegmentedPropertyTypeCodeSequence")
    region = _item(item, "AnatomicRegionSequence")
    modifiers = _codes(kind, "SegmentedPropertyTypeModifierCodeSequence")
    region_modifiers = _codes(region, "AnatomicRegionModifierSequence")
    sides = [code for code in (*region_modifiers, *modifiers) if code.value in _SIDES]
    others = [code for code in modifiers if code.value not in _SIDES]
    terminology = terminology_text(
        "DICOM",
        (_code(_item(item, "SegmentedPropertyCategoryCodeSequence")), _code(kind), others[0] if others else None),
        (_code(region), sides[0] if sides else None),
    )
    number = int(item.SegmentNumber)
    name = "".join(c if c.isprintable() else " " for c in str(item.get("SegmentLabel") or ""))[:_LONGEST]
    return Segment(f"segment {number}", name.strip(), terminology, number, 0)


def _item(dataset: Dataset, name: str) -> Dataset:
    found = dataset.get(name)
    return found[0] if found else Dataset()


def _codes(dataset: Dataset, name: str) -> list[Code]:
    codes = [_code(each) for each in dataset.get(name) or ()]
    return [code for code in codes if code is not None]


def _code(item: Dataset) -> Code | None:
    value = item.get("CodeValue")
    plain = [str(item.get(name) or "").translate(_SIGNS) for name in ("CodeValue", "CodingSchemeDesignator")]
    return Code(plain[0], plain[1], str(item.get("CodeMeaning") or "").translate(_SIGNS)) if value else None


_SIGNS = str.maketrans("~^|", "   ")
"""Which divide the text of a terminology."""
