"""Examinations in a tree of files: whose they are, and what tells two apart."""

import datetime as dt

import pytest

from Testing.support.dicom_files import CT, SeriesSpec, voxels, write_series
from VSSegmentationLib.imageio import Modality
from VSSegmentationLib.imageio.dicom.identifiers import Identifiers
from VSSegmentationLib.imageio.dicom.studies import FoundStudy, studies_below


@pytest.mark.parametrize(
    ("owner", "key"),
    [
        ({"patient_id": "77", "patient_name": "Doe Jane", "birth_date": "19700102"}, "77"),
        ({"patient_name": "Doe Jane", "birth_date": "19700102"}, "Doe Jane 19700102"),
        ({"patient_name": "Doe Jane"}, "Doe Jane"),
        ({}, ""),
    ],
)
def test_a_patient_is_told_by_an_identifier_else_by_name_and_birth_date(owner, key):
    assert FoundStudy(owner=Identifiers(**owner), series=()).patient_key == key


@pytest.mark.parametrize(
    ("stated", "date"), [("20240131", dt.date(2024, 1, 31)), ("", None), ("20240231", None), ("soon", None)]
)
def test_a_date_that_is_none_is_not_told(stated, date):
    assert FoundStudy(owner=Identifiers(study_date=stated), series=()).date == date


def test_series_of_one_study_are_together_and_those_of_others_apart(tmp_path):
    def series(folder, number, study, patient="1", **more):
        spec = SeriesSpec(series_number=number, patient_id=patient, tags={"StudyInstanceUID": study}, **more)
        write_series(tmp_path / folder, voxels(), spec)

    series("a/one", 1, "1.2.3")
    series("a/two", 2, "1.2.3", sop_class=CT, modality="CT")
    series("b", 1, "1.2.4")
    series("c", 1, "1.2.3", patient="2")
    first, second, third = studies_below(tmp_path)
    assert [(each.modality, each.reason == "") for each in first.series] == [(Modality.T2, True), (Modality.T2, False)]
    assert [len(each.series) for each in (first, second, third)] == [2, 1, 1]
    assert [each.owner.study_uid for each in (first, second, third)] == ["1.2.3", "1.2.4", "1.2.3"]
    assert [each.owner.patient_id for each in (first, second, third)] == ["1", "1", "2"]
    assert sorted(first.series[0].files) == sorted((tmp_path / "a" / "one").iterdir())


def test_without_an_identifier_of_the_study_its_folder_stands_for_it(tmp_path):
    for folder in ("a", "b"):
        for number in (1, 2):
            write_series(tmp_path / folder, voxels(), SeriesSpec(series_number=number, file_name=f"{number}_{{}}.dcm"))
    assert [len(study.series) for study in studies_below(tmp_path)] == [2, 2]
