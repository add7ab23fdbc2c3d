import json

import numpy as np
import pytest

from Testing.support.dicom_files import SeriesSpec, voxels, write_series
from Testing.support.phantoms import ice_cream
from Testing.support.reports import CHECKED, Page, content_of
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.reporting import (
    ReportChoices,
    make_report,
    report_html,
    with_choices,
    write_measurements_csv,
    write_report_json,
    write_study_csv,
)
from VSSegmentationLib.volume import Volume

IDENTITY = {"PatientBirthDate": "19010203", "InstitutionName": "PLANTED HOSPITAL", "StudyDate": "20260301"}


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    write_series(folder, voxels(), SeriesSpec(patient="PLANTED^MARKER", patient_id="PLANTED-77", tags=IDENTITY))
    return read_scan(folder)


def found_in(volume: Volume):
    """A tumor in the middle of a scan."""
    array = np.zeros(volume.shape, np.uint8)
    array[4:8, 6:12, 5:8], array[4:8, 6:12, 8:11] = 1, 2
    labelmap = volume.with_array(array)
    return content_of(labelmap, image=volume, measurements=measure(labelmap))


def written(content, folder) -> str:
    write_report_json(folder / "report.json", content)
    write_study_csv(folder / "study.csv", content)
    write_measurements_csv(folder / "measurements.csv", content)
    (folder / "report.html").write_text(report_html(content), encoding="utf-8")
    return " ".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()))


def test_policy_case_and_review_of_the_user_arrive_in_the_report():
    choices = ReportChoices(policy="Kanzaki", case="P07", review=CHECKED)
    report = make_report(with_choices(content_of(ice_cream((1.0, 1.0, 1.0))), choices, None))
    assert (report.headline.policy, report.case, report.status) == ("Kanzaki", "P07", "reviewed")


def test_unknown_policy_is_refused():
    with pytest.raises(ConfigError, match="must be one of Kanzaki, KCL 2023"):
        with_choices(content_of(ice_cream((1.0, 1.0, 1.0))), ReportChoices(policy="Koos"), None)


def test_by_default_nothing_identifies_the_patient(scan, tmp_path):
    text = written(with_choices(found_in(scan.volume), ReportChoices(), scan), tmp_path)
    for identity in ("PLANTED", "MARKER", "19010203", "20260301", scan.series_uid):
        assert identity not in text


def test_identifiers_are_written_on_request_only_and_on_one_line(scan, tmp_path):
    content = with_choices(found_in(scan.volume), ReportChoices(with_identifiers=True), scan)
    written(content, tmp_path)
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["identifiers"]
    assert told["patient_name"] == "PLANTED MARKER"
    assert told["patient_id"] == "PLANTED-77"
    assert (told["birth_date"], told["study_date"]) == ("19010203", "20260301")
    assert told["series_uid"] == scan.series_uid
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert "Patient: PLANTED MARKER; Patient ID: PLANTED-77" in text


def test_identifiers_of_a_scan_without_any_are_refused():
    with pytest.raises(UsageError, match="needs a scan from a DICOM folder"):
        with_choices(content_of(ice_cream((1.0, 1.0, 1.0))), ReportChoices(with_identifiers=True), None)


def test_one_salt_gives_one_hash_of_a_series_and_none_gives_another_each_time(scan):
    def series(salt):
        return make_report(with_choices(found_in(scan.volume), ReportChoices(salt=salt), scan)).source.series

    assert series("secret") == series("secret")
    assert series(None) != series(None)
