"""Tables and worklist of a study, from rows whose right answers are plain."""

import csv
import json
from pathlib import Path

import pytest

from VSSegmentationLib.batch.cases import Case, Found, RefusedInput
from VSSegmentationLib.batch.journal import Journal, Outcome
from VSSegmentationLib.batch.planning import BatchOptions, make_plan
from VSSegmentationLib.batch.study.rows import StudyRow, study_rows
from VSSegmentationLib.batch.study.tables import write_tables
from VSSegmentationLib.batch.study.worklist import look_at
from VSSegmentationLib.errors import InputRefusedError


def row(case: str = "case", **changes) -> StudyRow:
    usual = {"status": "done", "side": "left", "volume_cm3": 1.5, "values": {"vol_total": 1.5}}
    return StudyRow(case=case, **{**usual, **changes})


@pytest.mark.parametrize(
    ("heavier", "lighter"),
    [
        ({"status": "set aside", "reason": "x"}, {"status": "refused", "reason": "x"}),
        ({"status": "refused", "reason": "x"}, {"doubts": ("a doubt",)}),
        ({"doubts": ("a doubt",)}, {"stated_side": "right"}),
        ({"stated_side": "right"}, {"comparison_warnings": ("The sides differ.",)}),
        ({"comparison_warnings": ("The sides differ.",)}, {"volume_cm3": 0.0}),
        ({"volume_cm3": 0.0}, {"change_percent": 45.0}),
        ({"change_percent": -20.0}, {"side": ""}),
        ({"side": ""}, {"warnings": ("one", "two")}),
        ({"side": "", "warnings": ("one",)}, {"side": ""}),
        ({"warnings": ("one",)}, {}),
    ],
)
def test_what_weighs_more_is_looked_at_first(heavier: dict, lighter: dict):
    assert look_at(row(**heavier)).weight > look_at(row(**lighter)).weight


def test_a_case_without_a_reason_has_none_and_a_small_change_is_none():
    assert look_at(row(stated_side="left", change_percent=19.9)) == (0, ())
    assert look_at(StudyRow(case="waiting")) == (0, ())


def test_a_reason_says_what_was_found_and_no_more():
    told = look_at(row(stated_side="right", change_percent=45.2, warnings=("a", "b"))).reasons
    assert told == (
        "Found on the left, the manifest says right",
        "Volume changed by +45 % since the examination before",
        "2 warnings",
    )


def test_tables_hold_a_row_each_and_no_formula_and_inputs_alone_hold_paths(tmp_path: Path):
    rows = [
        row("a", findings="=1+1"),
        row("b", status="refused", reason="The scan is cut off.", exit_code=3, tries=1, values={}),
    ]
    case = Case(name="a", key="k", input=Path("/scans/Doe_Jane.nii"), files=())
    found = Found(cases=(case,), refused=(RefusedInput(place="/scans/Roe.nii", reason="a labelmap"),))
    write_tables(tmp_path, rows, found, {"slots": 2})
    with (tmp_path / "study_wide.csv").open(encoding="utf-8", newline="") as file:
        wide = list(csv.DictReader(file))
    assert [(each["case"], each["vol_total"], each["findings"]) for each in wide] == [
        ("a", "1.5", "'=1+1"),
        ("b", "", ""),
    ]
    with (tmp_path / "failures.csv").open(encoding="utf-8", newline="") as file:
        assert [each["reason"] for each in csv.DictReader(file)] == ["The scan is cut off."]
    facts = json.loads((tmp_path / "cohort.json").read_text(encoding="utf-8"))
    assert facts["counts"] == {"done": 1, "refused": 1, "set aside": 0, "waiting": 0}
    told = {path.name for path in tmp_path.iterdir() if "Doe" in path.read_bytes().decode("latin-1")}
    assert told == {"inputs.csv"}


@pytest.mark.parametrize("damage", [b"id,value\r\nvol_total\r\n", b"id,value\r\n\xfc,1\r\n", b""])
def test_a_case_whose_table_is_damaged_is_run_again_and_a_corrected_one_is_named(tmp_path: Path, damage: bytes):
    case = Case(name="a", key="a", input=tmp_path / "a", files=(), patient="p")
    journal, options = Journal(tmp_path), BatchOptions(study=tmp_path)
    (planned,) = make_plan(Found(cases=(case,)), journal, options).to_do
    journal.keep("case", Outcome(case="a", status="done", asked=planned.asked, look=planned.look))
    folder = tmp_path / "cases" / "a"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{}")
    (folder / "study.csv").write_text("id,value\r\nvol_total,1.5\r\n", newline="")
    assert make_plan(Found(cases=(case,)), journal, options).to_do == ()
    write_tables(tmp_path, [row("a")], Found(cases=(case,)), {})
    assert "vol_total,1.5" in (tmp_path / "study.csv").read_text(encoding="utf-8")
    (folder / "study.csv").write_bytes(damage)
    assert make_plan(Found(cases=(case,)), journal, options).to_do == (planned,)
    if damage:
        with pytest.raises(InputRefusedError, match="the table of the case a is damaged"):
            write_tables(tmp_path, [row("a")], Found(cases=(case,)), {})
    journal.close()


def test_where_pyarrow_is_the_wide_table_is_written_for_it_too(tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `parquet`")
    write_tables(tmp_path, [row("a"), row("b", values={})], Found(), {})
    table = parquet.read_table(tmp_path / "study_wide.parquet").to_pydict()
    assert table["case"] == ["a", "b"]
    assert table["vol_total"] == [1.5, None]


@pytest.mark.parametrize("is_one", [True, False])
def test_no_change_is_shown_of_what_may_be_two_tumors(tmp_path: Path, is_one: bool):
    cases = tuple(
        Case(name=name, key=name, input=Path(), files=(), patient="P", day=day) for name, day in (("a", 0), ("b", 9))
    )
    found, journal = Found(cases=cases), Journal(tmp_path)
    plan = make_plan(found, journal, BatchOptions(study=tmp_path))
    for case in cases:
        journal.keep("case", Outcome(case=case.name, status="done"))
    compared = {
        "percent_since_previous": 30.0,
        "wording": "grew",
        "is_one_tumor": is_one,
        "warnings": [] if is_one else ["The sides differ."],
    }
    journal.keep("comparison", Outcome(case="P", status="done", result=compared))
    first, last = study_rows(plan, found, journal)
    assert first.change_percent is None
    assert last.change_percent == (30.0 if is_one else None)
    assert last.comparison_warnings == (() if is_one else ("The sides differ.",))
