import csv
import json
import os
import re
from pathlib import Path

import pytest

from Testing.support.cohorts import NOTHING, divided, slab, write_labelmaps
from Testing.support.command import in_this_process, vs_segmentation
from VSSegmentationLib.cohort.files import RESULT_NAMES


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    cuts = {"JANE_DOE": 8, "b": 9, "c": 8}
    wanted = write_labelmaps(tmp_path / "wanted", **{f"{name}_Label": divided(cut) for name, cut in cuts.items()})
    found = write_labelmaps(tmp_path / "found", **{name: divided(8) for name in cuts})
    other = write_labelmaps(tmp_path / "other", JANE_DOE=divided(7), b=NOTHING, c=divided(9))
    return found, wanted, other


def evaluate(*words):
    return in_this_process("evaluate", *words)


def test_two_methods_are_compared_from_folders_to_files(folders, tmp_path):
    found, wanted, other = folders
    done = vs_segmentation(
        "evaluate", found, wanted, "--compare", other, "--method-names", "New,Old", "--out", tmp_path / "out"
    )
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == RESULT_NAMES
    assert "Cases: New 3, Old 3" in done.out
    assert re.search(r"^Extrameatal part +New +3 +0 ", done.out, re.MULTILINE)
    assert re.search(r"^Extrameatal part +Old +3 +1 ", done.out, re.MULTILINE)
    assert "DOE" not in done.out + done.err


def test_a_program_gets_numbers(folders, tmp_path):
    found, wanted, _ = folders
    done = evaluate(found, wanted, "--out", tmp_path / "out", "--no-figures", "--progress", "json")
    result = json.loads(done.out.splitlines()[-1])["result"]
    assert result["cases"] == {"Predictions": 3}
    dice = next(s for s in result["summaries"] if (s["structure"], s["metric"]) == ("whole", "dice"))
    assert (dice["mean"], dice["n"], dice["failures"], dice["p_value"]) == (1, 3, 0, None)


def test_figures_and_names_are_left_out_when_asked_for(folders, tmp_path):
    found, wanted, _ = folders
    done = evaluate(found, wanted, "--out", tmp_path / "out", "--no-figures", "--no-case-names")
    assert done.code == 0, done.err
    assert not list((tmp_path / "out").glob("box_plots.*"))
    assert "DOE" not in (tmp_path / "out" / "cases.csv").read_text(encoding="utf-8")


def test_two_files_are_a_case(folders, tmp_path):
    found, wanted, _ = folders
    done = evaluate(found / "b.nii.gz", wanted / "b_Label.nii.gz", "--out", tmp_path / "out", "--no-figures")
    assert done.code == 0, done.err
    with (tmp_path / "out" / "cases.csv").open(newline="", encoding="utf-8") as file:
        em = next(row for row in csv.DictReader(file) if row["structure"] == "em")
    assert float(em["dice"]) == pytest.approx(12 / 13)  # 7 slices against the 6 of the reference


def test_what_has_no_partner_is_refused_with_code_3_and_nothing_is_written(folders, tmp_path):
    found, wanted, _ = folders
    (found / "JANE_DOE.nii.gz").unlink()
    done = evaluate(found, wanted, "--out", tmp_path / "out", "--no-figures")
    assert done.code == 3
    assert "1 of 3 references have no prediction (number 3 by name)" in done.err
    assert "DOE" not in done.out + done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("option", "cases", "mean"), [("--allow-missing", 2, 1.0), ("--missing-as-empty", 3, 2 / 3)])
def test_a_missing_prediction_is_left_out_or_counts_as_a_miss(folders, tmp_path, option, cases, mean):
    found, wanted, _ = folders
    (found / "JANE_DOE.nii.gz").unlink()
    done = evaluate(found, wanted, "--out", tmp_path / "out", "--no-figures", option, "--progress", "json")
    assert done.code == 0, done.err
    result = json.loads(done.out.splitlines()[-1])["result"]
    dice = next(s for s in result["summaries"] if (s["structure"], s["metric"]) == ("whole", "dice"))
    assert (result["cases"]["Predictions"], dice["mean"]) == (cases, pytest.approx(mean))


def test_debug_shows_the_names_that_are_otherwise_withheld(folders, tmp_path):
    found, wanted, _ = folders
    (found / "JANE_DOE.nii.gz").unlink()
    done = vs_segmentation("evaluate", found, wanted, "--out", tmp_path / "out", "--no-figures", "--debug")
    assert done.code == 3
    assert "no prediction for reference 3: JANE_DOE" in done.err


def test_masks_of_others_are_evaluated_by_the_name_of_their_values(tmp_path):
    ones = slab(5).with_array((slab(5).array > 0).astype("uint8"))
    found = write_labelmaps(tmp_path / "found", a=ones)
    wanted = write_labelmaps(tmp_path / "wanted", a=slab(6))
    done = evaluate(
        found, wanted, "--out", tmp_path / "out", "--no-figures", "--labels", "whole", "--prediction-values", "mask"
    )
    assert done.code == 0, done.err
    assert "0.9000" in done.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--labels", "whole,tumor"), "labels are whole, em, im, boundary, cochlea"),
        (("--penalty-mm", "-3"), "the penalty for an infinite distance must be"),
        (("--penalty-mm", "nan"), "the penalty for an infinite distance must be"),
        (("--seed", "-1"), "the seed must not be negative"),
        (("--method-names", "A,B"), "--method-names needs 1 different name"),
        (("--reference-values", "1=swelling"), "label values are one of"),
    ],
)
def test_options_that_do_not_fit_end_with_code_2_before_anything_is_read(folders, tmp_path, words, sentence):
    found, wanted, _ = folders
    done = evaluate(found, wanted, "--out", tmp_path / "out", "--no-figures", *words)
    assert done.code == 2
    assert sentence in done.err
    assert not (tmp_path / "out").exists()


def test_results_of_a_former_evaluation_are_replaced_only_with_force_and_other_files_never(folders, tmp_path):
    found, wanted, _ = folders
    words = (found, wanted, "--out", tmp_path / "out", "--no-figures")
    assert evaluate(*words).code == 0
    assert evaluate(*words).code == 2
    assert evaluate(*words, "--force").code == 0
    (tmp_path / "out" / "thesis.tex").touch()
    assert evaluate(*words, "--force").code == 2
    assert (tmp_path / "out" / "cases.csv").exists()


def test_cases_whose_names_are_no_utf_8_are_evaluated(tmp_path):
    for folder in ("found", "wanted"):
        path = write_labelmaps(tmp_path / folder, a=divided(8)) / "a.nii.gz"
        path.rename(path.with_name(os.fsdecode(b"M\xfcller.nii.gz")))
    done = evaluate(tmp_path / "found", tmp_path / "wanted", "--no-figures", "--out", tmp_path / "out")
    assert done.code == 0, done.err
    assert "M\ufffdller" in (tmp_path / "out" / "cases.csv").read_text(encoding="utf-8")
