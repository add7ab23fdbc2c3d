"""Our terminology files for Slicer hold every code that a segment carries."""

import json

import pytest
import slicer

from Testing.support.command import ROOT
from Testing.support.scenes import collected_errors
from VSSegmentationLib.imageio.terminology import terminology_entry
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.measurement.glioma.labels import GLIOMA_LABELS

RESOURCES = ROOT / "VSSegmentation" / "Resources"
FILES = {"VSSegmentation.term.json": VESTIBULAR_SCHWANNOMA_LABELS, "Glioma.term.json": GLIOMA_LABELS}
of_each_file = pytest.mark.parametrize(("file", "labels"), FILES.items())


def code_of(item: dict) -> str:
    return f"{item['CodingSchemeDesignator']}^{item['CodeValue']}^{item['CodeMeaning']}"


def test_the_module_loads_every_file():
    assert set(FILES) == {path.name for path in RESOURCES.glob("*.term.json")}


@of_each_file
def test_category_type_modifier_and_color_of_each_label_stand_in_the_file(file, labels):
    content = json.loads((RESOURCES / file).read_text(encoding="utf-8"))
    assert content["SegmentationCategoryTypeContextName"] == labels.terminology_context
    colors = {}
    for category in content["SegmentationCodes"]["Category"]:
        for kind in category["Type"]:
            for modifier in (None, *kind.get("Modifier", ())):
                codes = (code_of(category), code_of(kind), code_of(modifier) if modifier else "^^")
                colors[codes] = tuple((modifier or kind)["recommendedDisplayRGBValue"])
    for entry in labels.entries:
        context, *codes = terminology_entry(labels, entry).split("~")[:4]
        assert context == labels.terminology_context
        assert colors[tuple(codes)] == entry.color_rgb


@of_each_file
def test_slicer_loads_the_file_and_understands_every_entry(file, labels):
    with collected_errors():  # that Slicer's own files are not there, as they are not in the wheel
        logic = slicer.vtkSlicerTerminologiesModuleLogic()
        assert logic.LoadTerminologyFromFile(str(RESOURCES / file)) == labels.terminology_context
        for label in labels.entries:
            for side in ("left", "right", None):
                entry = slicer.vtkSlicerTerminologyEntry()
                text = terminology_entry(labels, label, side)
                assert logic.DeserializeTerminologyEntry(text, entry)
                assert logic.SerializeTerminologyEntry(entry) == text
                region = entry.GetRegionModifierObject()
                sided = side is not None and label.anatomic_region is not None
                assert (region.GetCodeMeaning() if region else None) == (side.capitalize() if sided else None)
