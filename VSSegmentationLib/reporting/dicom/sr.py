"""The measurements as a DICOM structured report (PS3.16, TID 1500) beside the segmentation object.

It is a Comprehensive 3D SR, or, for archives that don't know that, a Comprehensive SR, which holds no lines in space.
"""

from pathlib import Path

import pydicom
from highdicom import sr
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import Comprehensive3DSRStorage, ComprehensiveSRStorage

from VSSegmentationLib import __version__
from VSSegmentationLib.measurement import Grade, Uncertainty
from VSSegmentationLib.reporting.dicom import vocabulary
from VSSegmentationLib.reporting.dicom.common import SOFTWARE, coded, finish, quiet, scheme_items
from VSSegmentationLib.reporting.dicom.groups import GroupMaker, comment_items
from VSSegmentationLib.reporting.dicom.object_uids import former_version, object_uids
from VSSegmentationLib.reporting.dicom.stand_ins import StandIns
from VSSegmentationLib.reporting.report.dicom_link import DicomLink
from VSSegmentationLib.reporting.report.provenance import corrections_in
from VSSegmentationLib.reporting.report.report import Report
from VSSegmentationLib.tasks import Task


def write_structured_report(
    path: Path, segmentation_path: Path, report: Report, link: DicomLink, task: Task, *, in_space: bool = True
) -> None:
    """Write the measurements that have a value, each with its place, and in words why others have none.

    Args:
        path: The file to write.
        segmentation_path: The segmentation object of the same result, which the volumes refer to.
        report: What is told.
        link: The one that the segmentation object was written with: another one would break the references.
        task: What kind of tumor it tells of.
        in_space: Whether it is a Comprehensive 3D SR.

    Raises:
        VSSegmentationError: If no object can be written for this series.
    """
    with quiet():
        segmentation = pydicom.dcmread(segmentation_path)
        document = _document(segmentation, report, link, task, in_space=in_space)
        document.save_as(path, enforce_file_format=True)


def _document(
    segmentation: Dataset, report: Report, link: DicomLink, task: Task, *, in_space: bool
) -> sr.Comprehensive3DSR | sr.ComprehensiveSR:
    stand_ins = StandIns(link)
    kind = "sr" if in_space else "sr-2d"
    uids = object_uids(kind, report, stand_ins, link)
    sop_class = Comprehensive3DSRStorage if in_space else ComprehensiveSRStorage
    former = former_version(kind, report, stand_ins, link, sop_class)
    maker = GroupMaker(
        report=report, link=link, stand_ins=stand_ins, segmentation=segmentation, task=task, in_space=in_space
    )
    content = sr.MeasurementReport(
        observation_context=_observers(report, link),
        procedure_reported=coded(vocabulary.MRI),
        imaging_measurements=maker.groups(),
        title=codes.DCM.ImagingMeasurementReport,
    )
    content[0].ContentSequence.extend(comment_items(_comments(report)))
    made: type[sr.Comprehensive3DSR | sr.ComprehensiveSR] = sr.Comprehensive3DSR if in_space else sr.ComprehensiveSR
    document = made(
        evidence=[*stand_ins.datasets, segmentation],
        content=content,
        series_instance_uid=uids.series,
        series_number=stand_ins.series_number + (1 if in_space else 2),
        sop_instance_uid=uids.instance,
        instance_number=uids.instance_number,
        previous_versions=former or None,
        manufacturer=SOFTWARE,
        manufacturer_model_name="VSSegmentationLib",
        software_versions=__version__,
        device_serial_number="none",
        series_description=f"{task.title}, {report.status.upper()}, research use only",
        is_complete=not report.is_draft,
        is_verified=False,
        coding_schemes=scheme_items(),
    )
    finish(document, link.identity)
    return document


def _observers(report: Report, link: DicomLink) -> sr.ObservationContext:
    device = sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=link.identity.derived_uid("device", SOFTWARE, report.software.version),
            name=report.software.name,
            manufacturer_name=SOFTWARE,
            model_name=f"version {report.software.version}",
        ),
    )
    reader = report.review.reader if report.review is not None and link.identity.with_identifiers else ""
    person = (
        sr.ObserverContext(
            observer_type=codes.DCM.Person,
            observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=reader),
        )
        if reader
        else None
    )
    return sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _comments(report: Report) -> list[str]:
    """Return what belongs to the numbers and has no place in the template."""
    headline = report.headline
    policy = f"policy {headline.policy}, version {headline.policy_version}: {headline.reason}"
    unit = next((m.unit for m in report.measurements if m.id == headline.measurement_id), "mm")
    leads = (
        f"Headline: {headline.measurement_id} {headline.value_mm:.1f} {unit}; {policy}."
        if headline.value_mm is not None
        else f"Headline: none; {policy}."
    )
    corrections = corrections_in(report.provenance)
    return [
        report.notice,
        f"{report.status.upper()}: {report.findings}",
        *(() if corrections is None else (corrections.sentence,)),
        leads,
        headline.note,
        *(f"Not measurable: {m.name} ({m.id}): {m.reason}." for m in report.measurements if m.value is None),
        *(_uncertain(m.id, m.uncertainty) for m in report.measurements if m.uncertainty is not None),
        *(_graded(grade) for grade in report.grades),
        *(f"Warning: {warning}" for warning in report.warnings),
    ]


def _uncertain(measurement_id: str, uncertainty: Uncertainty) -> str:
    if uncertainty.value is None:
        return f"Uncertainty of {measurement_id}: {uncertainty.kind} ({uncertainty.source})."
    half = f"+/- {uncertainty.value:g} {uncertainty.unit}"
    return f"Uncertainty of {measurement_id}: {half} ({uncertainty.kind}; {uncertainty.source})."


def _graded(grade: Grade) -> str:
    measured = "" if grade.raw_mm is None else f", from {grade.raw_mm:.1f} mm before rounding"
    return f"{grade.name} grade (derived by software): {grade.value}{measured}; {grade.reason}."
