"""What a report is made from, and the sentence that stands on every one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.imageio.dicom.identifiers import Identifiers
from VSSegmentationLib.measurement import Grade, Headline, Measurement, MeatalPlane
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.reporting.report.dicom_link import DicomLink
from VSSegmentationLib.reporting.report.fields import ManualOverride, UserFields
from VSSegmentationLib.reporting.report.privacy import HashedUid, hashed_uid
from VSSegmentationLib.reporting.report.provenance import Provenance
from VSSegmentationLib.reporting.report.reliability import withheld_grades, withheld_headline
from VSSegmentationLib.reporting.report.review import EditLog, Review, check_utc, is_reviewed
from VSSegmentationLib.reporting.report.shown import ShownExamination
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationLib.volume import Volume

NOTICE = (
    "For research use only. Not a medical device. Not for diagnosis or treatment decisions. "
    "Measurements must be checked by a qualified reader."
)


@dataclass(frozen=True, kw_only=True)
class ScanFacts:
    """What is told of the scan beside its grid; nothing that identifies the patient."""

    modality: str
    file_format: str
    slice_thickness_mm: float
    series: HashedUid | None


def scan_facts(scan: Scan, salt: str | None = None) -> ScanFacts:
    """Return what a report tells of a scan.

    Args:
        scan: As `imageio.read_scan` gives it.
        salt: See `hashed_uid`.
    """
    return ScanFacts(
        modality=str(scan.modality),
        file_format=scan.file_format,
        slice_thickness_mm=scan.slice_thickness_mm,
        series=None if scan.series_uid is None else hashed_uid(scan.series_uid, salt),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportContent:
    """Everything that the files beside a segmentation tell; the same for each of them."""

    image: Volume | None
    """The scan, on the grid of the labelmap; None when only a labelmap was measured."""
    labelmap: Volume
    """uint8 of values of the task's labels."""
    task: Task = DEFAULT_TASK
    """What kind of tumor was measured."""
    measurements: tuple[Measurement, ...]
    findings: str
    """One sentence: whether a tumor was found, and what of it."""
    candidates: tuple[Mapping[str, Any], ...] = ()
    """Other regions that were considered, as named values."""
    warnings: tuple[str, ...] = ()
    """Full sentences; they go into every output."""
    remarks: tuple[str, ...] = ()
    """Full sentences about the files and not about the patient: what was not written, and why."""
    doubts: tuple[str, ...] = ()
    """Those of them for which the result cannot be relied on: then no output has a headline, a grade or a sentence."""
    provenance: Provenance
    """Software, model, input and device; no patient identity."""
    created_at_utc: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    scan: ScanFacts | None = None
    dicom: DicomLink | None = None
    """The series that DICOM objects are written for; None for a scan that was not read from DICOM."""
    plane: MeatalPlane | None = None
    """The plane between two parts if a person set it; None fits it to the labelmap."""
    side: str | None = None
    """`left` or `right` of the patient; None where it is not determined."""
    headline: Headline | None = None
    """None lets the default policy choose."""
    case: str = ""
    """A pseudonym that the user typed, never a patient's name or number."""
    days_from_baseline: int | None = None
    review: Review | None = None
    """Until everything is checked, and after every later edit, each output says DRAFT."""
    edit_log: EditLog = field(default_factory=EditLog)
    automatic_labelmap: Volume | None = None
    """The model's untouched answer, when a person has edited it since."""
    was_edited: bool = False
    """Whether the mask is not what the model gave any more, although log and answer may be lost."""
    overrides: tuple[ManualOverride, ...] = ()
    user_fields: UserFields = field(default_factory=UserFields)
    growth: Growth | None = None
    """Comparison with other examinations of the patient."""
    shown: tuple[ShownExamination, ...] = ()
    """One per examination of that comparison, to be shown beside each other; none shows no pictures of them."""
    identifiers: Identifiers | None = None
    """Only when the user switched identifiers on."""

    __repr__ = short_repr

    def __post_init__(self) -> None:
        check_utc("created_at_utc", self.created_at_utc)
        for name, other in (("image", self.image), ("automatic labelmap", self.automatic_labelmap)):
            if other is not None and not other.same_grid(self.labelmap):
                msg = (
                    f"{name} and labelmap of a report must share one grid, got shapes {other.shape} and "
                    f"{self.labelmap.shape} or different places; bring the labelmap to the scan's grid first"
                )
                raise GeometryError(msg)

    @property
    def all_warnings(self) -> tuple[str, ...]:
        """The warnings, with those of the comparison with earlier examinations."""
        return (*self.warnings, *(() if self.growth is None else (each.text for each in self.growth.warnings)))

    @property
    def is_edited(self) -> bool:
        """Whether the mask is not what a model gave any more."""
        return self.was_edited or bool(self.edit_log.edits) or self.automatic_labelmap is not None

    @property
    def leading(self) -> Headline:
        """The headline, given or chosen by the default policy; none of a result that cannot be relied on."""
        chosen = self.headline or self.task.choose_headline(self.measurements, self.task.default_policy)
        return chosen if self.reliable else withheld_headline(chosen)

    @property
    def grades(self) -> tuple[Grade, ...]:
        """The grades by the scales of the task; none of a result that cannot be relied on."""
        graded = self.task.grades(self.measurements)
        return graded if self.reliable else withheld_grades(graded)

    @property
    def reliable(self) -> bool:
        """Whether there is nothing for which the result cannot be relied on."""
        return not self.doubts

    @property
    def reviewed(self) -> bool:
        """Whether a person has checked mask, boundary and line, and nothing was edited since."""
        return is_reviewed(self.review, self.edit_log)

    @property
    def status(self) -> str:
        """`draft` or `reviewed`."""
        return "reviewed" if self.reviewed else "draft"
