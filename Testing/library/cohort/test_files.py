import csv
import json

import pytest

from Testing.support.cohorts import NOTHING, cohort, divided
from VSSegmentationLib.cohort.cases import Cohort
from VSSegmentationLib.cohort.files import (
    CASE_COLUMNS,
    CASES_FILE,
    FACTS_FILE,
    FIGURE_FILES,
    LATEX_FILE,
    MARKDOWN_FILE,
    RESULT_NAMES,
    SUMMARY_FILE,
    summarized,
    write_evaluation,
)
from VSSegmentationLib.cohort.summary import SummaryOptions
from VSSegmentationLib.labels import EXTRAMEATAL_PART, PART_BOUNDARY, WHOLE_TUMOR
from VSSegmentationLib.tasks.vestibular_schwannoma import VESTIBULAR_SCHWANNOMA

STRUCTURES = (WHOLE_TUMOR, EXTRAMEATAL_PART, PART_BOUNDARY)
REFERENCES = [divided(8)] * 3
FIRST = cohort(divided(8), divided(9), NOTHING, references=REFERENCES, method="=A&1_x|")
SECOND = cohort(divided(7), divided(8), divided(9), references=REFERENCES, method="B")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    write_evaluation(folder, summarized([FIRST, SECOND], STRUCTURES, SummaryOptions(resamples=200)))
    return folder


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_exactly_the_named_files_are_written(folder):
    assert {path.name for path in folder.iterdir()} == RESULT_NAMES - set(FIGURE_FILES)


def test_the_case_table_has_a_row_for_each_case_structure_and_method(folder):
    rows = rows_of(folder / CASES_FILE)
    assert tuple(rows[0]) == CASE_COLUMNS
    assert len(rows) == 2 * 3 * len(VESTIBULAR_SCHWANNOMA.structures)  # the cases hold every structure
    first = next(row for row in rows if row["structure"] == "whole")
    assert (first["case"], first["name"], first["presence"]) == ("1", "DOE_1", "both")
    assert (float(first["dice"]), float(first["assd"]), first["lesions_found"]) == (1, 0, "1")


def test_what_is_not_measurable_is_an_empty_cell_beside_the_reason(folder):
    missed = next(r for r in rows_of(folder / CASES_FILE) if r["case"] == "3" and r["structure"] == "em")
    assert (missed["presence"], missed["dice"], missed["assd"], missed["precision"]) == ("missed", "0.0", "", "")


def test_a_formula_is_defused_in_the_csv_files_and_a_number_is_not(folder):
    for name in (CASES_FILE, SUMMARY_FILE):
        assert {row["method"] for row in rows_of(folder / name)} == {"'=A&1_x|", "B"}
    differences = [row["mean_difference"] for row in rows_of(folder / SUMMARY_FILE) if row["mean_difference"]]
    assert any(float(text) < 0 for text in differences)


def test_the_summary_carries_full_precision_and_the_test_of_the_first_method(folder):
    rows = rows_of(folder / SUMMARY_FILE)
    dice = next(r for r in rows if (r["structure"], r["metric"]) == ("em", "dice"))
    # 7 of 10 slices are extrameatal; a cut one slice on leaves 6 of them: 2 * 6 / 13.
    assert float(dice["mean"]) == pytest.approx((1 + 12 / 13 + 0) / 3, rel=1e-12)
    assert (dice["pairs"], dice["ci_method"], dice["ci_level"]) == ("3", "BCa", "0.95")
    assert not any(row["p_value"] for row in rows if row["method"] == "B")


def test_markdown_and_latex_show_the_three_tables_and_the_notes(folder):
    markdown = (folder / MARKDOWN_FILE).read_text(encoding="utf-8")
    latex = (folder / LATEX_FILE).read_text(encoding="utf-8")
    for title in ("Mean ± standard deviation", "In detail", "Found and missed"):
        assert f"## {title}" in markdown
    assert latex.count(r"\begin{tabular}") == 3
    assert r"=A\&1\_x" in latex
    assert r"=A&1\_x\|" in markdown
    for text in (markdown, latex):
        assert "350 mm" in text
        assert "Wilcoxon" in text


def test_the_facts_say_how_the_tables_came_about(folder):
    facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
    assert facts["penalty_mm"] == 350
    assert facts["interval"] == {"method": "BCa", "resamples": 200, "seed": 20240101}
    assert [method["cases"] for method in facts["methods"]] == [3, 3]
    assert facts["software"]["name"] == "vs-segmentation"


def test_names_of_cases_stand_in_the_case_table_alone(folder):
    holding = {path.name for path in folder.iterdir() if "DOE" in path.read_text(encoding="utf-8")}
    assert holding == {CASES_FILE}


def test_names_of_cases_stand_nowhere_when_that_is_asked_for(tmp_path):
    left_out = Cohort(method="A", cases=FIRST.cases, without_prediction=((4, "DOE_4"),), without_reference=("DOE_5",))
    write_evaluation(tmp_path, summarized([left_out], STRUCTURES, SummaryOptions(resamples=50)), with_names=False)
    assert not [path.name for path in tmp_path.iterdir() if "DOE" in path.read_text(encoding="utf-8")]


def test_what_was_left_out_is_listed_by_name_in_the_case_table_and_counted_in_the_notes(tmp_path):
    left_out = Cohort(method="A", cases=FIRST.cases, without_prediction=((4, "DOE_4"),), without_reference=("DOE_5",))
    write_evaluation(tmp_path, summarized([left_out], STRUCTURES, SummaryOptions(resamples=50)))
    listed = [(r["case"], r["name"], r["presence"]) for r in rows_of(tmp_path / CASES_FILE) if not r["structure"]]
    assert listed == [("4", "DOE_4", "no prediction"), ("", "DOE_5", "no reference")]
    assert "1 references without a prediction are left out" in (tmp_path / MARKDOWN_FILE).read_text(encoding="utf-8")


def test_a_cohort_of_empty_labelmaps_is_written_as_well(tmp_path):
    nothing = cohort(NOTHING, references=[NOTHING])
    write_evaluation(tmp_path, summarized([nothing], (WHOLE_TUMOR,), SummaryOptions(resamples=50)))
    assert "| Whole tumor | A | 1 | 0 | – |" in (tmp_path / MARKDOWN_FILE).read_text(encoding="utf-8")
