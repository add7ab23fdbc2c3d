"""How a tumor changed over two or more examinations."""

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from VSSegmentationLib import outputs
from VSSegmentationLib.api.notebook import comparison_html
from VSSegmentationLib.api.result import Result
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up import (
    ComparedExamination,
    Times,
    compare_examinations,
    examination_of,
    known_times,
    read_examination,
)
from VSSegmentationLib.measurement.growth import Growth, GrowthLimits
from VSSegmentationLib.measurement.one_side import Side
from VSSegmentationLib.progress import OnProgress
from VSSegmentationLib.reporting.growth.content import GrowthContent
from VSSegmentationLib.reporting.growth.record import make_growth_record
from VSSegmentationLib.reporting.growth.words import change_sentence, leading_series


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Examinations of one tumor, compared; nothing is said about what a change means for the patient.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> exams = [vs.measure(vs.SAMPLE_FOLDER / f"exam{number}_truth.nii.gz") for number in (1, 2)]
        >>> comparison = vs.compare(exams, days=(0, 380))
        >>> [examination.days for examination in comparison.growth.examinations]
        [0, 380]
        >>> len(comparison.to_dict()["examinations"])
        2
    """

    content: GrowthContent
    """What every output is made from."""

    @property
    def growth(self) -> Growth:
        """Every measure over all examinations: `growth.of("vol_total").changes`."""
        return self.content.growth

    @property
    def sentences(self) -> tuple[str, ...]:
        """How the latest examination differs from the first, for headline and volumes."""
        return tuple(
            f"{each.measurements[0].name}: {change_sentence(each)}"
            for each in leading_series(self.growth, self.content.task)
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Full sentences that a reader of the changes has to know, those of the examinations by their number."""
        own = (each.text for each in self.growth.warnings)
        examinations = enumerate(self.growth.examinations, start=1)
        return (*own, *(f"Examination {n}: {text}" for n, each in examinations for text in each.warnings))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data as `growth.json` holds it."""
        plain: dict[str, Any] = to_plain(make_growth_record(self.content), "comparison")
        return plain

    def save(self, folder: str | os.PathLike[str], *, pdf: bool = False, force: bool = False) -> Path:
        """Write `growth.json`, `growth.csv` and `growth.html` into a folder, all of them or none.

        Args:
            folder: Made, with its parents, if it is not there.
            pdf: Write `growth.pdf`, too; needs WeasyPrint.
            force: Replace the results of a former comparison.

        Returns:
            The folder.

        Raises:
            UsageError: If the folder holds something, or a PDF can't be written here.
        """
        target = Path(folder).expanduser()
        outputs.write_comparison(self.content, target, with_pdf=pdf, force=force)
        return target

    def __repr__(self) -> str:
        days = ", ".join(str(each.days) for each in self.growth.examinations[:6])
        more = ", ..." if len(self.growth.examinations) > 6 else ""
        state = "reviewed" if self.growth.reviewed else "draft"
        return (
            f"Comparison({len(self.growth.examinations)} examinations, days {days}{more}; {self.sentences[0]} "
            f"{len(self.warnings)} warnings; {state})"
        )

    def _repr_html_(self) -> str:
        """Return curve, changes, warnings and notice, for a notebook."""
        return comparison_html(self.content, self.sentences, self.warnings)


def compare(
    examinations: Sequence[Result | str | os.PathLike[str]],
    *,
    days: Sequence[int] | None = None,
    dates: Sequence[dt.date | str] | None = None,
    policy: str | None = None,
    limits: GrowthLimits | None = None,
    align: bool = False,
    with_dates: bool = False,
    different_cases: bool = False,
    on_progress: OnProgress | None = None,
    values: str | None = None,
    side: Side | None = None,
) -> Comparison:
    """Compare examinations of one patient.

    Args:
        examinations: Two or more, in any order: results of `segment` or `measure`, folders that their `save` wrote (or
            the command line), or paths of labelmaps.
        days: When they were, one for each in their order, on any count of days.
        dates: Instead of days, as `datetime.date` or "2026-11-29"; only intervals leave this program.
        policy: Which diameter leads, chosen at the earliest examination and kept; None takes the policy of its report.
        limits: From which change on something is flagged; by default 2 mm and 20 %.
        align: Lay the heads on each other and show all on the slices of the earliest; needs results with their scans.
        with_dates: Write the dates beside the days.
        different_cases: Compare results although their case names differ.
        on_progress: Called with a fraction from 0 to 1 and what is being done, while scans are aligned.
        values: What the values of labelmaps mean that do not say it themselves, as for `read_labelmap`.
        side: "left" or "right" of the patient: which of two tumors is followed, or where the only one is; for paths.

    Raises:
        InputRefusedError: If a file cannot be used.
        UsageError: If there are fewer than two, when they were is not known, or their case names differ.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> truths = [vs.SAMPLE_FOLDER / f"exam{number}_truth.nii.gz" for number in (1, 2)]
        >>> volume = vs.compare(truths, dates=("2025-01-10", "2026-01-25")).growth.of("vol_total")
        >>> [len(volume.measurements), volume.changes[0].delta.unit]
        [2, 'cm3']
    """
    if isinstance(examinations, Result | str | os.PathLike) or len(examinations) < 2:
        msg = "a comparison needs a list of at least two examinations; give results, folders or labelmaps of both"
        raise UsageError(msg)
    given = [_examination(each, values, side) for each in examinations]
    content = compare_examinations(
        given,
        _times(given, days, dates),
        policy=policy,
        limits=limits,
        align=align,
        with_dates=with_dates,
        different_cases=different_cases,
        on_progress=on_progress,
    )
    return Comparison(content=content)


def _examination(given: Result | str | os.PathLike[str], values: str | None, side: Side | None) -> ComparedExamination:
    if isinstance(given, Result):
        return examination_of(given.content)
    return read_examination(Path(given).expanduser(), None, side, values)


def _times(
    given: Sequence[ComparedExamination], days: Sequence[int] | None, dates: Sequence[dt.date | str] | None
) -> Times:
    if days is not None and dates is not None:
        msg = "both days and dates were given, and they might disagree; give one of them"
        raise UsageError(msg)
    if days is not None:
        return Times(days=tuple(days))
    if dates is not None:
        return Times.from_dates([_date(each) for each in dates])
    known = known_times(given)
    if known is None:
        msg = "when the examinations were is not known; give days=(0, 380), or dates, one for each in their order"
        raise UsageError(msg)
    return known


def _date(given: dt.date | str) -> dt.date:
    if isinstance(given, dt.date):
        return given
    try:
        return dt.date.fromisoformat(given)
    except ValueError as error:
        msg = "a date is written as year-month-day, like 2026-11-29, and one was not"
        raise UsageError(msg) from error
