"""Images that came, on the disk before anybody is told so; names of files and folders tell no patient.

series/HASH/HASH.dcm   one folder for each series
partial/               what is being written
work/                  what a segmentation reads and writes
"""

import os
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from VSSegmentationLib.node.audit import Audit
from VSSegmentationLib.node.facts import ObjectFacts, read_facts
from VSSegmentationLib.node.ledger import Ledger, SeriesRow
from VSSegmentationLib.node.names import Names

_GIB = 1024**3
_UNDER_WAY = ("arriving", "queued", "running")


class Came(Enum):
    """What became of an object that came."""

    KEPT = "kept"
    KNOWN = "known"
    """It came before, and may have been worked on."""
    NOT_WANTED = "not wanted"
    """One of ours, or no MR image."""
    NO_ROOM = "no room"
    UNREADABLE = "unreadable"


class Inbox:
    """Takes objects from any thread."""

    def __init__(
        self, folder: Path, ledger: Ledger, names: Names, audit: Audit, *, setup: str, now: Callable[[], float]
    ) -> None:
        """Clear away what a kill left half-written, which nobody was told of.

        Args:
            folder: Of the node.
            ledger: Of the node.
            names: For files.
            audit: Of the node.
            setup: Hash of rules and options; what was done with another one is done again when it comes again.
            now: The time, in seconds since 1970.
        """
        self._series, self._partial, self._work = (folder / name for name in ("series", "partial", "work"))
        for each in (self._series, self._partial, self._work):
            each.mkdir(mode=0o700, exist_ok=True)
        self._ledger, self._names, self._audit, self._now = ledger, names, audit, now
        self._setup, self._folder = setup, folder
        self._lock = threading.RLock()
        for each in self._partial.iterdir():
            each.unlink()
        for each in self._work.iterdir():
            shutil.rmtree(each, ignore_errors=True)
        with ledger.change() as base:
            base.execute(f"update series set setup = ? where status in {_UNDER_WAY}", (setup,))  # noqa: S608

    def has_room(self, free_gib: float) -> bool:
        """Return whether more may be taken."""
        return shutil.disk_usage(self._folder).free >= free_gib * _GIB

    def take(self, content: bytes, sender: str, *, sop_uid: str | None = None) -> Came:
        """Keep an object; once this returns, it is on the disk.

        Args:
            content: A whole DICOM file.
            sender: Name of the peer or server.
            sop_uid: What the sender calls the object; one that calls itself otherwise is not readable.

        Raises:
            OSError: If the disk does not take it.
        """
        partial = self._partial / secrets.token_hex(8)
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                facts = read_facts(partial)
                if facts is None or (sop_uid is not None and facts.sop_uid != sop_uid):
                    return Came.UNREADABLE
                if facts.is_own or not facts.is_image:
                    return Came.NOT_WANTED
                os.fsync(file.fileno())
            return self._keep(partial, facts, sender)
        finally:
            partial.unlink(missing_ok=True)

    def _keep(self, partial: Path, facts: ObjectFacts, sender: str) -> Came:
        series, image = self._names.of(facts.series_uid), self._names.of(facts.sop_uid)
        with self._lock:
            row = self._ledger.series(series)
            is_stale = row is not None and row.setup != self._setup and row.status not in _UNDER_WAY
            if not is_stale and self._ledger.has_image(series, image):
                return Came.KNOWN
            folder = self._series / series
            had_folder = folder.is_dir()
            folder.mkdir(mode=0o700, exist_ok=True)
            partial.replace(folder / f"{image}.dcm")
            _flush(folder)
            if not had_folder:
                _flush(self._series)
            with self._ledger.change() as base:
                if is_stale:
                    base.execute("delete from deliveries where series = ?", (series,))
                if is_stale or not had_folder:  # the others of this series are gone, and may come again
                    base.execute("delete from images where series = ?", (series,))
                base.execute("insert or ignore into images values (?, ?)", (series, image))
                if row is None:
                    self._add(base, series, facts, sender)
                else:
                    self._reopen(base, row)
        if row is None:
            self._audit.note("series came", series=series, study=self._names.of(facts.study_uid), sender=sender)
        elif row.status not in _UNDER_WAY:
            self._audit.note("images came late", series=series, study=row.study, sender=sender)
        return Came.KEPT

    def _add(self, base: sqlite3.Connection, series: str, facts: ObjectFacts, sender: str) -> None:
        base.execute(
            "insert into series (series, study, sender, series_uid, study_uid, status, images, changed, setup)"
            " values (?, ?, ?, ?, ?, 'arriving', 1, ?, ?)",
            (
                series,
                self._names.of(facts.study_uid),
                sender,
                facts.series_uid,
                facts.study_uid,
                self._now(),
                self._setup,
            ),
        )

    def _reopen(self, base: sqlite3.Connection, row: SeriesRow) -> None:
        """Wait for a series anew; what was sent of it stays, and the next result is a further edition."""
        count, sent = (
            base.execute(f"select {what} from {table} where series = ?", (row.series,)).fetchone()[0]  # noqa: S608
            for what, table in (("count(*)", "images"), ("max(edition)", "deliveries"))
        )
        status = "running" if row.status == "running" else "arriving"
        base.execute(
            "update series set status = ?, images = ?, changed = ?, tries = 0, reason = '', setup = ?, edition = ?"
            " where series = ?",
            (status, count, self._now(), self._setup, (sent or 0) + 1, row.series),
        )
        base.execute(
            "update deliveries set status = 'replaced' where series = ? and status = 'waiting'",
            (row.series,),
        )

    def files(self, row: SeriesRow) -> list[Path]:
        """Return the images of a series."""
        return [self._series / row.series / f"{image}.dcm" for image in self._ledger.images(row.series)]

    def snapshot(self, row: SeriesRow) -> tuple[Path, int]:
        """Return a folder with the images that are there now, to which later ones are not added, and their number."""
        place = self._work / f"{row.series}-{row.edition}"
        with self._lock:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(mode=0o700)
            files = self.files(row)
            for path in files:
                os.link(path, place / path.name)
        return place, len(files)

    def drop(self, row: SeriesRow) -> None:
        """Remove a snapshot."""
        shutil.rmtree(self._work / f"{row.series}-{row.edition}", ignore_errors=True)

    def forget(self, row: SeriesRow) -> bool:
        """Remove the images of a series that is done with, and remember only that they came; say if there were any."""
        with self._lock:
            now = self._ledger.series(row.series)
            if now is None or now.changed != row.changed:
                return False
            had = (self._series / row.series).is_dir()
            shutil.rmtree(self._series / row.series, ignore_errors=True)
        return had


def _flush(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
