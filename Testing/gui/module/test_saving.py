"""A scene that was saved and opened again is as it was left."""

import json

import numpy as np
import pytest

from Testing.support.scripted_worker import truth
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.scene import automatic_of, labelmap_of, write_labelmap


def test_mask_plane_lines_log_and_fields_come_back_and_painted_voxels_stay_painted(segmented, hands, tmp_path):
    import slicer

    examination = segmented.session.examination
    painted = tuple(np.argwhere(truth(1).array == Label.EXTRAMEATAL)[-1])
    array = truth(1).array.copy()
    array[painted] = Label.INTRAMEATAL
    write_labelmap(examination.segmentationNode, truth(1).with_array(array))
    hands.wait(lambda: examination.labelmap.array[painted] == Label.INTRAMEATAL)
    hands.click(segmented.editPanel.ui.plusButton)
    hands.type(segmented.casePanel.ui.caseNameEdit, "case 8")
    before = segmented.session.numbers.measurements
    plane, log, labels = examination.userPlane, examination.log, examination.labelmap.array.copy()
    headline = segmented.session.numbers.headline.measurement_id

    path = tmp_path / "scene.mrb"
    assert slicer.util.saveScene(str(path))
    slicer.mrmlScene.Clear(0)
    assert segmented.session.examination is None
    slicer.util.loadScene(str(path))

    again = segmented.session.examination
    assert again is not None
    assert again is not examination
    assert np.array_equal(again.labelmap.array, labels)
    assert again.userPlane.origin_ras_mm == pytest.approx(plane.origin_ras_mm)
    assert again.log == log
    values = [m.value for m in segmented.session.numbers.measurements]
    assert values == pytest.approx([m.value for m in before], nan_ok=False)
    assert segmented.casePanel.ui.caseNameEdit.text == "case 8"
    assert segmented.session.live.lines.isShown(headline)
    kept = labelmap_of(automatic_of(again.segmentationNode), again.volumeNode)
    assert np.array_equal(kept.array, truth(1).array)

    hands.click(segmented.editPanel.ui.minusButton)
    assert again.labelmap.array[painted] == Label.INTRAMEATAL
    assert np.array_equal(
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(again.labelmap.array), VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
    )


def test_a_scene_of_an_earlier_version_keeps_its_fields_and_its_provenance(segmented):
    """There parameters had other names, and the facts of a run lay beside each other without a version."""
    from VSSegmentationPanels.ReportContents import reportContent

    node, own = segmented.session.parameterNode.parameterNode, segmented.session.examination.segmentationNode
    segmented.exit()
    for former, present, text in (("cystic", "cystic_component", "large"), ("lateralExtent", "lateral_extent", "cap")):
        node.UnsetParameter(present)
        node.SetParameter(former, text)
    node.UnsetParameter("fieldsAreOwn")  # nor was it kept of which scan they are
    node.SetNodeReferenceID("fieldsOf", None)
    fields = {"koos": "II", "brainstem": "touched", "lateralExtent": "to the fundus", "gone since": "x"}
    own.SetAttribute("VSSegmentation.ReportFields", json.dumps(fields))
    assert "schema_version" not in json.loads(own.GetAttribute("VSSegmentation.Facts"))["provenance"]

    segmented.enter()

    ui = segmented.reportPanel.ui
    assert ui.koosBox.currentText == "II"
    assert ui.cystic_componentEdit.text == "large"
    assert ui.lateral_extentEdit.text == "to the fundus"  # what was kept with the examination counts
    assert ui.brainstemEdit.text == "touched"
    assert not node.HasParameter("cystic")
    told = reportContent(segmented.session)
    assert (told.provenance.model.name, told.provenance.device) == ("toy", "cpu")
    assert told.user_fields.cystic_component == "large"


def test_in_a_scene_that_kept_no_doubts_a_doubtful_result_still_has_no_headline(segmented):
    from VSSegmentationPanels import SegmentationAttributes

    examination = segmented.session.examination
    node = examination.segmentationNode
    doubt = "By the call the scan is T2, and its image looks like ceT1: the result cannot be relied on."
    told = json.loads(node.GetAttribute("VSSegmentation.Facts"))
    del told["doubts"]
    told["warnings"] = [doubt, "The voxels are outside what the model was trained on: look at the result with care."]
    node.SetAttribute("VSSegmentation.Facts", json.dumps(told))

    facts = SegmentationAttributes.readFacts(node)
    assert facts.doubts == (doubt,)
    assert (facts.findings, facts.provenance) == (told["findings"], told["provenance"])


def test_a_scene_without_facts_claims_nothing(segmented):
    from VSSegmentationPanels import SegmentationAttributes

    node = segmented.session.examination.segmentationNode
    node.SetAttribute("VSSegmentation.Facts", None)
    facts = SegmentationAttributes.readFacts(node)
    assert (facts.side, facts.modality, facts.doubts, dict(facts.provenance)) == (None, "unknown", (), {})
