"""Our terminology file for Slicer holds every code that a segment carries."""

import json

import slicer

from Testing.support.command import ROOT
from Testing.support.scenes import collected_errors
from VSSegmentationLib.imageio.terminology import terminology_entry
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label

CONTEXT = "Vestibular schwannoma - VSSegmentation"
FILE = ROOT / "VSSegmentation" / "Resources" / "VSSegmentation.term.json"


def code_of(item: dict) -> str:
    return f"{item['CodingSchemeDesignator']}^{item['CodeValue']}^{item['CodeMeaning']}"


def test_category_type_modifier_and_color_of_each_label_stand_in_the_file():
    content = json.loads(FILE.read_text(encoding="utf-8"))
    assert content["SegmentationCategoryTypeContextName"] == CONTEXT
    colors = {}
    for category in content["SegmentationCodes"]["Category"]:
        for kind in category["Type"]:
            for modifier in (None, *kind["Modifier"]):
                codes = (code_of(category), code_of(kind), code_of(modifier) if modifier else "^^")
                colors[codes] = tuple((modifier or kind)["recommendedDisplayRGBValue"])
    for entry in VESTIBULAR_SCHWANNOMA_LABELS.entries:
        context, *codes = terminology_entry(VESTIBULAR_SCHWANNOMA_LABELS, entry).split("~")[:4]
        assert context == CONTEXT
        assert colors[tuple(codes)] == entry.color_rgb


def test_slicer_loads_the_file_and_understands_every_entry():
    with collected_errors():  # that Slicer's own files are not there, as they are not in the wheel
        logic = slicer.vtkSlicerTerminologiesModuleLogic()
        assert logic.LoadTerminologyFromFile(str(FILE)) == CONTEXT
        for label in VESTIBULAR_SCHWANNOMA_LABELS.entries:
            for side in ("left", "right", None):
                entry = slicer.vtkSlicerTerminologyEntry()
                text = terminology_entry(VESTIBULAR_SCHWANNOMA_LABELS, label, side)
                assert logic.DeserializeTerminologyEntry(text, entry)
                assert logic.SerializeTerminologyEntry(entry) == text
                region = entry.GetRegionModifierObject()
                sided = side is not None and label.value != Label.COCHLEA
                assert (region.GetCodeMeaning() if region else None) == (side.capitalize() if sided else None)
