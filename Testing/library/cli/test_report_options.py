import json
from argparse import ArgumentParser

import pytest

from Testing.support.command import vs_segmentation
from Testing.support.phantoms import ice_cream
from VSSegmentationLib.cli.commands.choices import report_choices
from VSSegmentationLib.cli.options.report import POLICIES, add_report_options, add_review_options
from VSSegmentationLib.imageio import write_segmentation
from VSSegmentationLib.measurement import HeadlinePolicy
from VSSegmentationLib.tasks import DEFAULT_TASK


def choices_of(*words: str):
    parser = ArgumentParser()
    add_report_options(parser)
    add_review_options(parser)
    return report_choices(parser.parse_args(words))


def test_policies_that_can_be_typed_are_those_there_are():
    assert set(POLICIES) == set(HeadlinePolicy)
    assert DEFAULT_TASK.headline_policies == POLICIES  # the first is the default, of help and of the task
    assert DEFAULT_TASK.chosen_policy(choices_of().policy) == HeadlinePolicy.KCL_2023
    assert choices_of("--policy", "Kanzaki").policy == "Kanzaki"


def test_without_a_word_the_report_is_a_draft_that_identifies_nobody():
    choices = choices_of()
    assert choices.review is None
    assert not choices.with_identifiers
    assert (choices.case, choices.salt) == ("", None)


@pytest.mark.parametrize(("words", "complete"), [("mask,boundary,line", True), ("mask, line", False)])
def test_only_what_was_named_counts_as_checked(words, complete):
    review = choices_of("--checked", words, "--reader", "A. Reader").review
    assert review.mask_checked
    assert review.line_checked
    assert review.is_complete == complete
    assert review.reader == "A. Reader"


def test_word_that_cannot_be_checked_is_refused(capsys):
    with pytest.raises(SystemExit):
        choices_of("--checked", "mask,brainstem")
    assert "mask, boundary, line" in capsys.readouterr().err


def test_measuring_a_checked_labelmap_gives_a_reviewed_report_in_every_format_asked_for(tmp_path):
    write_segmentation(tmp_path / "tumor.seg.nrrd", ice_cream((1.0, 1.0, 1.0)))
    done = vs_segmentation(
        "measure", tmp_path / "tumor.seg.nrrd", "--out", tmp_path / "out", "--format", "report.json,study.csv,html",
        "--checked", "mask,boundary,line", "--case", "P07", "--policy", "Kanzaki",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "VS, side not determined, extrameatal 16.3 mm (axial)" in done.out
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert (report["status"], report["case"], report["headline"]["policy"]) == ("reviewed", "P07", "Kanzaki")
    assert "DRAFT" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8").split("</style>")[1]
