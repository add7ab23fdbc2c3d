"""Segmenting what is queued, one series at a time in a warm process; what kills its process twice is set aside."""

import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.node.ledger import SeriesRow
from VSSegmentationLib.node.parts import Parts
from VSSegmentationLib.node.setup import options_of, options_text
from VSSegmentationLib.warm_child import Answer, Bounds, Child

RESULTS = "results"
_MOST_TRIES = 2


class Slot:
    """Takes the next series of the queue until it is told to stop."""

    def __init__(
        self, parts: Parts, child: Child, formats: tuple[OutputFormat, ...], on_end: Callable[[], None]
    ) -> None:
        """Take the parts of the node.

        Args:
            parts: Of the node.
            child: Does the work.
            formats: What is made.
            on_end: Called when a series has ended in one way or another.
        """
        self._config, self._ledger, self._inbox, self._audit = parts.config, parts.ledger, parts.inbox, parts.audit
        self._child, self._formats, self._now, self._on_end = child, formats, parts.now, on_end
        self._rules = {rule.name: rule for rule in parts.config.rule}
        work = self._config.work
        self._bounds = Bounds(seconds=work.seconds, memory_gib=work.memory_gib)
        self._stopping = threading.Event()

    def do_next(self) -> bool:
        """Segment one series; return whether there was one."""
        row = self._take()
        if row is None:
            return False
        rule = self._rules.get(row.rule)
        if rule is None:  # the configuration was changed meanwhile
            self._ledger.set_status(row.series, "arriving", row.changed)
            return True
        images, used = self._inbox.snapshot(row)
        folder = results_folder(self._config.folder, row.series, row.edition)
        job = {
            "id": row.series,
            "input": str(images),
            "folder": str(folder),
            "formats": [each.value for each in self._formats],
            "identify": True,
            "edition": {"options": options_text(rule, self._config), "number": row.edition},
            **options_of(rule, self._config),
        }
        answer = self._child.do("case", job, self._bounds)
        self._inbox.drop(row)
        if self._stopping.is_set() and "result" not in answer:
            return False  # it is still said to run, and is begun again at the next start
        self._end(row, used, answer)
        self._on_end()
        return True

    def stop(self) -> None:
        """End at once, from any thread."""
        self._stopping.set()
        self._child.end()

    def _take(self) -> SeriesRow | None:
        with self._ledger.change() as base:
            row = next(iter(self._ledger.of_status("queued")), None)
            if row is not None:
                base.execute("update series set status = 'running' where series = ?", (row.series,))
        return row

    def _end(self, row: SeriesRow, used: int, answer: Answer) -> None:
        now = self._now()
        with self._ledger.change() as base:
            base.execute("update series set used = ? where series = ?", (used, row.series))
        latest = self._ledger.series(row.series)
        assert latest is not None  # a series that runs is never forgotten
        note = partial(self._audit.note, series=row.series, study=row.study, edition=row.edition)
        if latest.images != used:  # a result of fewer images than are there is not sent
            self._ledger.set_status(row.series, "arriving", latest.changed)
            note("images came late")
        elif "result" in answer:
            objects = [name for name in answer["result"]["formats"] if name != OutputFormat.DICOM_SR_2D]
            destination = self._config.destination_of(row.sender).name
            self._ledger.keep_result(row, objects, destination, now)
            model = answer["result"].get("model")
            note("segmented", images=used, model=model, seconds=answer.get("seconds"))
        elif "error" in answer:
            self._refuse(row, now, answer["error"])
            note("refused", reason=answer["error"])
        else:
            reason = answer.get("died", "its process ended")
            note(self._after_death(row, now, reason), reason=reason)

    def _refuse(self, row: SeriesRow, now: float, reason: str) -> None:
        """Refuse a series; others of its study that stood back behind it get their turn."""
        self._ledger.set_status(row.series, "refused", now, reason=reason)
        with self._ledger.change() as base:
            base.execute(
                "update series set status = 'arriving', changed = 0"
                " where study = ? and rule = ? and status = 'passed over'",
                (row.study, row.rule),
            )

    def _after_death(self, row: SeriesRow, now: float, reason: str) -> str:
        """Put a series that ended its process back once, behind all that were not tried; return what is noted."""
        tries = row.tries + 1
        status = "queued" if tries < _MOST_TRIES else "set aside"
        with self._ledger.change() as base:
            base.execute(
                "update series set status = ?, tries = ?, reason = ?, changed = ? where series = ?",
                (status, tries, reason, now, row.series),
            )
        return "died" if status == "queued" else status


def results_folder(folder: Path, series: str, edition: int) -> Path:
    """Return where the results of a series lie until they are sent."""
    return folder / RESULTS / f"{series}-{edition}"


def results_of(folder: Path, series: str, edition: int, name: str) -> Path:
    """Return the file of one object."""
    return results_folder(folder, series, edition) / FILE_NAMES[OutputFormat(name)]


def remove_results(folder: Path, series: str, edition: int) -> None:
    """Remove what was sent."""
    shutil.rmtree(results_folder(folder, series, edition), ignore_errors=True)
