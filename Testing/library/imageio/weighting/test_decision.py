"""Which source is believed, when the image makes a result unreliable, and when a person is asked."""

import numpy as np
import pytest

from VSSegmentationLib.imageio import Modality
from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.imageio.reading import scan_of_volume
from VSSegmentationLib.imageio.weighting import decide_weighting, evidence_of, stated
from VSSegmentationLib.volume import Volume


def decided(**says):
    return decide_weighting([Evidence(Source[name.upper()], value) for name, value in says.items()])


@pytest.mark.parametrize(
    ("says", "modality"),
    [
        ({"image": Says.T2}, Modality.T2),
        ({"image": Says.CE_T1}, Modality.CE_T1),
        ({"image": Says.T1}, Modality.T1),
        ({"name": Says.T2, "image": Says.T2}, Modality.T2),
        ({"name": Says.T2, "image": Says.NOTHING}, Modality.T2),
        ({"name": Says.CE_T1, "image": Says.ANY_T1}, Modality.CE_T1),
        ({"name": Says.ANY_T1, "image": Says.CE_T1}, Modality.CE_T1),
        ({"header": Says.ANY_T1, "image": Says.CE_T1}, Modality.CE_T1),
        ({"header": Says.ANY_T1, "name": Says.CE_T1, "image": Says.ANY_T1}, Modality.CE_T1),
        ({"sidecar": Says.CE_T1}, Modality.CE_T1),
        ({"header": Says.OTHER, "image": Says.ANY_T1}, Modality.MR),
        ({"name": Says.OTHER, "image": Says.ANY_T1}, Modality.MR),
        ({"stated": Says.CE_T1, "header": Says.T2}, Modality.CE_T1),
    ],
)
def test_what_fits_together_decides(says, modality):
    decision = decided(**says)
    assert (decision.modality, decision.question, decision.doubts) == (modality, "", ())


@pytest.mark.parametrize(
    "says",
    [
        {},
        {"image": Says.NOTHING, "name": Says.NOTHING},
        {"image": Says.ANY_T1},
        {"name": Says.ANY_T1, "image": Says.ANY_T1},
        {"name": Says.ANY_T1},
        {"header": Says.ANY_T1},
        {"name": Says.T2, "image": Says.CE_T1},
        {"name": Says.T2, "image": Says.ANY_T1},
        {"name": Says.CE_T1, "image": Says.T2},
    ],
)
def test_what_cannot_be_told_is_asked(says):
    decision = decided(**says)
    assert decision.modality is Modality.UNKNOWN
    assert decision.question.startswith("The weighting of the scan can't be told")


@pytest.mark.parametrize("source", ["stated", "model", "header", "sidecar"])
@pytest.mark.parametrize(
    ("told", "image"), [(Says.T2, Says.CE_T1), (Says.T2, Says.ANY_T1), (Says.CE_T1, Says.T2), (Says.CE_T1, Says.T1)]
)
def test_an_image_that_contradicts_what_is_believed_makes_the_result_unreliable(source, told, image):
    decision = decided(**{source: told, "image": image})
    assert decision.modality == told.value
    assert decision.confidence == "disputed"
    (doubt,) = decision.doubts
    assert f"the scan is {told}, and its image looks like {image}: the result cannot be relied on." in doubt


def test_headers_that_contradict_a_person_are_told_and_take_nothing_from_the_result():
    decision = decided(stated=Says.CE_T1, header=Says.T2, image=Says.CE_T1)
    assert decision.doubts == ()
    assert decision.notes == ("The weighting is disputed: by the call it is ceT1, by the DICOM headers T2.",)


def test_a_name_that_the_image_could_not_confirm_is_told():
    (note,) = decided(name=Says.T2, image=Says.NOTHING).notes
    assert note == "That the scan is T2 was taken from the name of its file; the image could not confirm it."


@pytest.mark.parametrize(
    ("says", "answers"),
    [
        ({}, (Modality.T2, Modality.CE_T1)),
        ({"image": Says.ANY_T1}, (Modality.CE_T1, Modality.T1)),
        ({"name": Says.ANY_T1, "image": Says.NOTHING}, (Modality.CE_T1, Modality.T1)),
        ({"header": Says.ANY_T1}, (Modality.CE_T1, Modality.T1)),
        ({"name": Says.T2, "image": Says.CE_T1}, (Modality.T2, Modality.CE_T1)),
        ({"name": Says.T2, "image": Says.ANY_T1}, (Modality.T2, Modality.CE_T1, Modality.T1)),
        ({"name": Says.CE_T1, "image": Says.T1}, (Modality.CE_T1, Modality.T1)),
    ],
)
def test_a_person_is_asked_among_what_is_possible(says, answers):
    assert decided(**says).answers == answers


def test_of_a_t1_it_is_said_what_cannot_be_told():
    question = decided(image=Says.ANY_T1).question
    assert "it is T1-weighted, but whether with or without contrast medium can't be told" in question


@pytest.mark.parametrize("source", ["header", "sidecar", "name"])
def test_what_is_told_of_a_scan_counts_against_the_model_that_was_chosen(source):
    decision = decided(model=Says.T2, **{source: Says.ANY_T1})
    (doubt,) = decision.doubts
    assert "By the chosen model the scan is T2, and by" in doubt
    assert doubt.endswith("T1, with or without contrast agent: the result cannot be relied on.")


@pytest.mark.parametrize("one", Says)
@pytest.mark.parametrize("other", Says)
def test_whether_two_fit_does_not_depend_on_their_order(one, other):
    assert one.fits(other) is other.fits(one)
    if one.fits(other):
        assert one.narrowed(other) is other.narrowed(one)


@pytest.mark.parametrize(
    ("says", "confidence"),
    [
        ({"name": Says.T2}, "one source"),
        ({"image": Says.T2}, "one source"),
        ({"name": Says.T2, "image": Says.T2}, "agreed"),
        ({"name": Says.OTHER, "image": Says.T2}, "one source"),
        ({"header": Says.T2}, "one source"),
        ({"header": Says.T2, "name": Says.T2}, "agreed"),
        ({"header": Says.T2, "name": Says.CE_T1}, "disputed"),
        ({"header": Says.T2, "image": Says.CE_T1}, "disputed"),
        ({"header": Says.ANY_T1}, "unknown"),
        ({"header": Says.ANY_T1, "name": Says.T2}, "disputed"),
        ({"header": Says.ANY_T1, "image": Says.T2}, "disputed"),
        ({"name": Says.T2, "image": Says.CE_T1}, "disputed"),
        ({}, "unknown"),
    ],
)
def test_how_sure_it_is_follows_from_how_many_say_it_and_whether_one_contradicts(says, confidence):
    assert decided(**says).confidence == confidence


def scan_of(modality):
    values = np.random.default_rng(1).random((16, 20, 20), np.float32)
    return scan_of_volume(Volume(values, np.diag([2.0, 2.0, 2.0, 1.0])), modality)


@pytest.mark.parametrize(
    ("modality", "told"),
    [
        (Modality.T2, (Evidence(Source.STATED, Says.T2),)),
        (Modality.T1, (Evidence(Source.STATED, Says.T1),)),
        (Modality.MR, ()),
        (Modality.UNKNOWN, ()),
    ],
)
def test_a_weighting_that_came_with_a_scan_counts_as_said_by_the_call(modality, told):
    assert evidence_of(scan_of(modality)) == told


def test_what_is_told_of_a_scan_counts_instead():
    scan = stated(scan_of(Modality.T2), Modality.MR)
    assert evidence_of(scan) == (Evidence(Source.STATED, Says.OTHER),)
    assert stated(scan, Modality.CE_T1).told == (Evidence(Source.STATED, Says.CE_T1),)
