"""What stops a training command is told in one sentence, with the exit code that the guide says."""

import sys
from pathlib import Path

import pytest

from Training.ending import exit_code_of
from Training.synthesis.__main__ import main
from VSSegmentationLib.errors import InputRefusedError


def fill_the_disk():
    with Path("/dev/full").open("w") as file:
        file.write("x")


def refuse():
    msg = "It is no recipe"
    raise InputRefusedError(msg)


def stop():
    raise KeyboardInterrupt


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is of Linux")
def test_a_full_disk_is_told_with_what_is_left(capsys):
    assert exit_code_of(fill_the_disk) == 2
    assert capsys.readouterr().err == (
        "error: the disk is full; what was finished before is kept: make room, or choose a folder on another disk\n"
    )


@pytest.mark.parametrize(
    ("work", "code", "said"),
    [
        (refuse, 3, "error: It is no recipe\n"),
        (stop, 130, "error: stopped; what was finished before is kept\n"),
        (lambda: None, 0, ""),
    ],
)
def test_every_end_has_its_code(capsys, work, code, said):
    assert exit_code_of(work) == code
    assert capsys.readouterr().err == said


def test_what_nobody_expects_is_raised_on():
    with pytest.raises(LookupError):
        exit_code_of(lambda: {}["absent"])


def test_a_folder_that_cannot_be_made_is_told_without_its_path(tmp_path, capsys):
    (tmp_path / "Doe_Jane").write_text("a file")
    (tmp_path / "head.nii.gz").write_text("")
    words = ("pool", tmp_path / "head.nii.gz", "--out", tmp_path / "Doe_Jane" / "pool", "--count", "1", "--seed", "1")
    assert main([*map(str, words)]) in (2, 3)
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "Doe_Jane" not in said
