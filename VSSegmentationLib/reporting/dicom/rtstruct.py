"""A labelmap as a DICOM RT structure set: closed planar contours on the slices of the source series.

Source: DICOM PS3.3 A.19 and C.8.8. Never approved: what a structure is used for is for others to decide.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from VSSegmentationLib import __version__, geometry
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.frames import lps_from_ras
from VSSegmentationLib.imageio.dicom_source import DicomSource
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.label_set import LabelEntry
from VSSegmentationLib.reporting.dicom import vocabulary
from VSSegmentationLib.reporting.dicom.common import SOFTWARE, coded, finish, quiet
from VSSegmentationLib.reporting.dicom.made_by_hand import new_object
from VSSegmentationLib.reporting.dicom.object_uids import object_uids
from VSSegmentationLib.reporting.dicom.parts import Segments, segments_of
from VSSegmentationLib.reporting.dicom.planar_contours import keyhole_contours
from VSSegmentationLib.reporting.dicom.stand_ins import StandIns
from VSSegmentationLib.reporting.report.dicom_link import DicomLink
from VSSegmentationLib.reporting.report.report import Report
from VSSegmentationLib.tasks import Task
from VSSegmentationLib.volume import Volume

_STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"
"""Detached Study Management, retired everywhere but in structure sets."""
_DECIMALS = 3
"""Of coordinates in mm; with their sign and point they fit the 16 letters of a decimal string."""
_MAX_LABEL = 16
_SERIES_STEP = 5
"""Of the series number, after those of the other objects."""
WHOLE_TUMOR = "Whole tumor"


class _Roi(NamedTuple):
    name: str
    entry: LabelEntry
    mask: NDArray[np.bool_]


def write_structure_set(path: Path, labelmap: Volume, report: Report, link: DicomLink, task: Task) -> None:
    """Write a structure for each part that the labelmap holds, and of a divided tumor one for the whole of it.

    Raises:
        EmptyMaskError: If the labelmap holds nothing.
        GeometryError: If the labelmap does not have the voxels of the series.
        VSSegmentationError: If no object can be written for this series.
    """
    with quiet():
        _structure_set(labelmap, report, link, task).save_as(path, enforce_file_format=True)


def _structure_set(labelmap: Volume, report: Report, link: DicomLink, task: Task) -> Dataset:
    placed = place_on_grid(labelmap, link.source.shape, link.source.dhw_to_ras)
    rois = _rois(segments_of(placed, task.label_set, report.side), task)
    if not rois:
        msg = "a structure set needs at least one structure, and the labelmap is empty; leave the DICOM formats out"
        raise EmptyMaskError(msg)
    stand_ins = StandIns(link)
    dataset = _begun(stand_ins, report, link, task)
    images = [_image_item(*stand_ins.slice_reference(index)) for index in range(link.source.shape[0])]
    frame_uid = str(stand_ins.datasets[0].FrameOfReferenceUID)
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = frame_uid, ""
    dataset.ReferencedFrameOfReferenceSequence = [_referenced(stand_ins, images, frame_uid)]
    numbered = list(enumerate(rois, 1))
    dataset.StructureSetROISequence = [_described(number, roi, report, frame_uid) for number, roi in numbered]
    dataset.ROIContourSequence = [_drawn(number, roi, images, link.source) for number, roi in numbered]
    dataset.RTROIObservationsSequence = [_observed(number, roi) for number, roi in numbered]
    dataset.ApprovalStatus = "UNAPPROVED"
    finish(dataset, link.identity)
    if not link.identity.with_identifiers:
        dataset.StructureSetDate = dataset.StructureSetTime = ""
    return dataset


def _rois(segments: Segments, task: Task) -> list[_Roi]:
    found = [
        _Roi(part.name if part.side is None else f"{part.name}, {part.side}", part.entry, segments.numbers == number)
        for number, part in enumerate(segments.parts, 1)
    ]
    tumor = [number for number, part in enumerate(segments.parts, 1) if part.entry.is_tumor and part.measured]
    if len(tumor) > 1:
        side = segments.parts[tumor[0] - 1].side
        name = WHOLE_TUMOR if side is None else f"{WHOLE_TUMOR}, {side}"
        found.insert(0, _Roi(name, task.label_set.whole_tumor, np.isin(segments.numbers, tumor)))
    return found


def _begun(stand_ins: StandIns, report: Report, link: DicomLink, task: Task) -> Dataset:
    """Return the object with all but its structures: patient, study, series, equipment."""
    uids = object_uids("rtstruct", report, stand_ins, link)
    dataset = new_object(RTStructureSetStorage, uids, stand_ins, report, task)
    dataset.Modality, dataset.OperatorsName = "RTSTRUCT", ""
    dataset.SeriesNumber = stand_ins.series_number + _SERIES_STEP
    status, now = report.status.upper(), datetime.now(tz=UTC)
    dataset.StructureSetDate, dataset.StructureSetTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    dataset.StructureSetLabel = f"{status} {task.short_name}"[:_MAX_LABEL]
    dataset.StructureSetName = f"{task.title}, {status}"
    dataset.StructureSetDescription = f"{status}; for research use only"
    return dataset


def _image_item(image: Dataset, frame_number: int | None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    if frame_number is not None:
        item.ReferencedFrameNumber = frame_number
    return item


def _referenced(stand_ins: StandIns, images: Sequence[Dataset], frame_uid: str) -> Dataset:
    """Return the frame of reference with the study, its series, and all slices of it."""
    first = stand_ins.datasets[0]
    series, study, frame = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = first.SeriesInstanceUID
    series.ContourImageSequence = [_image_item(image, None) for image in stand_ins.datasets]
    if stand_ins.enhanced:
        series.ContourImageSequence = list(images)
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = _STUDY_CLASS, first.StudyInstanceUID
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID, frame.RTReferencedStudySequence = frame_uid, [study]
    return frame


def _described(number: int, roi: _Roi, report: Report, frame_uid: str) -> Dataset:
    item = Dataset()
    item.ROINumber, item.ROIName, item.ReferencedFrameOfReferenceUID = number, roi.name, frame_uid
    item.ROIGenerationAlgorithm = report.segmentation.algorithm_type
    if report.model is not None:
        item.ROIGenerationDescription = f"{SOFTWARE} {__version__}, {report.model.name} {report.model.version}"[:64]
    return item


def _drawn(number: int, roi: _Roi, images: Sequence[Dataset], source: DicomSource) -> Dataset:
    item = Dataset()
    item.ReferencedROINumber, item.ROIDisplayColor = number, list(roi.entry.color_rgb)
    item.ContourSequence = [
        _contour(points, index, images[index], source)
        for index in np.flatnonzero(roi.mask.any(axis=(1, 2))).tolist()
        for points in keyhole_contours(roi.mask[index])
    ]
    for count, contour in enumerate(item.ContourSequence, 1):
        contour.ContourNumber = count
    return item


def _contour(points: NDArray[np.float64], index: int, image: Dataset, source: DicomSource) -> Dataset:
    dhw = np.column_stack([np.full(len(points), float(index)), points])
    lps = lps_from_ras(geometry.transform_points(source.dhw_to_ras, dhw))
    item = Dataset()
    item.ContourImageSequence, item.ContourGeometricType = [image], "CLOSED_PLANAR"
    item.NumberOfContourPoints = len(points)
    item.ContourData = [f"{round(value, _DECIMALS):.{_DECIMALS}f}" for value in lps.ravel().tolist()]
    return item


def _observed(number: int, roi: _Roi) -> Dataset:
    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = number
    item.RTROIInterpretedType = "" if roi.entry.is_tumor else "ORGAN"
    item.ROIInterpreter = ""
    item.RTROIIdentificationCodeSequence = [coded(vocabulary.as_dicom_words(roi.entry.type))]
    return item
