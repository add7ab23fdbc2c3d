"""What a segment is called, in the words of Slicer: category, type and modifier, then where it is and on which side."""

import pytest
from pydicom.dataset import Dataset

from VSSegmentationLib.imageio.dicom.segment_words import described_segment
from VSSegmentationLib.imageio.terminology import side_of_terminology

ALTERED = ("49755003", "SCT", "Morphologically Abnormal Structure")
TUMOR = ("126949007", "SCT", "Vestibular schwannoma")
NERVE = ("8598002", "SCT", "Acoustic nerve")
LEFT, RIGHT = ("7771000", "SCT", "Left"), ("24028007", "SCT", "Right")
OTHER = ("255278004", "SCT", "Intrameatal")


def coded(code, **more):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    for name, value in more.items():
        setattr(item, name, value)
    return item


def segment(name="Tumor", kind_modifiers=(), region=None, region_modifiers=()):
    item = Dataset()
    item.SegmentNumber, item.SegmentLabel = 3, name
    item.SegmentedPropertyCategoryCodeSequence = [coded(ALTERED)]
    kind = coded(TUMOR)
    if kind_modifiers:
        kind.SegmentedPropertyTypeModifierCodeSequence = [coded(code) for code in kind_modifiers]
    item.SegmentedPropertyTypeCodeSequence = [kind]
    if region:
        where = coded(region)
        where.AnatomicRegionModifierSequence = [coded(code) for code in region_modifiers]
        item.AnatomicRegionSequence = [where]
    return item


@pytest.mark.parametrize(
    ("told", "modifier", "where", "side"),
    [
        ({}, "^^", "^^~^^", None),
        ({"kind_modifiers": [OTHER]}, "SCT^255278004^Intrameatal", "^^~^^", None),
        ({"kind_modifiers": [LEFT]}, "^^", "^^~SCT^7771000^Left", "left"),
        ({"kind_modifiers": [RIGHT, OTHER]}, "SCT^255278004^Intrameatal", "^^~SCT^24028007^Right", "right"),
        (
            {"region": NERVE, "region_modifiers": [RIGHT], "kind_modifiers": [OTHER]},
            "SCT^255278004^Intrameatal",
            "SCT^8598002^Acoustic nerve~SCT^24028007^Right",
            "right",
        ),
        ({"region": NERVE}, "^^", "SCT^8598002^Acoustic nerve~^^", None),
    ],
)
def test_a_side_stands_with_the_region_and_every_other_modifier_with_the_type(told, modifier, where, side):
    found = described_segment(segment(**told))
    assert found.terminology == (
        "DICOM~SCT^49755003^Morphologically Abnormal Structure~SCT^126949007^Vestibular schwannoma~"
        f"{modifier}~Anatomic codes - DICOM master list~{where}"
    )
    assert side_of_terminology(found.terminology) == side
    assert (found.name, found.value, found.layer) == ("Tumor", 3, 0)


def test_a_code_without_a_meaning_is_one_and_one_without_a_value_is_none():
    item = segment()
    item.SegmentedPropertyTypeCodeSequence[0].CodeMeaning = None
    item.SegmentedPropertyCategoryCodeSequence[0].CodeValue = None
    assert described_segment(item).terminology.split("~")[1:3] == ["^^", "SCT^126949007^"]


def test_signs_that_divide_a_terminology_are_taken_out_of_it():
    item = segment()
    item.SegmentedPropertyTypeCodeSequence[0].CodeMeaning = "a~b^c|d"
    assert described_segment(item).terminology.split("~")[2] == "SCT^126949007^a b c d"


@pytest.mark.parametrize(
    ("name", "told"), [("x" * 64, "x" * 64), ("x" * 65, "x" * 64), ("a\tb\n", "a b"), ("", ""), (None, "")]
)
def test_a_name_is_one_line_of_64_letters_at_most(name, told):
    assert described_segment(segment(name)).name == told
