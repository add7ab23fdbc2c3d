"""`python -m Training data`, as a newcomer types it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from Testing.training.data.conftest import head, labels
from Training.__main__ import main
from Training.data import read_manifest


@pytest.fixture
def collection(write, tmp_path: Path) -> Path:
    for number in range(1, 6):
        write(f"crossmoda_{number}_ceT1.nii.gz", head(number))
        write(f"crossmoda_{number}_Label.nii.gz", labels(1, 2) if number < 5 else labels(2))
    return tmp_path / "in"


def test_import_split_and_check_lead_from_a_folder_to_a_picture(collection: Path, tmp_path: Path, capsys):
    out = tmp_path / "out"
    assert main(["data", "import", "crossmoda", str(collection), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "4 images (4 ceT1) of 4 patients; 1 left out" in said
    assert "left out: crossmoda_5: ceT1: the labels hold no tumor" in said

    assert main(["data", "split", str(out), "--shares", "0.5", "0.25", "0.25", "--seed", "1"]) == 0
    assert "training    2 patients, 2 images" in capsys.readouterr().out
    before = [entry.split for entry in read_manifest(out).entries]
    assert sorted(before) == ["test", "training", "training", "validation"]

    assert main(["data", "check", str(out), "--out", str(out / "sheet.png")]) == 0
    picture = np.asarray(Image.open(out / "sheet.png").convert("RGB")).astype(int)
    assert picture.shape[1] > 2 * picture.shape[0]  # four tiles in a row
    assert ((picture[..., 0] - picture[..., 2]) > 100).any()  # outlines in the color of the tumor


def test_an_import_of_nothing_is_an_error_that_leaves_the_reasons_and_no_manifest(write, tmp_path: Path, capsys):
    write("crossmoda_1_ceT1.nii.gz", head())
    write("crossmoda_1_Label.nii.gz", labels(2))
    out = tmp_path / "out"
    assert main(["data", "import", "crossmoda", str(tmp_path / "in"), "--out", str(out)]) != 0
    told = capsys.readouterr()
    assert "no image could be taken in; the reasons stand above and in left_out.csv" in told.err
    assert "left out: crossmoda_1: ceT1: the labels hold no tumor" in told.out
    assert [file.name for file in out.iterdir()] == ["left_out.csv"]
    write("crossmoda_1_Label.nii.gz", labels(1))
    assert main(["data", "import", "crossmoda", str(tmp_path / "in"), "--out", str(out)]) == 0


def test_bids_without_a_table_names_the_option(write, tmp_path: Path, capsys):
    write("sub-1/anat/sub-1_T2w.nii.gz", head())
    write("derivatives/manual/sub-1_dseg.nii.gz", labels(1))
    command = ["data", "import", "bids", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    assert main(command) == 2
    assert "say it with --labels, such as --labels 1=tumor" in capsys.readouterr().err
    assert main([*command, "--labels", "1=tumor"]) == 0


def test_a_table_fixes_the_splits_and_again_forgets_them(collection: Path, tmp_path: Path, capsys):
    out = tmp_path / "out"
    main(["data", "import", "crossmoda", str(collection), "--out", str(out)])
    table = tmp_path / "splits.csv"
    table.write_text("patient,split\n" + "".join(f"crossmoda_{n},test\n" for n in range(1, 5)), encoding="utf-8")
    assert main(["data", "split", str(out), "--file", str(table)]) == 0
    assert {entry.split for entry in read_manifest(out).entries} == {"test"}
    assert main(["data", "split", str(out), "--shares", "1", "0", "0", "--again"]) == 0
    assert {entry.split for entry in read_manifest(out).entries} == {"training"}
    capsys.readouterr()
    table.write_text("person\n1\n", encoding="utf-8")
    assert main(["data", "split", str(out), "--file", str(table)]) == 2
    assert "columns patient and split" in capsys.readouterr().err


@pytest.mark.parametrize("action", [[], ["import"], ["split"], ["check"]])
def test_help_is_there_for_every_action(action, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["data", *action, "--help"])
    assert ended.value.code == 0
    assert "usage: python -m Training data" in capsys.readouterr().out
