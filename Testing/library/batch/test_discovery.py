"""What is found in folders, trees of DICOM, BIDS and manifests; each file here is a real one."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from Testing.support.dicom_files import SeriesSpec, voxels, write_series, write_strangers
from VSSegmentationLib.batch.cases import Case, Found, days_of
from VSSegmentationLib.batch.discovery import Naming, find_cases
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Modality, write_image
from VSSegmentationLib.volume import Volume

SHAPE = (30, 60, 60)
T2 = {"ScanningSequence": "SE", "EchoTime": "120", "RepetitionTime": "2000"}
CE_T1 = {"ScanningSequence": "SE", "EchoTime": "12", "RepetitionTime": "500", "ContrastBolusAgent": "gadolinium"}


def naming(*, from_names: bool = False, salt: str = "salt") -> Naming:
    numbers: dict[str, int] = {}
    return Naming(number_of=lambda key: numbers.setdefault(key, len(numbers) + 1), salt=salt, from_names=from_names)


def scan(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, Volume(np.zeros((4, 5, 6), np.float32), np.eye(4)))
    return path


def series(folder: Path, patient: str, study: str, date: str, tags: dict, number: int = 3, **names) -> list[Path]:
    told = {**tags, "StudyInstanceUID": study, "StudyDate": date}
    spec = SeriesSpec(
        patient=f"{patient}^Jane", patient_id=f"ID-{patient}", series_number=number, tags=told,
        spacing_dhw_mm=(1.5, 1.5, 1.5), thickness_mm=1.5, **names,
    )  # fmt: skip
    return write_series(folder, voxels(SHAPE), spec)


def test_scans_of_a_folder_are_cases_by_number_and_labelmaps_are_told_apart(tmp_path: Path):
    for name in ("b.nii.gz", "deep/a.nrrd", "c_seg.nii.gz", ".hidden.nii.gz"):
        scan(tmp_path / name)
    (tmp_path / "b.json").write_text("{}", encoding="utf-8")
    (tmp_path / "letter.txt").write_text("", encoding="utf-8")
    found = find_cases([str(tmp_path)], naming())
    assert [(case.name, case.key) for case in found.cases] == [
        ("case-00001", "b.nii.gz"),
        ("case-00002", "deep/a.nrrd"),
    ]
    assert found.cases[0].files == (tmp_path / "b.nii.gz", tmp_path / "b.json")
    assert [Path(each.place).name for each in found.refused] == ["c_seg.nii.gz"]


def test_cases_are_called_by_their_files_only_where_that_was_asked_for(tmp_path: Path):
    scan(tmp_path / "Doe Jane.nii.gz")
    (named,) = find_cases([str(tmp_path)], naming(from_names=True)).cases
    assert named.name == "Doe_Jane"
    (hidden,) = find_cases([str(tmp_path / "*.nii.gz")], naming()).cases
    assert hidden.name == "case-00001"
    assert "Doe" not in repr(hidden)


def test_each_examination_in_dicom_of_many_patients_is_a_case(tmp_path: Path):
    series(tmp_path / "x" / "1", "Doe", "1.2.1", "20230301", T2)
    series(tmp_path / "x" / "2", "Doe", "1.2.2", "20240406", T2)
    mixed = tmp_path / "mixed"
    series(mixed, "Roe", "1.2.3", "20220101", T2, file_name="R{:04d}")
    series(mixed, "Poe", "1.2.4", "20220101", T2, file_name="P{:04d}")
    write_strangers(mixed)
    found = find_cases([str(tmp_path)], naming())
    assert found.refused == ()
    assert len(found.cases) == 4
    patients = [case.patient for case in found.cases]
    assert len(set(patients)) == 3
    assert not any(name in text for text in patients for name in ("Doe", "Roe", "Poe", "ID-"))
    doe = max(set(patients), key=patients.count)
    days = days_of(found.cases)
    assert sorted(days[case.name] for case in found.cases if case.patient == doe) == [0, 402]
    assert all(len(case.files) == SHAPE[0] for case in found.cases)


def test_pseudonyms_hang_on_the_secret_of_the_study(tmp_path: Path):
    series(tmp_path, "Doe", "1.2.1", "20230301", T2)
    patients = [find_cases([str(tmp_path)], naming(salt=salt)).cases[0].patient for salt in ("a", "b", "a")]
    assert patients[0] == patients[2] != patients[1]


def test_of_two_weightings_one_has_to_be_preferred(tmp_path: Path):
    series(tmp_path / "t2", "Doe", "1.2.1", "20230301", T2)
    series(tmp_path / "t1", "Doe", "1.2.1", "20230301", CE_T1, number=4)
    (refused,) = find_cases([str(tmp_path)], naming()).refused
    assert refused.reason == "2 of its 2 series could be meant; say --prefer T2 or ceT1"
    for prefer, folder in ((Modality.T2, "t2"), (Modality.CE_T1, "t1")):
        (case,) = find_cases([str(tmp_path)], naming(), prefer).cases
        assert case.input.parent.name == folder


def test_an_examination_without_a_usable_series_is_refused_for_its_reason(tmp_path: Path):
    write_series(tmp_path, voxels((2, 20, 16)))
    (refused,) = find_cases([str(tmp_path)], naming()).refused
    assert "has only 2 slices" in refused.reason


def test_bids_names_cases_patients_weightings_and_dates(tmp_path: Path):
    (tmp_path / "dataset_description.json").write_text("{}", encoding="utf-8")
    scan(tmp_path / "sub-01" / "ses-a" / "anat" / "sub-01_ses-a_T2w.nii.gz")
    scan(tmp_path / "sub-01" / "ses-b" / "anat" / "sub-01_ses-b_ce-gad_T1w.nii.gz")
    scan(tmp_path / "sub-02" / "anat" / "sub-02_T1w.nii.gz")
    scan(tmp_path / "sub-03" / "anat" / "sub-03_T2w.nii.gz")
    scan(tmp_path / "sub-03" / "anat" / "sub-03_ce-gad_T1w.nii.gz")
    table = "filename\tacq_time\nanat/sub-01_ses-a_T2w.nii.gz\t2023-03-01T10:00:00\n"
    (tmp_path / "sub-01" / "ses-a" / "sub-01_ses-a_scans.tsv").write_text(table, encoding="utf-8")
    found = find_cases([str(tmp_path)], naming())
    assert [(c.name, c.patient, c.modality, c.date) for c in found.cases] == [
        ("sub-01_ses-a", "sub-01", Modality.T2, dt.date(2023, 3, 1)),
        ("sub-01_ses-b", "sub-01", Modality.CE_T1, None),
        ("sub-02", "sub-02", Modality.UNKNOWN, None),  # a T1 that does not say whether with contrast agent
    ]
    assert [(r.name, r.reason.partition(";")[0]) for r in found.refused] == [
        ("sub-03", "2 of its scans could be meant")
    ]
    preferred = find_cases([str(tmp_path)], naming(), Modality.T2).cases
    assert [c.name for c in preferred if c.name == "sub-03"] == ["sub-03"]


def manifest(folder: Path, text: str, name: str = "cohort.csv") -> str:
    scan(folder / "a.nii.gz")
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_a_manifest_tells_everything_about_its_cases(tmp_path: Path):
    path = manifest(
        tmp_path,
        "case\tpatient\tdate\timage\tmodality\tside\tprevious\timage:flair\n"
        "one\tP1\t2023-03-01\ta.nii.gz\tT2\tleft\t\ta.nii.gz\n"
        "two\tP1\t2024-04-06\ta.nii.gz\t\t\tone\t\n",
        "cohort.tsv",
    )
    one, two = find_cases([path], naming()).cases
    assert (one.name, one.patient, one.modality, one.side) == ("one", "P1", Modality.T2, "left")
    assert one.further_inputs == (("flair", tmp_path / "a.nii.gz"),)
    assert two.previous is None  # another row, with which it is compared afterwards
    assert days_of((one, two)) == {"one": 0, "two": 402}


def test_a_file_that_is_not_there_refuses_its_row_alone(tmp_path: Path):
    found = find_cases([manifest(tmp_path, "case,image\none,a.nii.gz\ntwo,Doe_Jane.nii.gz\n")], naming())
    assert [case.name for case in found.cases] == ["one"]
    assert [(each.name, "Doe" in each.reason) for each in found.refused] == [("two", False)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("case,picture\nDoe,a.nii.gz\n", "lacks 1 and has 1 others"),
        ("case,image\n", "has no rows"),
        ("case,image\nDoe,a.nii.gz\nDoe,a.nii.gz\n", "row 3 of the manifest: its case was named before"),
        ("case,image\n../Doe,a.nii.gz\n", "row 2 of the manifest: the name of a case is made of"),
        ("case,image,date\nDoe,a.nii.gz,1.3.2023\n", "row 2 of the manifest: a date is YYYY-MM-DD"),
        ("case,image,modality\nDoe,a.nii.gz,flair\n", "row 2 of the manifest: modality is one of"),
        ("case,image\nDoe\n", "as many cells in each row"),
        ("case,image,previous,patient\nDoe,a.nii.gz,,P\nEx,a.nii.gz,Doe,Q\n", "don't say the same patient"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_by_its_row_without_repeating_it(
    tmp_path: Path, text: str, sentence: str
):
    with pytest.raises(UsageError, match=sentence) as refusal:
        find_cases([manifest(tmp_path, text)], naming())
    assert "Doe" not in str(refusal.value)


@pytest.mark.parametrize("column", ["image", "labels", "previous"])
def test_a_path_that_no_file_system_takes_refuses_its_case_and_no_other(tmp_path: Path, column: str):
    head = ["case", *dict.fromkeys(("image", column))]
    rows = [["long", "a.nii.gz", "9" * 400], ["sound", "a.nii.gz", ""]] if len(head) == 3 else [["long", "9" * 400]]
    rows += [] if len(head) == 3 else [["sound", "a.nii.gz"]]
    found = find_cases([manifest(tmp_path, "\n".join(",".join(row) for row in [head, *rows]))], naming())
    assert [case.name for case in found.cases] == ["sound"]
    (refused,) = found.refused
    assert refused.name == "long"
    assert "can't be looked at (File name too long)" in refused.reason


def test_a_row_of_a_data_set_without_a_time_costs_no_scan(tmp_path: Path):
    (tmp_path / "dataset_description.json").write_text("{}", encoding="utf-8")
    scan(tmp_path / "sub-01" / "anat" / "sub-01_T2w.nii.gz")
    (tmp_path / "sub-01" / "sub-01_scans.tsv").write_text("filename\tacq_time\nanat/sub-01_T2w.nii.gz\n")
    (case,) = find_cases([str(tmp_path)], naming()).cases
    assert case.date is None


def test_nothing_to_find_is_said(tmp_path: Path):
    with pytest.raises(UsageError, match="nothing was found that could be a case"):
        find_cases([str(tmp_path)], naming())
    with pytest.raises(UsageError, match="no file fits the pattern"):
        find_cases([str(tmp_path / "*.nii.gz")], naming())


def test_examinations_without_a_common_count_of_days_have_none():
    def case(name: str, **more) -> Case:
        return Case(name=name, key=name, input=Path(), files=(), patient="P", **more)

    assert days_of((case("a", date=dt.date(2023, 1, 1)), case("b"))) == {}
    assert days_of((case("a", day=30), case("b", day=400))) == {"a": 0, "b": 370}
    assert days_of((case("a", day=30), case("b", date=dt.date(2022, 1, 1)))) == {}
    assert json.dumps(days_of(Found().cases)) == "{}"
