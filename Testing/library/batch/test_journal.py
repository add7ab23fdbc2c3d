"""A journal comes back as it was written; what is damaged in it is told before a case is run."""

import json
from pathlib import Path

import pytest

from VSSegmentationLib.batch.journal import FOLDER, Journal, Outcome
from VSSegmentationLib.errors import InputRefusedError, UsageError

DONE = Outcome(case="a", status="done", result={"side": None, "values": {"vol_total": 1.5}, "ended_at": 7})
COMPARED = Outcome(case="p", status="done", result={"days": [0, 365], "volumes_cm3": [1.0, None], "is_one_tumor": True})


def journal_of(study: Path) -> Path:
    journal = Journal(study)
    journal.number_of("key")
    journal.keep("case", DONE)
    journal.keep("comparison", COMPARED)
    journal.close()
    return study / FOLDER / "journal.jsonl"


def with_line(path: Path, change) -> None:
    """Change the line of the case."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def test_outcomes_numbers_and_salt_come_back(tmp_path: Path):
    journal_of(tmp_path)
    first = Journal(tmp_path)
    salt = first.salt
    first.close()
    again = Journal(tmp_path)
    assert (again.cases, again.comparisons, again.salt) == ({"a": DONE}, {"p": COMPARED}, salt)
    assert again.number_of("key") == 1
    assert again.number_of("another") == 2
    again.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[0].update(salt=7),
        lambda lines: lines[1].update(number="one"),
        lambda lines: lines[1].pop("key"),
        lambda lines: lines[2]["case"].update(status="perhaps"),
        lambda lines: lines[2]["case"].update(seconds="long"),
        lambda lines: lines[2]["case"].pop("case"),
        lambda lines: lines[2]["case"].update(result=["x"]),
        lambda lines: lines[2]["case"]["result"].update(values=["x"]),
        lambda lines: lines[2]["case"]["result"].update(values={"vol_total": "much"}),
        lambda lines: lines[2]["case"]["result"].update(warnings="x"),
        lambda lines: lines[3]["comparison"]["result"].update(days=0),
        lambda lines: lines[3]["comparison"]["result"].update(percent_since_previous="x"),
        lambda lines: lines.append(7),
    ],
)
def test_a_line_of_other_types_is_refused_and_others_may_have_the_folder(tmp_path: Path, change):
    path = journal_of(tmp_path)
    with_line(path, change)
    for _ in range(2):  # the first try must not leave the folder to itself
        with pytest.raises(InputRefusedError, match="the journal of this study folder is damaged"):
            Journal(tmp_path)


@pytest.mark.parametrize("line", [b"[" * 50_000, b"\xff\xfe", b'{"salt": NaN}', b"{"])
def test_a_line_that_is_no_json_is_refused(tmp_path: Path, line: bytes):
    path = journal_of(tmp_path)
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(InputRefusedError, match="the journal of this study folder is damaged"):
        Journal(tmp_path)


def test_a_name_that_is_no_utf_8_is_known_again(tmp_path: Path):
    journal_of(tmp_path)
    for _ in range(2):
        journal = Journal(tmp_path)
        assert journal.number_of("M\udcfcller.nii.gz") == 2
        journal.close()


def test_a_line_that_a_kill_cut_off_costs_that_case_alone(tmp_path: Path):
    path = journal_of(tmp_path)
    path.write_bytes(path.read_bytes() + b'{"case": {"case": "b", "sta')
    journal = Journal(tmp_path)
    assert set(journal.cases) == {"a"}
    journal.close()
    assert path.read_bytes().endswith(b"\n")


def test_two_runs_cannot_have_one_folder_and_a_lock_of_no_text_is_one(tmp_path: Path):
    journal = Journal(tmp_path)
    with pytest.raises(UsageError, match="another batch is at work"):
        Journal(tmp_path)
    journal.close()
    (tmp_path / FOLDER / "running").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="another batch is at work"):
        Journal(tmp_path)
