"""What a run does with the weighting of a scan: goes on, asks, refuses, or says that its result cannot be relied on."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from VSSegmentationLib.errors import OtherContrastError, UsageError, WeightingQuestionError
from VSSegmentationLib.imageio import Modality, Scan, read_scan
from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE
from VSSegmentationLib.imageio.suspicions import scan_warnings
from VSSegmentationLib.imageio.weighting import stated
from VSSegmentationLib.inference import Pori, Segmentation, load_model
from VSSegmentationLib.inference.model_bundle import ModelInput
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.models import SAMPLE_FOLDER, default_locator, find_model
from VSSegmentationLib.pipeline.measuring import MaskFacts
from VSSegmentationLib.pipeline.weighting import Judged, judge, judge_inputs, with_doubts


@pytest.fixture(scope="module")
def sample() -> Scan:
    return replace(read_scan(SAMPLE_FOLDER / "exam1_t2.nii.gz"), told=())


@pytest.fixture(scope="module")
def locator():
    return load_model(find_model(default_locator()), "cpu")


def judged(scan: Scan, *, says: Says | None = None, locator=None, wanted=None, accept_other=False) -> Judged:
    told = () if says is None else (Evidence(Source.HEADER, says),)
    scan = replace(scan, told=(*scan.told, *told))
    return judge(scan, wanted=wanted, locator=locator, device="cpu", accept_other=accept_other)


def test_a_t2_without_a_word_is_known_by_its_image(sample, locator):
    found = judged(sample, locator=locator)
    assert found.scans[0].modality is Modality.T2
    assert found.located is not None
    assert not found.skull_stripped


def test_what_nothing_tells_is_asked(sample):
    with pytest.raises(WeightingQuestionError, match="can't be told") as caught:
        judged(sample)
    assert isinstance(caught.value, UsageError)
    assert (caught.value.exit_code, caught.value.asks) == (2, "modality")


def test_a_model_that_was_chosen_answers_the_question(sample):
    found = judged(sample, wanted="unknown")
    assert found.scans[0].modality is Modality.UNKNOWN  # of the scan itself nothing is known
    assert found.decision.doubts == ()


@pytest.mark.parametrize(("says", "named"), [(Says.T1, "without contrast agent"), (Says.OTHER, "another weighting")])
def test_a_weighting_that_no_model_was_made_for_is_refused_unless_accepted(sample, says, named):
    with pytest.raises(OtherContrastError, match=named) as caught:
        judged(sample, says=says)
    assert caught.value.exit_code == 3
    (doubt,) = judged(sample, says=says, accept_other=True).decision.doubts
    assert "was accepted: the result cannot be relied on" in doubt


@pytest.mark.parametrize("wanted", ["T2", "ceT1"])
def test_choosing_a_model_does_not_accept_a_plain_t1(sample, wanted):
    with pytest.raises(OtherContrastError):
        judged(sample, says=Says.T1, wanted=wanted)


def test_another_weighting_than_t1_and_t2_is_segmented_by_a_chosen_model_and_not_reliable(sample):
    (doubt,) = judged(sample, says=Says.OTHER, wanted="T2").decision.doubts
    assert "by the DICOM headers it is another weighting: the result cannot be relied on" in doubt


def test_a_header_that_contradicts_the_chosen_model_makes_the_result_unreliable(sample):
    of_header = judged(sample, says=Says.T2, wanted="ceT1")
    assert of_header.scans[0].modality is Modality.T2  # `segment` says of it that the model was made for another
    (doubt,) = judged(sample, says=Says.ANY_T1, wanted="T2").decision.doubts
    assert "by the DICOM headers it is T1" in doubt


def test_of_a_t1_it_is_asked_only_whether_contrast_medium_was_given(sample):
    with pytest.raises(WeightingQuestionError, match="with or without contrast medium") as caught:
        judged(sample, says=Says.ANY_T1)
    assert caught.value.answers == ("ceT1", "T1")


TWO_WEIGHTINGS = (ModelInput("t2", "T2"), ModelInput("t1", "ceT1"))


def both(first: Scan, second: Scan, *, locator=None, inputs=TWO_WEIGHTINGS, accept_other=False) -> Judged:
    """Judge two scans for a model of two inputs."""
    model = SimpleNamespace(inputs=inputs)
    return judge_inputs((first, second), model, locator=locator, device="cpu", accept_other=accept_other)


def told(scan: Scan, says: Says) -> Scan:
    return replace(scan, told=(Evidence(Source.HEADER, says),))


def test_each_scan_of_a_model_of_several_is_judged_by_its_own_contrast(sample):
    found = both(told(sample, Says.T2), told(sample, Says.ANY_T1))
    assert [each.modality for each in found.scans] == [Modality.T2, Modality.CE_T1]
    assert (found.decision.doubts, found.doubts_of_further) == ((), ())
    with pytest.raises(OtherContrastError, match=r"given as 't1' is a T1 without contrast agent"):
        both(told(sample, Says.T2), told(sample, Says.T1))


def test_a_second_scan_that_looks_like_another_weighting_makes_the_result_unreliable(sample, locator):
    found = both(sample, sample, locator=locator)  # both show a T2
    assert [each.modality for each in found.scans] == [Modality.T2, Modality.T2]
    stated_scans = both(sample, stated(sample, Modality.CE_T1), locator=locator)
    facts = with_doubts(MaskFacts(findings="A tumor was found."), nothing(sample), stated_scans)
    assert any(doubt.startswith("Of the scan 't1': By the call the scan is ceT1") for doubt in facts.doubts)


def test_an_input_of_another_weighting_than_can_be_told_apart_is_left_as_it_is(sample):
    flair = (ModelInput("flair", "FLAIR"), ModelInput("t1", "T1"))
    found = both(told(sample, Says.OTHER), told(sample, Says.T1), inputs=flair)
    assert found.decision is None
    assert found.scans[1].modality is Modality.T1  # what the model was made for is not refused


def test_a_plain_t1_is_refused_where_a_person_says_it_too(sample):
    with pytest.raises(OtherContrastError) as caught:
        judged(stated(sample, Modality.T1))
    assert caught.value.answers == ("ceT1",)  # that it is a T2 would be wrong in any case


def test_a_plain_t1_that_only_its_image_tells_is_refused(sample, locator, monkeypatch):
    monkeypatch.setattr(
        "VSSegmentationLib.pipeline.weighting.image_evidence", lambda _located: Evidence(Source.IMAGE, Says.T1)
    )
    with pytest.raises(OtherContrastError, match="a T1 without contrast agent"):
        judged(sample, locator=locator)


def test_a_t2_that_is_given_as_ce_t1_cannot_be_relied_on(sample, locator):
    found = judged(stated(sample, Modality.CE_T1), locator=locator)
    assert found.scans[0].modality is Modality.CE_T1
    facts = with_doubts(MaskFacts(findings="A tumor was found on the patient's left side."), nothing(sample), found)
    assert any("looks like T2" in doubt for doubt in facts.doubts)
    assert facts.findings.startswith("Not to be relied on: a tumor was found")


def nothing(scan: Scan, pori: Pori | None = None) -> Segmentation:
    labelmap = scan.volume.with_array(np.zeros(scan.volume.shape, np.uint8))
    return Segmentation(
        labelmap=labelmap, label_set=VESTIBULAR_SCHWANNOMA_LABELS, task="vestibular schwannoma", tumor=None,
        candidates=(), warnings=(), provenance={}, pori=pori,
    )  # fmt: skip


def test_without_a_canal_nothing_was_judged(sample):
    known = MaskFacts(findings="No tumor was found.")
    assert with_doubts(known, nothing(sample, Pori()), Judged((sample,))).findings.startswith("Not judged: no internal")
    seen = Pori(right_ras_mm=(1.0, 2.0, 3.0))
    for pori in (seen, None):
        assert with_doubts(known, nothing(sample, pori), Judged((sample,))).findings == "No tumor was found."


def test_in_a_scan_whose_intensities_hint_at_a_missing_skull_no_canal_is_called_free(sample):
    _d, h, w = np.meshgrid(*[np.linspace(-1, 1, n) for n in sample.volume.shape], indexing="ij")
    brain = np.where(h**2 + w**2 < 0.5, sample.volume.array, -1000.0).astype(np.float32)
    told = scan_warnings(sample.volume.with_array(brain), 1.5, CEREBELLOPONTINE_ANGLE)
    hinted = replace(sample, warnings=(*sample.warnings, *told))
    found = with_doubts(MaskFacts(findings="No tumor was found."), nothing(sample), Judged((hinted,)))
    assert found.findings.startswith("Not judged: the image looks skull-stripped")
    assert "the result cannot be relied on" in found.doubts[0]
    marked = replace(nothing(sample), tumor=SimpleNamespace())
    assert with_doubts(MaskFacts(findings="A tumor was found."), marked, Judged((hinted,))).doubts == ()


def test_in_a_stripped_image_nothing_was_judged_and_nothing_can_be_relied_on(sample, locator, monkeypatch):
    monkeypatch.setattr("VSSegmentationLib.pipeline.weighting.looks_skull_stripped", lambda _located: True)
    found = judged(sample, locator=locator)
    facts = with_doubts(MaskFacts(findings="No tumor was found."), nothing(sample), found)
    assert facts.findings.startswith("Not judged: the image looks skull-stripped")
    assert any("canals may be cut away" in doubt for doubt in facts.doubts)
