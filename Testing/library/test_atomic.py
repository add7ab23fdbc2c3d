from pathlib import Path

import pytest

from VSSegmentationLib.atomic import write_atomically, write_text_atomically


def test_a_file_is_written_whole_in_utf8_and_nothing_lies_beside_it(tmp_path):
    write_text_atomically(tmp_path / "note.txt", "5 µm\n")
    assert (tmp_path / "note.txt").read_bytes() == "5 µm\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_writing_that_fails_leaves_the_former_file_and_no_other(tmp_path):
    target = tmp_path / "weights.pt"
    target.write_bytes(b"former")

    def half(file):
        file.write(b"half of it")
        msg = "the disk is full"
        raise OSError(msg)

    with pytest.raises(OSError, match="full"):
        write_atomically(target, half)
    assert target.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_kill_left_behind_is_written_over(tmp_path):
    kept = []
    write_atomically(tmp_path / "c.pt", lambda file: kept.append(file.name))
    Path(kept[0]).write_bytes(b"half of a file that a kill left")
    write_atomically(tmp_path / "c.pt", lambda file: file.write(b"whole"))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("c.pt", b"whole")]


def test_the_new_file_appears_only_once_it_is_complete(tmp_path):
    target = tmp_path / "card.json"
    seen = []
    write_atomically(target, lambda file: (file.write(b"new"), seen.append(target.exists())))
    assert seen == [False]
    assert target.read_bytes() == b"new"
