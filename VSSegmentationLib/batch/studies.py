"""A study whose cases are carried out one after another by whoever opens it, such as Slicer, where no engine is.

The folder is that of the command `batch`: either goes on with what the other has begun.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.batch.cases import Found
from VSSegmentationLib.batch.comparisons import Comparison, compared, due_comparisons
from VSSegmentationLib.batch.discovery import Naming, find_cases
from VSSegmentationLib.batch.journal import FOLDER, Journal, Outcome
from VSSegmentationLib.batch.planning import (
    CORRECTED,
    NEEDED,
    THUMBNAILS,
    BatchOptions,
    Plan,
    Planned,
    make_plan,
    outcome_of,
)
from VSSegmentationLib.batch.study.rows import StudyRow, study_rows
from VSSegmentationLib.batch.study.writing import StudyWriter
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import DEFAULT_FORMATS, OutputFormat, with_what_they_need
from VSSegmentationLib.outputs import write_outputs
from VSSegmentationLib.reporting import ReportContent
from VSSegmentationLib.reporting.pictures.thumbnail import key_thumbnail
from VSSegmentationLib.warm_child import Answer
from VSSegmentationLib.worker import CaseResult
from VSSegmentationLib.worker.case_told import case_result


class Step(NamedTuple):
    """One job for a worker."""

    order: str
    """`case` or `compare`."""
    job: Mapping[str, Any]
    of: Planned | Comparison


@dataclass(eq=False)
class OpenStudy:
    """A study folder that nobody else works on until it is closed."""

    options: BatchOptions
    found: Found
    plan: Plan
    journal: Journal
    _suspects: set[str] = field(default_factory=set)
    """Names of cases whose process ended once."""

    def steps(self) -> Iterator[Step]:
        """Yield what is to be done: cases, those whose process ended once more at the end, then comparisons."""
        for planned in self.plan.to_do:
            yield Step("case", planned.job, planned)
        for planned in [each for each in self.plan.to_do if each.case.name in self._suspects]:
            yield Step("case", planned.job, planned)
        for due in due_comparisons(self.plan, self.journal, self.options):
            yield Step("compare", due.job, due)

    def keep(self, step: Step, answer: Answer) -> None:
        """Write down what came of a step; a case that ended its process the first time is begun once more."""
        if isinstance(step.of, Comparison):
            self.journal.keep("comparison", compared(step.of, answer))
            return
        name = step.of.case.name
        if "died" in answer and name not in self._suspects:
            self._suspects.add(name)
            return
        self.journal.keep("case", outcome_of(step.of, answer, tries=1 + (name in self._suspects)))

    def rows(self) -> tuple[StudyRow, ...]:
        """Return what is known of each case now, by name."""
        return study_rows(self.plan, self.found, self.journal)

    def planned(self, name: str) -> Planned:
        """Return the case of a name."""
        return next(each for each in self.plan.all if each.case.name == name)

    def write(self) -> None:
        """Write tables and page."""
        StudyWriter(self.options, self.found, self.plan, self.journal).write()

    def correct(self, name: str, content: ReportContent) -> None:
        """Put a corrected case in the place of the former one, in the same formats, and write tables and page.

        No later run replaces it.

        Raises:
            OSError: If writing fails; the case is as it was.
            VSSegmentationError: If a file cannot be made.
        """
        planned, before = self.planned(name), self.journal.cases[name]
        formats = tuple(each for each in _formats_of(before) if each not in _NOT_AGAIN)
        write_outputs(content, Path(planned.job["folder"]), formats=formats, force=True)
        picture = key_thumbnail(content)
        if picture is not None:
            write_atomically(Path(planned.job["thumbnail"]), lambda file: file.write(picture))
        told = case_result(content, formats, has_thumbnail=picture is not None, seconds=before.seconds, warm=True)
        self.journal.keep("case", _corrected(before, told))
        self.write()

    def compare_due(self) -> list[Step]:
        """Return the comparisons that a correction has made out of date."""
        return [Step("compare", due.job, due) for due in due_comparisons(self.plan, self.journal, self.options)]

    def close(self) -> None:
        """Let others have the folder."""
        self.journal.close()


_NOT_AGAIN = (
    OutputFormat.DICOM_SEG,
    OutputFormat.DICOM_SR,
    OutputFormat.DICOM_SR_2D,
    OutputFormat.DICOM_PDF,
    OutputFormat.DICOM_KEY_IMAGE,
    OutputFormat.RTSTRUCT,
    OutputFormat.PDF,
    OutputFormat.MRB,
)
"""What needs the series, a printer or a scene of its own; what is left would be of the mask before, so it goes."""


def open_study(scans: Path, study: Path, *, device: str = "auto") -> OpenStudy:
    """Look through a folder of scans and take a study folder, new or begun before.

    Args:
        scans: Folder with scans, DICOM of many patients, or BIDS.
        study: Folder for everything that comes of it, made if absent.
        device: What cases are run on.

    Raises:
        UsageError: If there is nothing that could be a case, the study folder holds other files or lies among the
            scans, or another run is at work on it.
        InputRefusedError: If the journal of the study is damaged.
    """
    if not scans.is_dir():
        msg = "there is no such folder of scans; choose one"
        raise UsageError(msg)
    if study.resolve().is_relative_to(scans.resolve()):
        msg = "the study folder lies among the scans, and its results would be taken for scans; choose one beside them"
        raise UsageError(msg)
    check_study_folder(study)
    journal = Journal(study)
    try:
        found = find_cases([str(scans)], Naming(number_of=journal.number_of, salt=journal.salt))
        options = BatchOptions(study=study.resolve(), job=usual_job(journal.salt, device))
        (study / THUMBNAILS).mkdir(exist_ok=True)
        return OpenStudy(options=options, found=found, plan=make_plan(found, journal, options), journal=journal)
    except BaseException:
        journal.close()
        raise


def usual_job(salt: str, device: str = "auto") -> dict[str, Any]:
    """Return what `batch` asks of every case where no option says otherwise."""
    return {
        "formats": [str(each) for each in with_what_they_need((*NEEDED, *DEFAULT_FORMATS))],
        "model": None,
        "divider": None,
        "device": device,
        "precision": "auto",
        "engine": "auto",
        "flips": False,
        "thorough": False,
        "maps": False,
        "accept_resampling": False,
        "accept_other_contrast": False,
        "policy": None,
        "salt": salt,
        "identify": False,
    }


def check_study_folder(study: Path) -> None:
    """See that a folder is new, or that of a study.

    Raises:
        UsageError: If it is neither.
    """
    if study.exists() and not study.is_dir():
        msg = "the study folder is a file; name a folder that does not exist yet"
        raise UsageError(msg)
    if study.is_dir() and any(study.iterdir()) and not (study / FOLDER).is_dir():
        msg = "the study folder holds other files; choose another one, or that of a former batch to go on with it"
        raise UsageError(msg)


def _formats_of(outcome: Outcome) -> tuple[OutputFormat, ...]:
    return tuple(OutputFormat(each) for each in outcome.result.get("formats", ())) or NEEDED


def _corrected(before: Outcome, told: CaseResult) -> Outcome:
    kept = {**to_plain(told, "case"), CORRECTED: True, "ended_at": int(time.time())}
    return replace(before, status="done", reason="", result={**kept, "peak_gib": before.result.get("peak_gib")})
