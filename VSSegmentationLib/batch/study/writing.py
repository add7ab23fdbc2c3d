"""When the tables and the page of a study are written: at the end, and now and then while it runs."""

import time
from collections.abc import Mapping
from typing import Any

from VSSegmentationLib.batch.cases import Found
from VSSegmentationLib.batch.journal import Journal
from VSSegmentationLib.batch.planning import BatchOptions, Plan
from VSSegmentationLib.batch.study.page import write_page
from VSSegmentationLib.batch.study.rows import study_rows
from VSSegmentationLib.batch.study.tables import write_tables

_EVERY_SECONDS = 60.0
_SHARE = 0.02
"""Of the time that writing may take while cases run."""
_PRIVATE = ("salt",)


class StudyWriter:
    """Writes what a study folder tells of its cohort."""

    def __init__(self, options: BatchOptions, found: Found, plan: Plan, journal: Journal) -> None:
        self._options, self._found, self._plan, self._journal = options, found, plan, journal
        self._next = time.monotonic() + _EVERY_SECONDS

    def now_and_then(self) -> None:
        """Write if that was long enough ago."""
        begun = time.monotonic()
        if begun < self._next:
            return
        self.write()
        took = time.monotonic() - begun
        self._next = time.monotonic() + max(_EVERY_SECONDS, took / _SHARE)

    def write(self, *, seconds: float | None = None) -> None:
        """Write tables and page.

        Args:
            seconds: What the run took; None while it goes on.
        """
        rows = study_rows(self._plan, self._found, self._journal)
        write_tables(self._options.study, rows, self._found, self._facts(seconds))
        write_page(self._options.study, rows, self._journal)

    def _facts(self, seconds: float | None) -> Mapping[str, Any]:
        options, journal = self._options, self._journal
        return {
            "options": {key: value for key, value in _without_folders(options.job).items() if key not in _PRIVATE},
            "slots": options.slots,
            "threads_per_slot": options.threads,
            "seconds": None if seconds is None else round(seconds, 1),
            "comparisons": {
                patient: {"status": each.status, "reason": each.reason, **each.result}
                for patient, each in sorted(journal.comparisons.items())
            },
        }


def _without_folders(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked of all cases; of models that are files the name alone, as folders may name people."""
    named = {key: str(job[key]).replace("\\", "/").rpartition("/")[2] for key in ("model", "divider") if job.get(key)}
    return {**job, **named}
