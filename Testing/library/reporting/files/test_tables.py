import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from Testing.support.phantoms import axial_affine, box, ice_cream, labeled
from VSSegmentationLib.csv_rows import defused
from VSSegmentationLib.errors import GeometryError, VSSegmentationError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement, measure
from VSSegmentationLib.reporting import (
    NOTICE,
    ModelFacts,
    Provenance,
    ReportContent,
    Review,
    Software,
    write_measurements_csv,
    write_measurements_json,
    write_provenance_json,
    write_study_csv,
)
from VSSegmentationLib.volume import Volume

WARNING = "The slices are 4.0 mm thick."
CHECKED = Review(mask_checked=True, boundary_checked=True, line_checked=True, at_utc=datetime(2026, 1, 2, tzinfo=UTC))


def content_of(labelmap: Volume, **changes) -> ReportContent:
    values = {
        "image": None,
        "labelmap": labelmap,
        "measurements": measure(labelmap),
        "findings": "A tumor was found.",
        "warnings": (WARNING,),
        "provenance": Provenance(software=Software(version="0.1.0")),
    }
    return ReportContent(**{**values, **changes})


def strict_json(path: Path):
    def refuse(constant: str):
        raise AssertionError(constant)

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_json_is_a_list_of_measurements_with_the_golden_values_of_the_phantom(tmp_path):
    write_measurements_json(tmp_path / "m.json", content_of(ice_cream((1.5, 0.4, 0.4))))
    found = strict_json(tmp_path / "m.json")
    assert isinstance(found, list)
    values = {m["id"]: (m["region"], m["value"], m["unit"]) for m in found}
    assert {key: values[key] for key in ("vol_total", "vol_em", "vol_im", "whole_max_axial", "em_max_axial")} == {
        "vol_total": ("whole", pytest.approx(2.238), "cm3"),
        "vol_em": ("extrameatal", pytest.approx(2.06688), "cm3"),
        "vol_im": ("intrameatal", pytest.approx(0.17112), "cm3"),
        "whole_max_axial": ("whole", pytest.approx(23.0806, abs=1e-3), "mm"),
        "em_max_axial": ("extrameatal", pytest.approx(16.1399, abs=1e-3), "mm"),
    }
    assert all(m["warnings"] == [WARNING] and m["notice"] == NOTICE and m["status"] == "draft" for m in found)


def test_json_keeps_the_bits_of_a_value_so_that_parts_add_up_after_reading(tmp_path):
    write_measurements_json(tmp_path / "m.json", content_of(ice_cream((0.5, 0.5, 0.5))))
    values = {m["id"]: m["value"] for m in strict_json(tmp_path / "m.json")}
    assert values["vol_em"] + values["vol_im"] == values["vol_total"]


def test_json_has_end_points_slice_and_both_estimators_of_a_diameter(tmp_path):
    write_measurements_json(tmp_path / "m.json", content_of(ice_cream((1.5, 0.4, 0.4))))
    whole = next(m for m in strict_json(tmp_path / "m.json") if m["id"] == "whole_max_axial")
    assert np.array(whole["end_points_ras_mm"]).shape == (2, 3)
    assert (whole["slice_axis"], whole["slice_index"], whole["valid"]) == (0, 10, True)
    assert whole["extra"]["feret_slice_center_mm"] == pytest.approx(22.8806, abs=1e-3)


def test_what_cannot_be_measured_is_null_with_its_reason(tmp_path):
    content = content_of(labeled(box((2, 3, 4)), (1, 1, 1), Label.UNDIVIDED_TUMOR))
    write_measurements_json(tmp_path / "m.json", content)
    write_measurements_csv(tmp_path / "m.csv", content)
    from_json = {m["id"]: m for m in strict_json(tmp_path / "m.json")}["em_max_axial"]
    from_csv = {m["id"]: m for m in rows_of(tmp_path / "m.csv")}["em_max_axial"]
    assert (from_json["value"], from_json["valid"], from_json["reason"]) == (None, False, "the tumor is not divided")
    assert (from_csv["value"], from_csv["reason"]) == ("", "the tumor is not divided")


def test_csv_has_one_row_per_measurement_with_number_unit_and_warnings(tmp_path):
    content = content_of(ice_cream((1.5, 0.4, 0.4)))
    write_measurements_csv(tmp_path / "m.csv", content)
    rows = rows_of(tmp_path / "m.csv")
    assert [row["id"] for row in rows] == [m.id for m in content.measurements]
    assert float(rows[1]["value"]) + float(rows[2]["value"]) == float(rows[0]["value"])
    assert all(WARNING in row["warnings"] and row["notice"] == NOTICE for row in rows)
    assert (rows[0]["uncertainty"], rows[0]["uncertainty_unit"], rows[0]["uncertainty_kind"]) == ("20.0", "%", "SDD")
    ends = [float(rows[3][f"end_{end}_{axis}_mm"]) for end in (1, 2) for axis in "ras"]
    assert ends == [number for point in content.measurements[3].end_points_ras_mm for number in point]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "＝"])
def test_text_that_a_spreadsheet_would_run_is_defused_in_csv(tmp_path, start):
    evil = f"{start}HYPERLINK(1)"
    measurement = Measurement(id=evil, region="whole", name=evil, value=-1.5, unit="mm", method=evil)
    content = content_of(ice_cream((1.0, 1.0, 1.0)), measurements=(measurement,), warnings=(evil,))
    write_measurements_csv(tmp_path / "m.csv", content)
    (row,) = rows_of(tmp_path / "m.csv")
    assert {row["id"], row["name"], row["method"], row["warnings"]} == {f"'{evil}"}
    assert row["value"] == "-1.5"


def test_ordinary_text_and_numbers_are_not_touched():
    assert [defused(v) for v in ("whole", -2.5, None, "T2-weighted")] == ["whole", -2.5, None, "T2-weighted"]


def test_provenance_carries_status_findings_candidates_warnings_and_notice(tmp_path):
    candidates = ({"volume_cm3": np.float32(0.5), "center_ras_mm": np.array([1.0, 2.0, 3.0])},)
    content = content_of(ice_cream((1.0, 1.0, 1.0)), candidates=candidates, review=CHECKED)
    write_provenance_json(tmp_path / "p.json", content)
    found = strict_json(tmp_path / "p.json")
    assert found["status"] == "reviewed"
    assert found["candidates"] == [{"volume_cm3": 0.5, "center_ras_mm": [1.0, 2.0, 3.0]}]
    assert (found["findings"], found["warnings"], found["notice"]) == ("A tumor was found.", [WARNING], NOTICE)
    assert found["software"] == {"name": "vs-segmentation", "version": "0.1.0", "slicer_version": None}


def test_of_a_path_in_the_provenance_only_the_file_name_is_told(tmp_path):
    content = content_of(
        ice_cream((1.0, 1.0, 1.0)), provenance=Provenance(run={"input": Path("/scans/DOE^JANE/t2.nii.gz")})
    )
    write_provenance_json(tmp_path / "p.json", content)
    assert "JANE" not in (tmp_path / "p.json").read_text(encoding="utf-8")
    assert strict_json(tmp_path / "p.json")["run"]["input"] == "t2.nii.gz"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), np.float32("nan")])
def test_number_that_json_cannot_hold_is_refused_by_its_name(tmp_path, number):
    model = ModelFacts(name="m", version="1", sha256="", modality="T2", provenance={"dice": [0.9, number]})
    content = content_of(ice_cream((1.0, 1.0, 1.0)), provenance=Provenance(model=model))
    with pytest.raises(VSSegmentationError, match=r"model\.provenance\.dice\[1\] must be a finite number"):
        write_provenance_json(tmp_path / "p.json", content)
    assert not (tmp_path / "p.json").exists()


def test_same_content_gives_the_same_bytes(tmp_path):
    for writer in (write_measurements_json, write_measurements_csv, write_provenance_json):
        writer(tmp_path / "a", content_of(ice_cream((1.0, 1.0, 1.0))))
        writer(tmp_path / "b", content_of(ice_cream((1.0, 1.0, 1.0))))
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_image_of_another_grid_is_refused():
    labelmap = ice_cream((1.0, 1.0, 1.0))
    other = Volume(np.zeros(labelmap.shape, np.float32), axial_affine((1.0, 1.0, 1.0)))
    with pytest.raises(GeometryError, match="share one grid"):
        content_of(labelmap, image=other)


def test_study_csv_has_one_row_per_case_time_point_region_and_measure(tmp_path):
    content = content_of(ice_cream((1.5, 0.4, 0.4)), case="P07", days_from_baseline=365, side="left")
    write_study_csv(tmp_path / "study.csv", content)
    rows = rows_of(tmp_path / "study.csv")
    assert [(row["region"], row["measure"]) for row in rows] == [(m.region, m.id) for m in content.measurements]
    assert {(row["case"], row["days_from_baseline"], row["side"]) for row in rows} == {("P07", "365", "left")}
    by_id = {row["measure"]: row for row in rows}
    assert float(by_id["vol_total"]["value"]) == pytest.approx(2.238)
    assert by_id["vol_total"]["unit"] == "cm3"
    assert by_id["vol_total"]["method_id"] == "vs-segmentation/2/vol_total"
    assert (by_id["fundus_gap"]["value"], by_id["fundus_gap"]["reason"] != "") == ("", True)
    assert [row["measure"] for row in rows if row["is_headline"] == "True"] == ["em_max_axial"]
    assert all(row["notice"] == NOTICE and row["status"] == "draft" for row in rows)


def test_files_of_a_study_can_be_put_one_below_another(tmp_path):
    heads = []
    for name, labelmap in (("a", ice_cream((1.0, 1.0, 1.0))), ("b", labeled(box((2, 3, 4)), (1, 1, 1)))):
        write_study_csv(tmp_path / name, content_of(labelmap, case=f"={name}"))
        heads.append((tmp_path / name).read_text(encoding="utf-8").splitlines()[0])
        assert {row["case"] for row in rows_of(tmp_path / name)} == {f"'={name}"}
    assert heads[0] == heads[1]


def test_lone_sign_is_no_formula():
    assert [defused(sign) for sign in ("%", "-", "=")] == ["%", "-", "="]
