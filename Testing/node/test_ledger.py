"""A ledger is read through when it is opened: damage ends the start of a node, not its work."""

import sqlite3

import pytest

from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.node.ledger import Ledger

SERIES = "insert into series (series, study, sender, series_uid, study_uid, status, changed, setup) values "


@pytest.fixture
def path(tmp_path):
    ledger = Ledger(tmp_path / "ledger.db")
    with ledger.change() as base:
        base.execute(f"{SERIES} ('a', 'b', 'pacs', '1.2', '1', 'queued', 1.5, 'x')")
        base.executemany("insert into images values ('a', ?)", [(f"1.2.{n}",) for n in range(400)])
    ledger.close()
    return tmp_path / "ledger.db"


def change(path, *statements):
    with sqlite3.connect(path) as base:
        for each in statements:
            base.execute(each)
    base.close()


def test_a_sound_ledger_is_opened_again(path):
    ledger = Ledger(path)
    assert [row.series for row in ledger.of_status("queued")] == ["a"]
    assert len(ledger.images("a")) == 400
    ledger.close()


@pytest.mark.parametrize(
    "statement",
    [
        "update series set status = 'lost'",
        "update series set changed = 'yesterday'",
        "update series set study = cast(x'ff' as text)",
        "update images set image = x'00ff' where image = '1.2.3'",
        "alter table series rename column sender to origin",
        "alter table series drop column reason",
    ],
)
def test_a_row_that_is_none_is_damage(path, statement):
    change(path, statement)
    with pytest.raises(InputRefusedError, match="ledger of the node is damaged"):
        Ledger(path)


def test_every_page_is_looked_at(path):
    """One byte of any page of the file that decides something: refused, or what it holds is as it was."""
    sound = path.read_bytes()
    refused = 0
    for at in range(100, len(sound), 4099):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0xFF]) + sound[at + 1 :])
        try:
            ledger = Ledger(path)
        except InputRefusedError:
            refused += 1
        else:
            assert len(ledger.images("a")) <= 400
            ledger.of_status("queued")
            ledger.close()
        for each in path.parent.glob("ledger.db-*"):
            each.unlink()
    assert refused


def test_a_second_node_is_told_that_there_is_one(path):
    first = Ledger(path)
    with pytest.raises(UsageError, match="another node is at work"):
        Ledger(path)
    first.close()


def test_a_ledger_that_cannot_be_opened_is_not_called_damaged(tmp_path):
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(UsageError, match="can't be written"):
        Ledger(tmp_path / "ledger.db")
