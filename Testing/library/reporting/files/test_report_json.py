import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from Testing.support.phantoms import ice_cream
from Testing.support.reports import CASES, CHECKED, NOON, content_of, grown_report
from tools.report_schema import schema_text
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.identifiers import Identifiers
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.reporting import (
    NOTICE,
    Edit,
    EditLog,
    ManualOverride,
    PriorTreatment,
    ScanFacts,
    UserFields,
    hashed_uid,
    make_report,
    read_report_json,
    report_schema,
    write_report_json,
)

PLANE = MeatalPlane(origin_ras_mm=(1.0, 2.0, 3.0), normal_ras=(1.0, 0.0, 0.0), rms_mm=0.1, source="user")
FULL = {
    "review": replace(CHECKED, reader="A. Reader"),
    "edit_log": EditLog(
        edits=(Edit(at_utc=NOON, tool="plane", segment="", plane_before=PLANE, plane_after=PLANE, actor="x"),)
    ),
    "identifiers": Identifiers(patient_name="Doe Jane", series_uid="1.2.3"),
    "scan": ScanFacts(modality="T2", file_format="DICOM", slice_thickness_mm=1.5, series=hashed_uid("1.2.3")),
    "overrides": (ManualOverride(measurement_id="em_max_axial", value=15.1, end_points_ras_mm=((0, 0, 0), (1, 1, 1))),),
    "user_fields": UserFields(koos="II", prior_treatment=(PriorTreatment(kind="radiosurgery", days_before=400),)),
    "candidates": ({"volume_cm3": 0.1, "center_ras_mm": (1.0, 2.0, 3.0)},),
    "warnings": ("Beware.",),
    "case": "P07",
    "days_from_baseline": 365,
}
EVERY = {**CASES, "everything filled": lambda: content_of(ice_cream((1.0, 1.0, 1.0)), **FULL), "growth": grown_report}


@pytest.mark.parametrize("case", EVERY.values(), ids=EVERY)
def test_report_fits_its_schema_and_is_read_back_the_same(tmp_path, case):
    content = case()
    write_report_json(tmp_path / "report.json", content)
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    Draft202012Validator(report_schema()).validate(data)
    assert read_report_json(tmp_path / "report.json") == make_report(content)


def test_shipped_schema_is_what_the_types_say():
    # After a change of the types: raise SCHEMA_VERSION if the last one was released, and run tools/report_schema.py.
    assert schema_text() == json.dumps(report_schema(), indent=2) + "\n"
    Draft202012Validator.check_schema(report_schema())


def test_report_holds_what_every_export_has_to_carry(tmp_path):
    write_report_json(tmp_path / "report.json", content_of(ice_cream((1.0, 1.0, 1.0)), **FULL))
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert data["notice"] == NOTICE
    assert data["schema_version"] == 1
    assert data["status"] == "reviewed"
    assert data["model"]["weights_sha256"] == "ab" * 32
    assert len(data["source"]["series"]["sha256"]) == 64
    assert data["warnings"] == ["Beware."]
    assert data["segmentation"]["algorithm_type"] == "SEMIAUTOMATIC"
    assert [m["id"] for m in data["measurements"] if not m["valid"]] == [
        "fundus_gap", "vol_cochlea_right", "vol_cochlea_left", "gap_cochlea",
    ]  # fmt: skip
    override = next(m["manual_override"] for m in data["measurements"] if m["id"] == "em_max_axial")
    assert override["value"] == 15.1


def _unknown_key(data):
    data["measurements"][0]["color"] = "red"


def _other_version(data):
    data["schema_version"] = 2


def _not_a_number(data):
    data["measurements"][0]["value"] = float("nan")


def _wrong_status(data):
    data["status"] = "signed"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_unknown_key, r"report.measurements\[0\] has unknown keys"),
        (_other_version, "schema version 1 is needed, got 2"),
        (_not_a_number, "with finite numbers"),
        (_wrong_status, "report.status must be one of 'draft', 'reviewed'"),
    ],
)
def test_report_that_does_not_fit_is_refused(tmp_path, damage, told):
    path = tmp_path / "report.json"
    write_report_json(path, content_of(ice_cream((1.0, 1.0, 1.0))))
    data = json.loads(path.read_text(encoding="utf-8"))
    damage(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputRefusedError, match=told):
        read_report_json(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "not JSON", "\xff"])
def test_file_that_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputRefusedError, match=r"report\.json|without one"):
        read_report_json(path)
