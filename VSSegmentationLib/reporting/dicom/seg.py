"""A labelmap as a DICOM segmentation object on the slices of its source series."""

from pathlib import Path

import highdicom as hd
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from VSSegmentationLib import __version__
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.reporting.dicom import vocabulary
from VSSegmentationLib.reporting.dicom.common import SOFTWARE, coded, finish, quiet, scheme_items
from VSSegmentationLib.reporting.dicom.object_uids import object_uids
from VSSegmentationLib.reporting.dicom.parts import Part, segments_of
from VSSegmentationLib.reporting.dicom.stand_ins import StandIns
from VSSegmentationLib.reporting.report.dicom_link import DicomLink
from VSSegmentationLib.reporting.report.report import Report
from VSSegmentationLib.tasks import Task
from VSSegmentationLib.volume import Volume


def write_segmentation_object(path: Path, labelmap: Volume, report: Report, link: DicomLink, task: Task) -> None:
    """Write one segment for each part that the labelmap holds.

    Raises:
        EmptyMaskError: If the labelmap holds nothing: there is no such thing as a segmentation without a segment.
        GeometryError: If the labelmap does not have the voxels of the series.
        VSSegmentationError: If no object can be written for this series.
    """
    with quiet():
        _segmentation(labelmap, report, link, task).save_as(path, enforce_file_format=True)


def _segmentation(labelmap: Volume, report: Report, link: DicomLink, task: Task) -> hd.seg.Segmentation:
    placed = place_on_grid(labelmap, link.source.shape, link.source.dhw_to_ras)
    numbers, parts = segments_of(placed, task.label_set, report.side)
    if not parts:
        msg = "a DICOM segmentation needs at least one segment, and the labelmap is empty; leave the DICOM formats out"
        raise EmptyMaskError(msg)
    stand_ins = StandIns(link)
    status, uids = report.status.upper(), object_uids("seg", report, stand_ins, link)
    segmentation = hd.seg.Segmentation(
        source_images=stand_ins.datasets,
        pixel_array=numbers,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _described(number, part, report, _tracking_uid(part, stand_ins, link))
            for number, part in enumerate(parts, 1)
        ],
        series_instance_uid=uids.series,
        series_number=stand_ins.series_number,
        sop_instance_uid=uids.instance,
        instance_number=uids.instance_number,
        manufacturer=SOFTWARE,
        manufacturer_model_name="VSSegmentationLib",
        software_versions=__version__,
        device_serial_number="none",
        content_label=task.dicom_label,
        content_description=_description(status, uids.instance_number),
        series_description=f"{task.title}, {status}, research use only",
        coding_schemes=scheme_items(),
    )
    if stand_ins.enhanced:
        _refer_to_frames_of_the_object(segmentation, stand_ins)
    finish(segmentation, link.identity)
    return segmentation


def _description(status: str, number: int) -> str:
    """Return at most 64 letters, as DICOM has it."""
    return f"{status}; for research use only" + (f"; replaces number {number - 1}" if number > 1 else "")


def _described(number: int, part: Part, report: Report, tracking_uid: str) -> hd.seg.SegmentDescription:
    entry = part.entry
    description = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=part.name,
        segmented_property_category=coded(vocabulary.as_dicom_words(entry.category)),
        segmented_property_type=coded(vocabulary.as_dicom_words(entry.type)),
        algorithm_type=report.segmentation.algorithm_type,
        algorithm_identification=_algorithm(report),
        tracking_uid=tracking_uid,
        tracking_id=part.name if part.side is None else f"{part.name}, {part.side}",
        anatomic_regions=[coded(entry.anatomic_region)] if entry.anatomic_region else None,
        display_color=hd.color.CIELabColor.from_rgb(*entry.color_rgb),
    )
    type_modifiers = [entry.modifier] if entry.modifier else []
    sides = [vocabulary.SIDES[part.side]] if part.side else []
    if entry.anatomic_region is not None and sides:
        description.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [coded(code) for code in sides]
    if entry.anatomic_region is None:
        type_modifiers += sides
    if type_modifiers:
        description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
            coded(code) for code in type_modifiers
        ]
    return description


def _tracking_uid(part: Part, stand_ins: StandIns, link: DicomLink) -> str:
    """Return what names this part of this patient's tumor in every examination that is written with the same salt."""
    return link.identity.derived_uid("segment", stand_ins.patient_key, part.side or "", part.name)


def _algorithm(report: Report) -> hd.AlgorithmIdentificationSequence | None:
    if report.model is None:
        return None
    return hd.AlgorithmIdentificationSequence(
        name=report.model.name or "not stated",
        family=CodedConcept.from_code(codes.cid7162.ArtificialIntelligence),
        version=report.model.version or "not stated",
        source=SOFTWARE,
        parameters={"weights_sha256": report.model.weights_sha256} if report.model.weights_sha256 else None,
    )


def _refer_to_frames_of_the_object(segmentation: Dataset, stand_ins: StandIns) -> None:
    references = {
        id(image): image  # frames of different segments on one slice share the item
        for frame in segmentation.PerFrameFunctionalGroupsSequence
        for derivation in frame.DerivationImageSequence
        for image in derivation.SourceImageSequence
    }
    for image in references.values():
        image.ReferencedFrameNumber = stand_ins.frame_number(int(image.ReferencedFrameNumber))
