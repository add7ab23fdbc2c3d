"""Fields, case, days, date and the previous examination, as they are typed."""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from Testing.support.command import Done, in_this_process
from Testing.support.dicom_results import divided_tumor, left_spec, write_scan
from Testing.support.phantoms import ice_cream
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.labels import Label
from VSSegmentationLib.reporting import read_report_json
from VSSegmentationLib.reporting.report.entering import field_names


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two masks, the second larger outside the canal, their scans, and a DICOM series with its mask."""
    folder = tmp_path_factory.mktemp("given")
    first = ice_cream((1.5, 0.5, 0.5))
    grown = binary_dilation(first.array == Label.EXTRAMEATAL, iterations=2) & (first.array == 0)
    larger = np.where(grown, np.uint8(Label.EXTRAMEATAL), first.array)
    for name, mask in (("old", first), ("new", first.with_array(larger))):
        noise = np.random.default_rng(0).normal(100, 20, mask.shape).astype(np.float32)
        write_image(folder / f"{name}.nii.gz", mask)
        write_image(folder / f"{name}_scan.nii.gz", mask.with_array(noise))
    scan = write_scan(folder / "dicom", left_spec(tags={"StudyDate": "20260301"}))
    write_image(folder / "of_dicom.nii.gz", divided_tumor(scan))
    return folder


def measure(given: Path, out: Path, *words: object, mask: str = "new", image: str = "") -> Done:
    image = image or f"{mask}_scan.nii.gz"
    return in_this_process("measure", given / f"{mask}.nii.gz", "--image", given / image, "--out", out, *words)


def report(out: Path):
    return read_report_json(out / "report.json")


def test_fields_stand_in_the_report_as_they_were_typed(given: Path, tmp_path: Path):
    words = ("--field", "koos=II", "--field", "comment=seen = twice", "--field", "prior_treatment=radiosurgery,400")
    done = measure(given, tmp_path / "out", *words, "--field", "decision=wait")
    assert done.code == 0, done.err
    filled = report(tmp_path / "out").user_fields
    assert (filled.koos, filled.comment, filled.decision) == ("II", "seen = twice", "wait")
    (treated,) = filled.prior_treatment
    assert (treated.kind, treated.days_before) == ("radiosurgery", 400)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "seen = twice" in page
    assert "radiosurgery, 400 days before this examination" in page


def test_a_surgery_makes_the_whole_tumor_lead(given: Path, tmp_path: Path):
    measure(given, tmp_path / "out", "--field", "prior_treatment=surgery")
    assert report(tmp_path / "out").headline.measurement_id == "whole_max_axial"


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (["cause=PRIVATE_WORD"], ", ".join(field_names())),
        (["koos=PRIVATE_WORD"], "one of I, II, III, IV"),
        (["koos=II", "koos=III"], "given twice"),
        (["prior_treatment=PRIVATE_WORD"], "radiosurgery or surgery"),
        (["prior_treatment=surgery,soon"], "radiosurgery or surgery"),
        (["PRIVATE_WORD"], "NAME=VALUE"),
        (["comment="], "NAME=VALUE"),
    ],
)
def test_a_field_or_value_that_is_not_known_ends_with_2_and_the_list(given, tmp_path, entries, told):
    done = measure(given, tmp_path / "out", *(word for each in entries for word in ("--field", each)))
    assert done.code == 2
    assert told in done.err
    assert "PRIVATE_WORD" not in done.err
    assert not (tmp_path / "out").exists()


def study_rows(out: Path) -> list[dict[str, str]]:
    with (out / "study.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_study_table_names_every_case_and_has_a_column_for_each_grade(given: Path, tmp_path: Path):
    measure(given, tmp_path / "unnamed", "--field", "koos=IV", "--field", "comment=PRIVATE", "--days", "402")
    rows = study_rows(tmp_path / "unnamed")
    assert {(row["case"], row["koos"], row["samii"], row["days_from_baseline"]) for row in rows} == {
        ("case-1", "IV", "", "402")
    }
    assert "PRIVATE" not in (tmp_path / "unnamed" / "study.csv").read_text(encoding="utf-8")
    assert report(tmp_path / "unnamed").case == ""
    measure(given, tmp_path / "named", "--case", "P07")
    assert {row["case"] for row in study_rows(tmp_path / "named")} == {"P07"}


def test_the_name_of_the_file_is_the_case_only_where_that_was_asked_for(given: Path, tmp_path: Path):
    measure(given, tmp_path / "asked", "--case-from-name")
    assert report(tmp_path / "asked").case == "new_scan"
    measure(given, tmp_path / "not_asked")
    texts = [path.read_bytes() for path in (tmp_path / "not_asked").iterdir()]
    assert not any(b"new_scan" in text for text in texts)
    done = measure(given, tmp_path / "both", "--case-from-name", "--case", "P07")
    assert done.code == 2


@pytest.fixture(scope="module")
def old(given: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the earlier examination, of the case P07."""
    out = tmp_path_factory.mktemp("old") / "results"
    assert measure(given, out, "--case", "P07", mask="old").code == 0
    return out


def test_the_previous_examination_stands_beside_the_new_one(given: Path, old: Path, tmp_path: Path):
    done = measure(given, tmp_path / "out", "--previous", old, "--days", 365, "--case", "P07")
    assert done.code == 0, done.err
    now, then = report(tmp_path / "out"), report(old)
    assert now.days_from_baseline == 365
    change = next(c.change for c in now.comparisons if c.measurement_id == "vol_total")
    volumes = [each.measurement("vol_total").value for each in (then, now)]
    assert change.percent.value == pytest.approx(100 * (volumes[1] / volumes[0] - 1))
    assert change.days == 365
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    section = page[page.index("Change since earlier examinations") :]
    assert section.count("data:image/png") >= 2  # the piece of the earlier scan, and the new one
    assert "Examination 1, day 0" in section
    assert f"{volumes[0]:.3f} → {volumes[1]:.3f}" in section
    assert "365 days before" in done.out


def test_a_radiosurgery_between_the_two_gives_an_enlargement_its_wording(given: Path, old: Path, tmp_path: Path):
    words = ("--previous", old, "--days", 365, "--field", "prior_treatment=radiosurgery,200")
    measure(given, tmp_path / "out", *words)
    change = next(c.change for c in report(tmp_path / "out").comparisons if c.measurement_id == "vol_total")
    assert "transient enlargement" in change.wording


def test_days_are_those_between_two_dates_and_no_date_is_written(given: Path, old: Path, tmp_path: Path):
    words = ("--previous", old, "--date", "2026-11-29", "--previous-date", "2025-11-29")
    done = measure(given, tmp_path / "out", *words)
    assert report(tmp_path / "out").days_from_baseline == 365
    for path in (tmp_path / "out").glob("*.*"):
        assert not re.search(rb"2025-?11-?29|2026-?11-?29", path.read_bytes()) or path.suffix == ".gz", path.name
    assert "Reports hold a date only with --identify" in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give --days N, or --date and --previous-date"),
        (("--days", "-3"), "3 days after this one"),
        (("--date", "2025-01-01", "--previous-date", "2025-01-11"), "10 days after this one"),
        (("--days", "365", "--case", "OTHER"), "different case names"),
    ],
)
def test_a_previous_examination_that_cannot_be_one_is_refused(given, old, tmp_path, words, told):
    done = measure(given, tmp_path / "out", "--previous", old, *words)
    assert done.code == 2
    assert told in done.err
    assert not (tmp_path / "out").exists()


def test_another_case_is_compared_only_on_request(given: Path, old: Path, tmp_path: Path):
    words = ("--previous", old, "--days", "365", "--case", "OTHER", "--different-cases")
    assert measure(given, tmp_path / "out", *words).code == 0
    assert any("case names differ" in each for each in report(tmp_path / "out").warnings)


def test_what_is_about_a_previous_examination_needs_one(given: Path, tmp_path: Path):
    for words in (("--previous-date", "2025-01-01"), ("--different-cases",)):
        done = measure(given, tmp_path / "out", *words)
        assert done.code == 2
        assert "--previous names" in done.err


def test_a_date_is_written_with_identifiers_and_must_be_that_of_the_scan(given: Path, tmp_path: Path):
    of_dicom = {"mask": "of_dicom", "image": "dicom"}
    done = measure(given, tmp_path / "other", "--identify", "--date", "2026-03-02", **of_dicom)
    assert done.code == 2
    assert "not the study date" in done.err
    assert "2026" not in done.err
    assert measure(given, tmp_path / "same", "--identify", "--date", "2026-03-01", **of_dicom).code == 0
    assert report(tmp_path / "same").identifiers.study_date == "20260301"
    assert measure(given, tmp_path / "without", "--date", "2026-03-01", **of_dicom).code == 0
    assert "20260301" not in (tmp_path / "without" / "report.json").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "without" / "report.json").read_text(encoding="utf-8"))["identifiers"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--days", "9" * 5000), "at most six digits"),
        (("--days", "1.5"), "at most six digits"),
        (("--field", "prior_treatment=surgery," + "9" * 5000), "how many days before"),
        (("--values", "9" * 5000 + "=extrameatal"), "each value once"),
        (("--case", "M\udcfcller"), "encoding"),
    ],
)
def test_what_no_report_can_hold_is_told_before_the_work(given: Path, tmp_path: Path, words, told):
    done = measure(given, tmp_path / "out", *words)
    assert (done.code, told in done.err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_an_examination_a_hundred_years_after_the_previous_one_is_a_mistake(given: Path, old: Path, tmp_path: Path):
    for days, code in ((36_525, 0), (36_526, 2)):
        assert measure(given, tmp_path / str(days), "--previous", old, "--days", days).code == code


@pytest.mark.parametrize(
    "text", ['{"run": {"landmarks": 3}}', '{"run": {"organs": "all"}}', '{"run": {"looks": []}}', "[" * 100_000, "{"]
)
def test_a_damaged_provenance_of_the_previous_result_is_told(given: Path, old: Path, tmp_path: Path, text: str):
    damaged = shutil.copytree(old, tmp_path / "damaged")
    (damaged / "provenance.json").write_text(text, encoding="utf-8")
    done = measure(given, tmp_path / "out", "--previous", damaged, "--days", 400)
    assert (done.code, "provenance.json beside a result" in done.err) == (3, True)


def test_a_report_with_half_of_a_character_is_no_report(given: Path, old: Path, tmp_path: Path):
    damaged = shutil.copytree(old, tmp_path / "damaged")
    told = json.loads((damaged / "report.json").read_text(encoding="utf-8"))
    (damaged / "report.json").write_text(json.dumps(told | {"case": "\ud800"}), encoding="utf-8")
    assert measure(given, tmp_path / "out", "--previous", damaged, "--days", 400).code == 3
