"""What machines read of a comparison: complete, valid by the shipped schema, without dates, safe in spreadsheets."""

import csv
import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from Testing.support.growth_cases import examination
from Testing.support.phantoms import box, labeled
from VSSegmentationLib.codec import json_schema
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.measurement.growth import Treatment, TreatmentKind, compare
from VSSegmentationLib.reporting.files.growth_tables import (
    growth_schema,
    read_growth_json,
    write_growth_csv,
    write_growth_json,
)
from VSSegmentationLib.reporting.growth.content import GrowthContent, ShownExamination
from VSSegmentationLib.reporting.growth.record import GrowthRecord

SHOWN = ShownExamination(labelmap=labeled(box((3, 4, 5)), (1.5, 0.5, 0.5)))


def content(*examinations, with_dates: bool = False, aligned: bool = False, **options) -> GrowthContent:
    shown = replace(SHOWN, ras_to_baseline_ras=np.eye(4)) if aligned else SHOWN
    growth = compare(examinations, **options)
    return GrowthContent(growth=growth, shown=(shown,) * len(examinations), with_dates=with_dates)


def three(**options) -> GrowthContent:
    return content(
        examination(0, 1.0, 12.0, date=dt.date(2023, 3, 1)),
        examination(365, 0.8, 11.0, date=dt.date(2024, 2, 29)),
        examination(730, 1.23, None, date=dt.date(2025, 2, 28)),
        **options,
    )


def written(tmp_path: Path, of: GrowthContent) -> dict:
    write_growth_json(tmp_path / "growth.json", of)
    return json.loads((tmp_path / "growth.json").read_text(encoding="utf-8"))


def rows(tmp_path: Path, of: GrowthContent) -> list[dict[str, str]]:
    write_growth_csv(tmp_path / "growth.csv", of)
    with (tmp_path / "growth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_shipped_schema_is_that_of_the_record():
    assert growth_schema() == {"title": "Vestibular schwannoma comparison", **json_schema(GrowthRecord)}


@pytest.mark.parametrize("options", [{}, {"with_dates": True}, {"treatments": [Treatment(TreatmentKind.SURGERY, 9)]}])
def test_what_is_written_is_valid_and_comes_back_the_same(tmp_path: Path, options: dict):
    of = three(**options)
    data = written(tmp_path, of)
    jsonschema.Draft202012Validator(growth_schema()).validate(data)
    record = read_growth_json(tmp_path / "growth.json")
    assert [each.changes for each in record.series] == [each.changes for each in of.growth.series]
    assert record.treatments == of.growth.treatments


def test_an_unknown_key_is_refused(tmp_path: Path):
    data = {**written(tmp_path, three()), "advice": "none"}
    (tmp_path / "growth.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputRefusedError, match="unknown keys"):
        read_growth_json(tmp_path / "growth.json")


def test_what_is_no_json_is_refused_in_one_sentence(tmp_path: Path):
    (tmp_path / "growth.json").write_bytes(b"\xff{")
    with pytest.raises(InputRefusedError, match="no JSON file"):
        read_growth_json(tmp_path / "growth.json")


def test_dates_are_written_only_on_request(tmp_path: Path):
    without = json.dumps(written(tmp_path, three())) + str(rows(tmp_path, three()))
    assert not any(year in without for year in ("2023-03", "2024-02", "2025-02"))
    data = written(tmp_path, three(with_dates=True))
    assert [each["date"] for each in data["examinations"]] == ["2023-03-01", "2024-02-29", "2025-02-28"]
    assert [each["days_from_baseline"] for each in data["examinations"]] == [0, 365, 730]


def test_every_measure_change_and_reason_is_there(tmp_path: Path):
    data = written(tmp_path, three())
    series = {each["id"]: each for each in data["series"]}
    assert [each["value"] for each in series["vol_total"]["values"]] == [1.0, 0.8, 1.23]
    assert series["whole_max_axial"]["values"][2]["reason"] == "it is not there"
    against = {(c["reference"], c["to_index"]): c for c in series["vol_total"]["changes"]}
    assert against["baseline", 2]["percent"]["value"] == pytest.approx(23.0)
    assert against["nadir", 2]["percent"]["value"] == pytest.approx(53.75)
    assert data["status"] == "draft"
    assert "research use only" in data["notice"]


def test_a_comparison_of_checked_examinations_is_reviewed(tmp_path: Path):
    data = written(tmp_path, content(examination(0, reviewed=True), examination(9, reviewed=True)))
    assert data["status"] == "reviewed"


@pytest.mark.parametrize("aligned", [True, False])
def test_it_is_told_whether_pictures_are_aligned(tmp_path: Path, aligned: bool):
    assert written(tmp_path, content(examination(0), examination(9), aligned=aligned))["aligned"] is aligned


def test_the_csv_has_one_row_for_each_measure_examination_and_reference(tmp_path: Path):
    table = rows(tmp_path, three())
    assert len(table) == 5 * 2 * 3
    row = next(r for r in table if (r["measure"], r["against"], r["to_examination"]) == ("vol_total", "previous", "3"))
    assert (row["from_examination"], row["from_day"], row["to_day"], row["days"]) == ("2", "365", "730", "365")
    assert (float(row["from_value"]), float(row["to_value"])) == (0.8, 1.23)
    assert float(row["change_percent"]) == pytest.approx(53.75)
    assert (row["reaches_percent_limit"], row["reaches_mm_limit"]) == ("increase", "")
    assert "reaches_mm_limit: the limit in mm is not for this measure" in row["reasons"]


def test_a_missing_value_is_an_empty_cell_with_its_reason_beside(tmp_path: Path):
    row = next(r for r in rows(tmp_path, three()) if (r["measure"], r["to_examination"]) == ("whole_max_axial", "3"))
    assert row["to_value"] == row["change"] == ""
    assert "change: not measurable in examination 3: it is not there" in row["reasons"]


def test_every_row_carries_state_warnings_and_notice(tmp_path: Path):
    table = rows(tmp_path, content(examination(0), examination(365, sequence="ceT1")))
    assert all(r["status"] == "draft" for r in table)
    assert all("sequences differ" in r["warnings"] for r in table)
    assert all("research use only" in r["notice"] for r in table)


def test_text_that_a_spreadsheet_would_run_is_defused(tmp_path: Path):
    of = three()
    for measurement in of.growth.of("vol_total").measurements:
        object.__setattr__(measurement, "name", "=cmd()")
    assert rows(tmp_path, of)[0]["name"] == "'=cmd()"


def test_a_comparison_of_the_first_release_is_read_without_case_names(tmp_path: Path):
    data = written(tmp_path, three())
    for each in data["examinations"]:
        del each["case"]
    (tmp_path / "old.json").write_text(json.dumps(data), encoding="utf-8")
    assert [each.case for each in read_growth_json(tmp_path / "old.json").examinations] == ["", "", ""]
    (tmp_path / "none.json").write_text('{"examinations": [3]}', encoding="utf-8")
    with pytest.raises(InputRefusedError):
        read_growth_json(tmp_path / "none.json")
