"""Measurements as measurement groups of a structured report (PS3.16, TID 1410, 1411 and 1501)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from highdicom import sr
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from VSSegmentationLib.frames import lps_from_ras
from VSSegmentationLib.label_set import LabelEntry
from VSSegmentationLib.measurement import Grade
from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.grades import NOT_GRADED
from VSSegmentationLib.reporting.dicom import vocabulary
from VSSegmentationLib.reporting.dicom.common import coded
from VSSegmentationLib.reporting.dicom.stand_ins import StandIns, image_points
from VSSegmentationLib.reporting.report.dicom_link import DicomLink
from VSSegmentationLib.reporting.report.fields import answers
from VSSegmentationLib.reporting.report.report import MeasurementRecord, Report
from VSSegmentationLib.tasks import Task

Group = (
    sr.PlanarROIMeasurementsAndQualitativeEvaluations
    | sr.VolumetricROIMeasurementsAndQualitativeEvaluations
    | sr.MeasurementsAndQualitativeEvaluations
)

_IN_SLICE = 0.01
"""Share of the slice distance by which both ends of a line may miss a slice and still be drawn on it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupMaker:
    """Turns the measurements of one report into groups."""

    report: Report
    link: DicomLink
    stand_ins: StandIns
    segmentation: Dataset
    """The object whose segments the volumes are of."""
    task: Task
    in_space: bool = True
    """Whether the report can hold lines in space; elsewhere one that lies in no slice has no place."""

    def groups(self) -> list[Group]:
        """Return one group for each measurement that has a value, named by its id, and one for the grades."""
        groups = [self._group(m) for m in self.report.measurements if m.value is not None]
        evaluations = _evaluations(self.report)
        if evaluations:
            about = self._about("tumor", WHOLE)
            groups.append(sr.MeasurementsAndQualitativeEvaluations(**about, qualitative_evaluations=evaluations))
        return groups

    def _group(self, measurement: MeasurementRecord) -> Group:
        about = self._about(measurement.id, measurement.region)
        about["method"] = coded(vocabulary.method_of(measurement, self.task))
        about["measurements"] = [_numeric(measurement, self.task)]
        number = self._segment_number(measurement)
        if number is not None:
            segment = self._segment(number)
            return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(**about, referenced_segment=segment)
        ends = measurement.end_points_ras_mm
        region = None if ends is None else self._region(np.asarray(ends))
        if region is None:
            return sr.MeasurementsAndQualitativeEvaluations(**about)
        return sr.PlanarROIMeasurementsAndQualitativeEvaluations(**about, referenced_region=region)

    def _segment_number(self, measurement: MeasurementRecord) -> int | None:
        """Return the segment whose volume this is: that of its part, or the only one of a tumor not divided.

        A region with others inside it has the voxels of several segments, and no single one to refer to.
        """
        if measurement.id not in self.task.main_volumes:
            return None
        numbers = {str(s.SegmentLabel): int(s.SegmentNumber) for s in self.segmentation.SegmentSequence}
        labels = self.task.label_set
        entry = self.task.entry_of_region(measurement.region)
        if measurement.id == self.task.whole_volume:
            divided = [part for part in labels.tumor if not part.undivided]
            entry = None if any(part.name in numbers for part in divided) else labels.undivided
        if entry is None or len(labels.region_values(entry.key)) > 1:
            return None
        return numbers.get(entry.name)

    def _segment(self, number: int) -> sr.ReferencedSegment:
        return sr.ReferencedSegment(
            sop_class_uid=self.segmentation.SOPClassUID,
            sop_instance_uid=self.segmentation.SOPInstanceUID,
            segment_number=number,
            source_series=sr.SourceSeriesForSegmentation(self.stand_ins.datasets[0].SeriesInstanceUID),
        )

    def _about(self, identifier: str, region: str) -> dict[str, Any]:
        """Return what every group says: which measurement of which tumor it is, and what found it."""
        definition = self.task.definitions.get(identifier)
        side = (definition.side if definition else None) or self.report.side
        entry = self.task.entry_of_region(region)
        subject = self._tumor if entry is None or entry.is_tumor else entry
        uid = self.link.identity.derived_uid("measurement", self.stand_ins.patient_key, side or "", identifier)
        return {
            "tracking_identifier": sr.TrackingIdentifier(uid=uid, identifier=identifier),
            "finding_type": coded(vocabulary.as_dicom_words(subject.type)),
            "finding_category": coded(vocabulary.as_dicom_words(subject.category)),
            "finding_sites": _sites(subject, entry, side),
            "algorithm_id": self._algorithm(),
        }

    def _region(self, points_ras_mm: np.ndarray) -> sr.ImageRegion | sr.ImageRegion3D | None:
        """Return the line on the slice it lies in; in space where it lies in none, if the report can hold that."""
        points = image_points(self.link.source, points_ras_mm)
        index = round(float(points[0, 0]))
        if np.abs(points[:, 0] - index).max() > _IN_SLICE or not 0 <= index < self.link.source.shape[0]:
            if not self.in_space:
                return None
            return sr.ImageRegion3D(
                graphic_type=sr.GraphicTypeValues3D.POLYLINE,
                graphic_data=lps_from_ras(points_ras_mm),
                frame_of_reference_uid=self.link.identity.uid(self.link.source.frame_of_reference_uid),
            )
        image, frame_number = self.stand_ins.slice_reference(index)
        return sr.ImageRegion(
            graphic_type=sr.GraphicTypeValues.POLYLINE,
            graphic_data=points[:, 1:],
            source_image=sr.SourceImageForRegion(
                referenced_sop_class_uid=image.SOPClassUID,
                referenced_sop_instance_uid=image.SOPInstanceUID,
                referenced_frame_numbers=None if frame_number is None else [frame_number],
            ),
        )

    @property
    def _tumor(self) -> LabelEntry:
        """The label whose type and place are those of the whole tumor."""
        return self.task.label_set.undivided or self.task.label_set.tumor[0]

    def _algorithm(self) -> sr.AlgorithmIdentification:
        model = self.report.model
        made_by = f"segmentation: {self.report.segmentation.algorithm_type}"
        if model is not None:
            made_by += f", model {model.name} {model.version}, weights SHA-256 {model.weights_sha256}"
        software = self.report.software
        return sr.AlgorithmIdentification(name=software.name, version=software.version, parameters=[made_by])


def _sites(subject: LabelEntry, entry: LabelEntry | None, side: str | None) -> list[sr.FindingSite]:
    """Return where something is: an organ lies where it itself is."""
    place = subject.anatomic_region if subject.is_tumor else subject.anatomic_region or subject.type
    if place is None:
        return []
    modifier = None if entry is None else entry.modifier
    return [
        sr.FindingSite(
            anatomic_location=coded(place),
            laterality=coded(vocabulary.SIDES[side]) if side else None,
            topographical_modifier=coded(modifier) if modifier else None,
        )
    ]


def _numeric(measurement: MeasurementRecord, task: Task) -> sr.Measurement:
    if measurement.value is None:
        msg = f"{measurement.id} has no value to be written"
        raise ValueError(msg)
    return sr.Measurement(
        name=coded(vocabulary.concept_of(measurement, task)),
        value=measurement.value,
        unit=coded(vocabulary.unit_of(measurement)),
    )


def _evaluations(report: Report) -> list[sr.QualitativeEvaluation]:
    computed = [(f"{g.name} grade, derived by software", "AUTO", g) for g in report.grades if g.value != NOT_GRADED]
    entered = [(f"{grade.name} grade, user-entered", "USER", grade) for grade in entered_grades(report)]
    return [_evaluation(*each) for each in (*computed, *entered)]


def entered_grades(report: Report) -> list[Grade]:
    """Return the grades that a person entered."""
    told = [(question.grade, answer) for question, answer in answers(report.user_fields) if question.grade]
    return [Grade(name=scale, value=answer, raw_mm=None, reason="") for scale, answer in told]


def _evaluation(name: str, origin: str, grade: Grade) -> sr.QualitativeEvaluation:
    meaning = f"{grade.value} ({grade.meaning})" if grade.meaning else grade.value
    return sr.QualitativeEvaluation(
        name=coded(vocabulary.private(vocabulary.value_of(grade.name.split()[0], origin), name)),
        value=coded(vocabulary.private(vocabulary.value_of(grade.name.split()[0], grade.value), meaning)),
    )


def comment_items(comments: Sequence[str]) -> list[sr.TextContentItem]:
    """Return sentences as comments of the report."""
    return [
        sr.TextContentItem(name=codes.DCM.Comment, value=text, relationship_type=sr.RelationshipTypeValues.CONTAINS)
        for text in comments
        if text.strip()
    ]
