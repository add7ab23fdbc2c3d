"""What a node knows of the series it was sent, in a database that holds at any moment what was last said.

SQLite brings each change to the disk before it says so (`synchronous = FULL`): a kill loses nothing that was answered.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.errors import InputRefusedError, UsageError, VSSegmentationError

Status = Literal["arriving", "queued", "running", "sending", "sent", "passed over", "refused", "set aside"]

_TABLES = """
create table if not exists series (
    series text primary key, study text not null, sender text not null, series_uid text not null,
    study_uid text not null, status text not null, edition integer not null default 1,
    images integer not null default 0, used integer not null default 0, changed real not null,
    tries integer not null default 0, rule text not null default '', reason text not null default '',
    setup text not null);
create table if not exists images (series text not null, image text not null, primary key (series, image));
create table if not exists deliveries (
    series text not null, edition integer not null, object text not null, destination text not null,
    status text not null default 'waiting', tries integer not null default 0, due real not null, since real not null,
    reason text not null default '', primary key (series, edition, object));
create index if not exists by_status on series (status);
create index if not exists by_study on series (study);
"""


@dataclass(frozen=True, kw_only=True)
class SeriesRow:
    """A series and how far it is."""

    series: str
    """Its keyed hash, as that of its study."""
    study: str
    sender: str
    series_uid: str = field(repr=False)
    study_uid: str = field(repr=False)
    status: Status
    edition: int
    images: int
    """That have come."""
    used: int
    """Of them, for the result of this edition."""
    changed: float
    """When the last image came, or its state was last set, in seconds since 1970."""
    tries: int
    rule: str
    reason: str
    setup: str
    """Hash of the rules and options that it was taken with."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """An object that has to go to a destination."""

    series: str
    edition: int
    object: str
    destination: str
    status: str
    """`waiting`, `sent`, `refused`, `given up`, or `replaced` by a later edition before it went."""
    tries: int
    due: float
    since: float
    reason: str


@dataclass(frozen=True)
class _Image:
    series: str
    image: str


def _refusal(error: Exception) -> VSSegmentationError:
    """Return what is said where a ledger could not be opened."""
    code = getattr(error, "sqlite_errorcode", -1) & 0xFF  # text that is no UTF-8 has none
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return UsageError("another node is at work on this folder; stop it, or choose another folder")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return UsageError("the ledger of the node can't be written; see the folder's permissions and the disk's room")
    msg = "the ledger of the node is damaged; restore it, or remove it, and what is waiting is sent anew"
    return InputRefusedError(msg)


class Ledger:
    """The database; every method is one transaction, and may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Open it, made if absent, for this process alone until it ends in whatever way.

        Raises:
            UsageError: If another node has it, or it can't be written.
            InputRefusedError: If it is damaged.
        """
        path.touch(mode=0o600)
        self._lock = threading.RLock()
        try:
            self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=0.0)
        except sqlite3.OperationalError as error:
            raise _refusal(error) from error
        self._base.row_factory = sqlite3.Row
        try:
            for pragma in ("locking_mode = exclusive", "journal_mode = wal", "synchronous = full"):
                self._base.execute(f"pragma {pragma}")
            self._base.executescript(_TABLES)
            with self.change():
                pass  # takes the lock
            self._look_through()
        except (sqlite3.DatabaseError, ValueError, InputRefusedError) as error:
            self._base.close()
            raise _refusal(error) from error

    def _look_through(self) -> None:
        """Read all of it once: damage would show at some later question, in the middle of the work."""
        if self._base.execute("pragma integrity_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError
        for kind, table in ((SeriesRow, "series"), (Delivery, "deliveries"), (_Image, "images")):
            for row in self._base.execute(f"select * from {table}"):  # noqa: S608 - texts of this file
                from_plain(kind, dict(row), table, complete=True)

    def close(self) -> None:
        """Let others have it."""
        with self._lock:
            self._base.close()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Make changes that belong together."""
        with self._lock:
            self._base.execute("begin immediate")
            try:
                yield self._base
            except BaseException:
                self._base.execute("rollback")
                raise
            self._base.execute("commit")

    def series(self, name: str) -> SeriesRow | None:
        """Return a series by its keyed hash."""
        return next(iter(self._rows("where series = ?", name)), None)

    def of_status(self, *statuses: Status) -> list[SeriesRow]:
        """Return series, those that were tried least first, then those that have waited longest."""
        marks = ", ".join("?" * len(statuses))
        return self._rows(f"where status in ({marks}) order by tries, changed", *statuses)

    def of_study(self, study: str) -> list[SeriesRow]:
        """Return the series of a study that have come."""
        return self._rows("where study = ?", study)

    def counts(self) -> dict[str, int]:
        """Return how many series are in each state."""
        with self._lock:
            return dict(self._base.execute("select status, count(*) from series group by status").fetchall())

    def has_image(self, series: str, image: str) -> bool:
        """Return whether an image has come."""
        with self._lock:
            found = self._base.execute("select 1 from images where series = ? and image = ?", (series, image))
            return found.fetchone() is not None

    def images(self, series: str) -> list[str]:
        """Return the names of the images of a series."""
        with self._lock:
            found = self._base.execute("select image from images where series = ?", (series,))
            return [row[0] for row in found.fetchall()]

    def waiting_for(self, destination: str) -> list[Delivery]:
        """Return the deliveries to a destination that wait, those due first."""
        return self._deliveries("status = 'waiting' and destination = ?", destination)

    def deliveries(self, series: str) -> list[Delivery]:
        """Return all deliveries of a series."""
        return self._deliveries("series = ?", series)

    def _deliveries(self, where: str, value: str) -> list[Delivery]:
        ask = f"select * from deliveries where {where} order by due, since, series"  # noqa: S608 - texts of this file
        with self._lock:
            return [Delivery(**dict(row)) for row in self._base.execute(ask, (value,)).fetchall()]

    def _rows(self, where: str, *values: object) -> list[SeriesRow]:
        with self._lock:
            found = self._base.execute(f"select * from series {where}", values)  # noqa: S608 - texts of this file
            return [SeriesRow(**dict(row)) for row in found.fetchall()]

    def set_status(self, series: str, status: Status, now: float, *, reason: str = "", rule: str | None = None) -> None:
        """Say how far a series is, and why."""
        with self.change() as base:
            base.execute(
                "update series set status = ?, changed = ?, reason = ?, rule = coalesce(?, rule) where series = ?",
                (status, now, reason, rule, series),
            )

    def forget_before(self, moment: float, statuses: Sequence[Status]) -> None:
        """Remove all that is known of series that were done with before a moment."""
        with self.change() as base:
            marks = ", ".join("?" * len(statuses))
            old = f"select series from series where changed < ? and status in ({marks})"  # noqa: S608
            for table in ("images", "deliveries", "series"):
                base.execute(f"delete from {table} where series in ({old})", (moment, *statuses))  # noqa: S608

    def resume(self) -> int:
        """Put what ran when the node ended back into the queue; return how many there were."""
        with self.change() as base:
            return base.execute("update series set status = 'queued' where status = 'running'").rowcount

    def keep_result(self, row: SeriesRow, objects: Sequence[str], destination: str, now: float) -> None:
        """Say that the results of a series wait to be sent."""
        with self.change() as base:
            base.executemany(
                "insert or replace into deliveries (series, edition, object, destination, due, since)"
                " values (?, ?, ?, ?, ?, ?)",
                [(row.series, row.edition, each, destination, now, now) for each in objects],
            )
            base.execute(
                "update series set status = 'sending', changed = ?, reason = '' where series = ?", (now, row.series)
            )

    def hurry(self, destination: str, now: float) -> None:
        """Try all that waits for a destination now: it is there again."""
        with self.change() as base:
            base.execute(
                "update deliveries set due = ? where destination = ? and status = 'waiting' and due > ?",
                (now, destination, now),
            )

    def set_delivery(self, delivery: Delivery, status: str, *, reason: str = "", due: float | None = None) -> None:
        """Say what became of a delivery; with `due` it is tried again then."""
        with self.change() as base:
            base.execute(
                "update deliveries set status = ?, reason = ?, tries = tries + 1, due = coalesce(?, due)"
                " where series = ? and edition = ? and object = ? and status = 'waiting'",
                (status, reason, due, delivery.series, delivery.edition, delivery.object),
            )
