"""Who checked what, and every change by hand since: what decides between DRAFT and REVIEWED."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.measurement import MeatalPlane


@dataclass(frozen=True, kw_only=True)
class Review:
    """What a person has ticked as checked."""

    mask_checked: bool
    boundary_checked: bool
    """The border between the intrameatal and the extrameatal part; ticked, too, where there is none."""
    line_checked: bool
    """The line of the headline diameter."""
    at_utc: datetime
    reader: str = ""
    """Who checked, if that person wants to be named."""

    def __post_init__(self) -> None:
        check_utc("Review.at_utc", self.at_utc)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to be checked."""
        return self.mask_checked and self.boundary_checked and self.line_checked


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change by hand."""

    at_utc: datetime
    tool: str
    """`paint`, `erase`, `porus plane`, ..."""
    segment: str
    voxels_added: int = 0
    voxels_removed: int = 0
    plane_before: MeatalPlane | None = None
    plane_after: MeatalPlane | None = None
    """Both set when the edit moved the plane."""
    actor: str = ""
    """Who edited, if that person wants to be named."""

    def __post_init__(self) -> None:
        check_utc("Edit.at_utc", self.at_utc)
        if self.voxels_added < 0 or self.voxels_removed < 0:
            msg = f"an edit adds and removes 0 voxels or more, got {self.voxels_added} and {self.voxels_removed}"
            raise UsageError(msg)


@dataclass(frozen=True, kw_only=True)
class EditLog:
    """Every edit in the order of time; entries are added and never changed or taken away."""

    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        times = [edit.at_utc for edit in self.edits]
        if times != sorted(times):
            msg = "an edit log is in the order of time, got an edit that is older than one before it"
            raise UsageError(msg)

    def with_edit(self, edit: Edit) -> "EditLog":
        """Return a log with one more edit at its end.

        Raises:
            UsageError: If the edit is older than the last one.
        """
        return replace(self, edits=(*self.edits, edit))


def is_reviewed(review: Review | None, log: EditLog) -> bool:
    """Return whether everything is checked and nothing was edited since."""
    if review is None or not review.is_complete:
        return False
    return not log.edits or log.edits[-1].at_utc <= review.at_utc


def check_utc(name: str, moment: datetime) -> None:
    """See that a time says that it is UTC.

    Raises:
        UsageError: If it does not.
    """
    if moment.utcoffset() != timedelta(0):
        msg = f"{name} must be in UTC, got {moment.tzinfo or 'no time zone'}; use datetime.now(UTC)"
        raise UsageError(msg)
