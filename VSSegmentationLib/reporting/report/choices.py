"""What a user may choose about a report, apart from what was found."""

import datetime as dt
import secrets
from dataclasses import dataclass, field, replace

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.imageio.dicom.identifiers import Identifiers, read_identifiers
from VSSegmentationLib.imageio.dicom_source import DicomSource
from VSSegmentationLib.measurement.growth import TreatmentKind
from VSSegmentationLib.reporting.report.content import ReportContent, scan_facts
from VSSegmentationLib.reporting.report.dicom_link import SALT_BYTES, DicomIdentity, DicomLink, Edition
from VSSegmentationLib.reporting.report.fields import UserFields
from VSSegmentationLib.reporting.report.review import Review


@dataclass(frozen=True, kw_only=True)
class ReportChoices:
    """How a report is made; the default names no patient and no reader, and is a draft."""

    policy: str | None = None
    """Which diameter leads: a headline policy of the task; None takes its default."""
    case: str = ""
    """A pseudonym, never a patient's name or number."""
    salt: str | None = None
    """Secret of a study whose reports have to be linked; see `hashed_uid`."""
    with_identifiers: bool = False
    """Write patient and study as the DICOM headers name them."""
    review: Review | None = None
    user_fields: UserFields = field(default_factory=UserFields)
    """What a person found or knows; a surgery before the examination counts when the headline is chosen."""
    days_from_baseline: int | None = None
    """Of this examination, as a person tells it."""
    study_date: dt.date | None = None
    """Of this examination, as a person tells it; written with identifiers alone, and must be that of the header."""
    edition: Edition | None = None
    """Of the DICOM objects, whose UIDs are then the same each time; None gives them UIDs of their own."""

    @property
    def after_surgery(self) -> bool:
        """Whether the examination was after surgery of the tumor."""
        return any(each.kind == TreatmentKind.SURGERY for each in self.user_fields.prior_treatment)


def with_choices(content: ReportContent, choices: ReportChoices, scan: Scan | None) -> ReportContent:
    """Return what a report is made from, as the user chose.

    Args:
        content: What was found.
        choices: Of the user.
        scan: That was segmented, if it is at hand.

    Raises:
        UsageError: If identifiers are wanted of a scan that has none, there is no such policy, or a date was told that
            is not that of the scan.
    """
    source = scan.dicom_source if scan else None
    if choices.with_identifiers and source is None:
        msg = "a report with identifiers needs a scan from a DICOM folder; leave the identifiers out"
        raise UsageError(msg)
    return replace(
        content,
        headline=content.task.choose_headline(
            content.measurements,
            content.task.chosen_policy(choices.policy),
            after_surgery=choices.after_surgery,
        ),
        case=choices.case,
        scan=scan_facts(scan, choices.salt) if scan else None,
        dicom=dicom_link(source, choices),
        review=choices.review,
        user_fields=choices.user_fields,
        identifiers=_identifiers(source, choices),
        days_from_baseline=(
            content.days_from_baseline if choices.days_from_baseline is None else choices.days_from_baseline
        ),
    )


def _identifiers(source: DicomSource | None, choices: ReportChoices) -> Identifiers | None:
    """Return patient and study where they are wanted, after comparing the date that a person told with the header's."""
    if source is None or not (choices.with_identifiers or choices.study_date):
        return None
    found = read_identifiers(source)
    if choices.study_date is not None:
        told = choices.study_date.strftime("%Y%m%d")
        if found.study_date and found.study_date.replace("-", "") != told:
            msg = "the date given is not the study date in the DICOM headers of the scan; leave it out, or correct it"
            raise UsageError(msg)
        found = replace(found, study_date=found.study_date or told)
    return found if choices.with_identifiers else None


def dicom_link(source: DicomSource | None, choices: ReportChoices) -> DicomLink | None:
    """Return what DICOM objects of a report refer to; None for a scan that was not read from DICOM."""
    if source is None:
        return None
    salt = secrets.token_hex(SALT_BYTES) if choices.salt is None else choices.salt
    return DicomLink(
        source=source,
        identity=DicomIdentity(with_identifiers=choices.with_identifiers, pseudonym=choices.case, salt=salt),
        edition=choices.edition,
    )
