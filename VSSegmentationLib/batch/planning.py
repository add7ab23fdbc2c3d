"""What has to be run, and what is there already."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from VSSegmentationLib import __version__
from VSSegmentationLib.batch.cases import Case, Found, days_of
from VSSegmentationLib.batch.fingerprints import content_of, look_of
from VSSegmentationLib.batch.journal import Journal, Outcome
from VSSegmentationLib.csv_rows import read_csv
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.warm_child import Bounds

CASES, PATIENTS, THUMBNAILS = "cases", "patients", "thumbnails"
CORRECTED = "corrected"
"""In what is kept of a case: whether a person has corrected it since."""
NEEDED = (OutputFormat.SEG_NRRD, OutputFormat.HTML, OutputFormat.REPORT_JSON, OutputFormat.STUDY_CSV)
"""What the tables, the page and comparisons of a study are made from."""


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """How a cohort is run."""

    study: Path
    """Folder for everything that comes of it."""
    job: Mapping[str, Any] = field(default_factory=dict)
    """What is asked of every case alike: keys of a `CaseJob`."""
    bounds: Bounds = field(default_factory=Bounds)
    slots: int = 1
    threads: int = 1
    verify: bool = False
    """Read all files again, and not only those that look changed."""
    retry: bool = False
    """Run cases again that were refused or set aside."""
    only: frozenset[str] = frozenset()
    """Names of the cases to be run; empty runs all."""
    policy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A case with what is asked of the worker."""

    case: Case
    day: int | None
    job: Mapping[str, Any] = field(repr=False)
    asked: str
    look: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All cases, and which of them are to be run."""

    all: tuple[Planned, ...]
    to_do: tuple[Planned, ...]

    @property
    def kept(self) -> int:
        """How many are there already."""
        return len(self.all) - len(self.to_do)


def make_plan(found: Found, journal: Journal, options: BatchOptions) -> Plan:
    """Return which cases have to be run: new ones, and those whose files, options or version have changed."""
    days = days_of(found.cases)
    named_files = _digest_of_files(options.job)
    planned = tuple(_planned(case, days.get(case.name), options, named_files) for case in found.cases)
    wanted = [each for each in planned if not options.only or each.case.name in options.only]
    return Plan(all=planned, to_do=tuple(each for each in wanted if not _is_there(each, journal, options)))


def seconds_per_case(journal: Journal) -> float | None:
    """Return what a case took so far, the median; None where none was done."""
    taken = sorted(each.seconds for each in journal.cases.values() if each.status == "done")
    return taken[len(taken) // 2] if taken else None


def _planned(case: Case, day: int | None, options: BatchOptions, named_files: str) -> Planned:
    study = options.study
    told = {
        **options.job,
        "input": str(case.input),
        "series": case.series,
        "modality": str(case.modality),
        "mask": None if case.mask is None else str(case.mask),
        "side": case.side if case.mask is not None else None,
        "previous": None if case.previous is None else str(case.previous),
        "further_inputs": {name: str(path) for name, path in case.further_inputs},
        "case": case.patient or case.name,
        "days": day,
    }
    # The device decides nothing but how long it takes; where the files lie, nothing at all.
    counts = {key: value for key, value in told.items() if key not in ("device", "input", "mask", "further_inputs")}
    asked = json.dumps([__version__, counts, named_files], sort_keys=True)
    folders = {"folder": str(study / CASES / case.name), "thumbnail": str(study / THUMBNAILS / f"{case.name}.jpg")}
    return Planned(
        case=case,
        day=day,
        job={"id": "case", **told, **folders},
        asked=hashlib.sha256(asked.encode()).hexdigest(),
        look=look_of(case.files),
    )


def _digest_of_files(job: Mapping[str, Any]) -> str:
    """Return the hash of models that are given as files: another one of the same name is another model."""
    files = [Path(str(job[key])) for key in ("model", "divider") if job.get(key)]
    return content_of([each for each in files if each.is_file()])


def _is_there(planned: Planned, journal: Journal, options: BatchOptions) -> bool:
    before = journal.cases.get(planned.case.name)
    if before is not None and before.result.get(CORRECTED) and _has_results(planned):
        return True  # a person's work is replaced by nothing
    if before is None or before.asked != planned.asked or (options.retry and before.status != "done"):
        return False
    if before.status == "done" and not (_has_results(planned) and _has_table(planned)):
        return False
    if before.look == planned.look and not options.verify:
        return True
    if not before.content or content_of(planned.case.files) != before.content:
        return False
    journal.keep("case", replace(before, look=planned.look))  # touched or moved, and the same
    return True


def _has_results(planned: Planned) -> bool:
    return (Path(planned.job["folder"]) / FILE_NAMES[OutputFormat.REPORT_JSON]).is_file()


def _has_table(planned: Planned) -> bool:
    """Return whether what the tables of a study are made from is not damaged."""
    table = Path(planned.job["folder"]) / FILE_NAMES[OutputFormat.STUDY_CSV]
    try:
        return not table.is_file() or bool(read_csv(table).columns)
    except InputRefusedError:
        return False


def outcome_of(planned: Planned, answer: Mapping[str, Any], tries: int) -> Outcome:
    """Return how a case ended, from what its slot answered."""
    died = answer.get("died")
    done = "result" in answer
    return Outcome(
        case=planned.case.name,
        status="done" if done else "set aside" if died else "refused",
        reason="" if done else str(died or answer.get("error", "")),
        exit_code=int(answer.get("exit_code", 0 if done else 1)),
        tries=tries,
        seconds=float(answer.get("seconds", 0.0)),
        look=planned.look,
        content=str(answer.get("content", "")),
        asked=planned.asked,
        result={**answer.get("result", {}), "ended_at": int(time.time()), "peak_gib": answer.get("peak_gib")},
    )
