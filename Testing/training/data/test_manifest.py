from dataclasses import replace
from pathlib import Path

import pytest

from Training.data import Entry, LeftOut, Manifest, read_manifest, write_manifest
from VSSegmentationLib.errors import InputRefusedError, UsageError


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "collection").mkdir()
    (tmp_path / "out").mkdir()
    for name in ("collection/a.nii.gz", "collection/b.nii.gz", "out/a_seg.nii.gz"):
        (tmp_path / name).touch()
    labeled = Entry(
        case="a, the first", patient="p1", date="2001-02-03", modality="T2", split="test",
        image=tmp_path / "collection" / "a.nii.gz", labels=tmp_path / "out" / "a_seg.nii.gz",
    )  # fmt: skip
    plain = Entry(case="b", patient="p2", modality="ceT1", image=tmp_path / "collection" / "b.nii.gz")
    return Manifest((labeled, plain), (LeftOut(case="c", reason='no labels, "none"'),))


def test_what_is_written_is_read_again(manifest: Manifest, tmp_path: Path):
    assert read_manifest(write_manifest(manifest, tmp_path / "out")) == manifest
    assert read_manifest(tmp_path / "out") == manifest


def test_further_images_of_a_row_have_a_column_each(manifest: Manifest, tmp_path: Path):
    first, second = manifest.entries
    path = tmp_path / "collection" / "b.nii.gz"
    rows = replace(first, others=(("FLAIR", path), ("ceT1", path))), replace(second, others=(("T1", path),))
    file = write_manifest(Manifest(rows), tmp_path / "out")
    assert file.read_text(encoding="utf-8").splitlines()[0].endswith(",label_set,split,FLAIR,ceT1,T1")
    assert read_manifest(file).entries == rows
    assert list(read_manifest(file).entries[0].images) == ["T2", "FLAIR", "ceT1"]


def test_paths_hold_after_both_folders_have_moved_together(manifest: Manifest, tmp_path: Path):
    write_manifest(manifest, tmp_path / "out")
    (tmp_path / "elsewhere").mkdir()
    for name in ("collection", "out"):
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)
    moved = read_manifest(tmp_path / "elsewhere" / "out").entries[0]
    assert moved.image == tmp_path / "elsewhere" / "collection" / "a.nii.gz"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda text: text.replace("patient", "person"), "must have the columns case, patient"),
        (lambda text: text.replace(",p2,", ",,"), "line 3 of the manifest has no patient"),
        (lambda text: text.replace("VS,test", "XX,test"), "VS or BraTS as its label_set, got 'XX'"),
        (lambda text: text.replace("b.nii.gz", "gone.nii.gz"), "line 3 of the manifest names a file for image that"),
        (
            lambda text: text + text.splitlines()[2] + "\n",
            "line 4 of the manifest has the ceT1 image of a case",
        ),
        (lambda text: text.replace("split\n", "split,T1,T1\n"), "has a column twice"),
        (
            lambda text: (
                text.replace("split\n", "split,T1\n").replace("test\n", "test,\n").replace("VS,\n", "VS,,gone\n")
            ),
            "line 3 of the manifest names a file for T1 that is not there",
        ),
        (lambda text: text + "one,two\n", "line 4 of manifest.csv has another number of columns"),
    ],
)
def test_a_manifest_that_was_spoiled_is_refused_with_the_line(manifest: Manifest, tmp_path: Path, change, match: str):
    path = write_manifest(manifest, tmp_path / "out")
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputRefusedError, match=match):
        read_manifest(path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path):
    (tmp_path / "manifest.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputRefusedError, match="is no table in UTF-8"):
        read_manifest(tmp_path)
    with pytest.raises(UsageError, match="make one with"):
        read_manifest(tmp_path / "nothing")


def test_a_split_without_cases_says_which_there_are(manifest: Manifest):
    assert [entry.case for entry in manifest.of_split("test")] == ["a, the first"]
    with pytest.raises(UsageError, match="no case of the split 'training'; it has test"):
        manifest.of_split("training")
    with pytest.raises(UsageError, match="not split yet"):
        Manifest(manifest.entries[1:]).of_split("training")


def test_no_cell_runs_in_a_spreadsheet_and_all_are_read_as_they_were(tmp_path: Path):
    (tmp_path / "=a.nii.gz").touch()
    entry = Entry(case="=HYPERLINK(1)", patient="@p", modality="T2", image=tmp_path / "=a.nii.gz", date="-3")
    odd = Manifest((entry,), (LeftOut(case="+c", reason="=1+1"), LeftOut(case="'quoted", reason="'")))
    file = write_manifest(odd, tmp_path)
    for text in (file.read_text(encoding="utf-8"), (tmp_path / "left_out.csv").read_text(encoding="utf-8")):
        cells = [cell for line in text.splitlines() for cell in line.split(",")]
        assert not [cell for cell in cells if len(cell) > 1 and cell[0] in "=+-@"]
    assert read_manifest(file) == odd


def test_a_name_that_no_file_can_have_is_a_file_that_is_not_there(manifest: Manifest, tmp_path: Path):
    path = write_manifest(manifest, tmp_path)
    path.write_text(path.read_text().replace("a.nii.gz", "1" * 5000, 1))
    with pytest.raises(InputRefusedError, match="names a file for image that is not there"):
        read_manifest(path)


def test_a_data_set_with_names_that_no_manifest_can_hold_is_refused(manifest: Manifest, tmp_path: Path):
    odd = Manifest((replace(manifest.entries[0], image=tmp_path / "M\udcfcller.nii.gz"),))
    with pytest.raises(InputRefusedError, match="is no UTF-8, in which a manifest is written; rename it"):
        write_manifest(odd, tmp_path)
