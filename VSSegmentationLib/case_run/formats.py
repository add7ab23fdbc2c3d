"""Whether the formats that were asked for can be written, asked before anything long is begun."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from VSSegmentationLib.case_run.missing import without_missing
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import DICOM_FORMATS, OF_A_TUMOR, SURFACE_FORMATS, OutputFormat, with_what_they_need
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.measurement.regions import find_tumor
from VSSegmentationLib.reporting import ReportChoices, ReportContent, check_dicom, dicom_link
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity

_EMPTY = (
    "No DICOM segmentation was written, nor contours, nor what refers to one: it needs at least one segment, and the "
    "labelmap is empty."
)
_NO_KEY_IMAGE = "No key image was written: no tumor was found."
_NO_SURFACE = "No surface was written: no tumor was found."
_WITH_IDENTIFIERS = "The DICOM objects carry the patient, the study and the UIDs of the source series, as asked for."


class Formats(NamedTuple):
    """What will be written, and what a reader of it has to know of what is not."""

    chosen: tuple[OutputFormat, ...]
    warnings: tuple[str, ...] = ()

    @property
    def has_dicom(self) -> bool:
        """Whether any of them belongs to a DICOM series."""
        return any(each in DICOM_FORMATS for each in self.chosen)

    def without(self, some: Iterable[OutputFormat]) -> "Formats":
        """Return the formats without some of them."""
        left_out = set(some)
        return self._replace(chosen=tuple(each for each in self.chosen if each not in left_out))

    def fitting(self, content: ReportContent) -> tuple[ReportContent, "Formats"]:
        """Return the content with every remark, and the formats that there is something for."""
        told, fitting = self.warnings, self
        if not content.labelmap.array.any() and set(OF_A_TUMOR).intersection(self.chosen):
            told = (*told, _EMPTY)
            fitting = fitting.without(OF_A_TUMOR)
        elif OutputFormat.DICOM_KEY_IMAGE in self.chosen and not _holds_tumor(content):
            told = (*told, _NO_KEY_IMAGE)
            fitting = fitting.without((OutputFormat.DICOM_KEY_IMAGE,))
        if set(SURFACE_FORMATS).intersection(self.chosen) and not _holds_tumor(content):
            told = (*told, _NO_SURFACE)
            fitting = fitting.without(SURFACE_FORMATS)
        if fitting.has_dicom and content.dicom is not None and content.dicom.identity.with_identifiers:
            told = (*told, _WITH_IDENTIFIERS)
        return replace(content, remarks=(*content.remarks, *told)), fitting


def _holds_tumor(content: ReportContent) -> bool:
    return find_tumor(content.labelmap, content.task.label_set) is not None


def check_pseudonym(typed: Iterable[OutputFormat], choices: ReportChoices) -> None:
    """See that the DICOM formats that were named can hold the pseudonym, before anything is read.

    Raises:
        UsageError: If they cannot; where all formats were asked for, those that do not fit are left out later.
    """
    named = set(typed)
    if named != set(OutputFormat) and named.intersection(DICOM_FORMATS):
        DicomIdentity(pseudonym=choices.case).check_pseudonym()


def possible_formats(typed: Iterable[OutputFormat], scan: Scan | None, choices: ReportChoices) -> Formats:
    """Return the formats that the input allows.

    Args:
        typed: Formats; when they are all there are, those that do not fit the input are left out with a warning.
        scan: The one to be segmented or measured, if any.
        choices: Pseudonym, salt and whether identifiers are written.

    Raises:
        UsageError: If a format was named that the input does not allow, or whose program is not installed here.
    """
    all_there_are = set(typed := tuple(typed)) == set(OutputFormat)
    possible, warnings = without_missing(typed)
    formats = Formats(with_what_they_need(possible), warnings)
    if not formats.has_dicom:
        return formats
    try:
        check_dicom(dicom_link(scan.dicom_source if scan else None, choices))
    except UsageError as error:
        if not all_there_are:
            raise
        return Formats(formats.without(DICOM_FORMATS).chosen, (*warnings, f"No DICOM object was written: {error}."))
    return formats
