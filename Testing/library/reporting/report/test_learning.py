"""Page 1 says what the models learned from, on which real scans they were measured, and how well they did."""

from dataclasses import replace

from Testing.support.phantoms import ice_cream
from Testing.support.reports import BY_MODEL, MODEL, Page, content_of
from VSSegmentationLib.models import Accuracy
from VSSegmentationLib.reporting import make_report, report_html
from VSSegmentationLib.reporting.report.learning import learned_models, learning_lines

SYNTHETIC = (
    "Synthetic images only, made from public label maps of heads (somebody) in the manner of somebody else, 2023. "
    "No image of a patient was used."
)
VALUES = (
    Accuracy(data="case_95", measure="Dice", value=0.9012),
    Accuracy(data="case_95", measure="ASSD", value=0.26, unit="mm"),
    Accuracy(
        data="case_98",
        measure="Dice",
        value=0.6764,
        note="not used for choosing; reference may be a pseudo-label; and more",
    ),
    Accuracy(data="case_99", measure="Dice", value=0.55, note="another modality"),
    Accuracy(data="a_head", measure="false tumor volume", value=0.0, unit="cm3", note="no tumor"),
)
SEGMENTER = replace(MODEL, trained_on=SYNTHETIC, accuracy=VALUES)
DIVIDER = replace(
    MODEL,
    name="divides",
    trained_on=SYNTHETIC,
    accuracy=(Accuracy(data="synthetic test heads", measure="extrameatal Dice, mean", value=0.85),),
)
LEARNED = replace(BY_MODEL, model=SEGMENTER, divider=DIVIDER)


def test_the_segmenter_tells_its_real_scans_good_and_bad_and_none_of_another_modality():
    segmenter, _ = learning_lines(learned_models(LEARNED))
    assert segmenter == (
        "The model (default_t2, version 1) learned from: synthetic images only. On real scans: Dice 0.90 (case_95), "
        "0.68 (case_98: reference may be a pseudo-label); false tumor 0.00 cm³ (a_head)."
    )


def test_a_divider_that_was_measured_on_made_up_scans_alone_says_so():
    _, divider = learning_lines(learned_models(LEARNED))
    assert divider.startswith("Its boundary of the two parts (divides, version 1) learned from: synthetic images only.")
    assert divider.endswith("It was measured on no real scan.")


def test_models_without_a_card_and_given_masks_tell_nothing():
    assert learned_models(BY_MODEL) == ()
    assert learned_models(replace(LEARNED, model=None, divider=None)) == ()


def test_the_first_page_and_the_data_of_a_report_tell_it():
    content = content_of(ice_cream((1.5, 0.4, 0.4)), provenance=LEARNED)
    report = make_report(content)
    assert [(each.role, each.name, each.trained_on) for each in report.learned] == [
        ("segmenter", "default_t2", SYNTHETIC),
        ("divider", "divides", SYNTHETIC),
    ]
    assert report.learned[0].accuracy == VALUES
    html = report_html(content)
    assert html.index("learned from: synthetic images only") < html.index("<h2>Appendix: all measurements")
    assert "On real scans: Dice 0.90 (case_95)" in Page(html).text


def test_what_a_card_tells_is_not_repeated_in_the_table_of_provenance():
    report = make_report(content_of(ice_cream((1.5, 0.4, 0.4)), provenance=LEARNED))
    assert not {"trained_on", "accuracy", "limits"} & set(report.provenance["divider"])
