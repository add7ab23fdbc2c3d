import os
from pathlib import Path

import pytest

from VSSegmentationLib.cohort.matching import check_complete, match
from VSSegmentationLib.csv_rows import spelled
from VSSegmentationLib.errors import InputRefusedError, UsageError


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    found, wanted = tmp_path / "found", tmp_path / "wanted"
    found.mkdir()
    wanted.mkdir()
    return found, wanted


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.touch()


def matched(folders) -> list[tuple[int, str, str | None, str]]:
    found, wanted = folders
    return [
        (p.number, p.name, p.prediction and p.prediction.relative_to(found).as_posix(), p.reference.name)
        for p in match(found, wanted).pairs
    ]


def test_cases_are_matched_by_name_and_numbered_in_alphabetical_order(folders):
    put(folders[0], "b.nii.gz", "a.seg.nrrd")
    put(folders[1], "a.mha", "b.nii", "C.nrrd")
    put(folders[0], "C.nrrd")
    assert matched(folders) == [
        (1, "a", "a.seg.nrrd", "a.mha"),
        (2, "b", "b.nii.gz", "b.nii"),
        (3, "C", "C.nrrd", "C.nrrd"),
    ]


@pytest.mark.parametrize("role", ["_seg", "_Label", "_labels", "_mask", "_truth", "-gt", "_pred", "_Prediction", ""])
def test_one_closing_word_for_the_role_is_no_part_of_the_name(folders, role):
    put(folders[0], "crossmoda2023_ldn_7.nii.gz")
    put(folders[1], f"crossmoda2023_ldn_7{role}.nii.gz")
    assert [name for _, name, _, _ in matched(folders)] == ["crossmoda2023_ldn_7"]


def test_folders_that_segment_wrote_are_predictions(folders):
    put(folders[0], "case7/segmentation.seg.nrrd", "case7/segmentation.nii.gz", "case8/segmentation.nii.gz")
    put(folders[1], "case7.nii.gz", "case8.nii.gz")
    assert [p for _, _, p, _ in matched(folders)] == ["case7/segmentation.seg.nrrd", "case8/segmentation.nii.gz"]


def test_other_files_and_hidden_ones_are_no_labelmaps(folders):
    put(folders[0], "a.nii.gz", "notes.txt", ".a.nii.gz", "empty_folder/readme.txt")
    put(folders[1], "a.nii.gz")
    assert match(*folders).predictions_alone == ()


def test_capitals_count(folders):
    put(folders[0], "Case.nii.gz")
    put(folders[1], "case.nii.gz")
    assert match(*folders).pairs[0].prediction is None


def test_two_files_are_a_pair_whatever_they_are_called(folders):
    put(folders[0], "mine.nii.gz")
    put(folders[1], "expert_seg.nrrd")
    found = match(folders[0] / "mine.nii.gz", folders[1] / "expert_seg.nrrd")
    assert [(p.number, p.name) for p in found.pairs] == [(1, "expert")]


def test_what_is_left_over_is_refused_by_place_and_never_by_name(folders):
    put(folders[0], "a.nii.gz", "DOE_JANE.nii.gz")
    put(folders[1], "a.nii.gz", "ROE_RICHARD.nii.gz", "b.nii.gz")
    matching = match(*folders)
    assert matching.predictions_alone == ("DOE_JANE",)
    with pytest.raises(
        InputRefusedError, match=r"2 of 3 references have no prediction \(number 2, 3 by name\)"
    ) as refused:
        check_complete(matching)
    assert "1 of the predictions have no reference" in str(refused.value)
    assert "DOE" not in str(refused.value)
    assert "ROE" not in str(refused.value)


def test_nothing_left_over_is_complete(folders):
    put(folders[0], "a.nii.gz")
    put(folders[1], "a.nii.gz")
    check_complete(match(*folders))


def test_a_long_list_of_places_is_cut(folders):
    put(folders[0], "30.nii.gz")
    put(folders[1], *[f"{n:02}.nii.gz" for n in range(31)])
    with pytest.raises(InputRefusedError, match=r"19, 20 and 10 more by name\)"):
        check_complete(match(*folders))


def test_what_is_missing_may_be_left_out_or_counted_when_asked_for(folders):
    put(folders[0], "a.nii.gz")
    put(folders[1], "a.nii.gz", "b.nii.gz")
    check_complete(match(*folders), allow_missing=True)
    check_complete(match(*folders), missing_is_empty=True)


def test_a_prediction_without_a_reference_cannot_be_counted_as_anything(folders):
    put(folders[0], "a.nii.gz", "b.nii.gz")
    put(folders[1], "a.nii.gz")
    with pytest.raises(InputRefusedError, match="1 of the predictions have no reference"):
        check_complete(match(*folders), missing_is_empty=True)
    check_complete(match(*folders), allow_missing=True)


def test_folders_without_a_common_name_are_refused_whatever_is_allowed(folders):
    put(folders[0], "a.nii.gz")
    put(folders[1], "b.nii.gz")
    with pytest.raises(InputRefusedError, match="no prediction has the name of a reference"):
        check_complete(match(*folders), allow_missing=True, missing_is_empty=True)


def test_two_labelmaps_of_one_case_are_refused(folders):
    put(folders[0], "DOE.nii.gz", "DOE_seg.nii.gz")
    put(folders[1], "DOE.nii.gz")
    with pytest.raises(InputRefusedError, match="two of the predictions have the name of one case") as refused:
        match(*folders)
    assert "DOE" not in str(refused.value)


def test_paths_that_do_not_fit_are_refused(folders):
    found, wanted = folders
    put(found, "a.nii.gz")
    with pytest.raises(UsageError, match="no such file or folder"):
        match(found, wanted / "absent")
    with pytest.raises(UsageError, match="two files or two folders"):
        match(found / "a.nii.gz", wanted)
    with pytest.raises(UsageError, match="the folder of references holds no labelmap"):
        match(found, wanted)


def test_a_name_that_is_no_utf_8_is_a_case_whose_name_can_be_written(folders):
    """Names are bytes on POSIX: FC is an umlaut in Latin-1, and C3 BC the same one in UTF-8."""
    found, wanted = folders
    for name in (b"M\xfcller.nii.gz", b"M\xc3\xbcller.nii.gz"):
        for folder in (found, wanted):
            (folder / os.fsdecode(name)).touch()
    names = [pair.name for pair in match(found, wanted).pairs]
    assert {"M\ufffdller", "Müller"} <= set(names)
    (found / os.fsdecode(b"alone\xfc.nii.gz")).touch()
    assert "alone\ufffd" in match(found, wanted).predictions_alone
    assert spelled("M\udcc3\udcbcller") == "Müller"
