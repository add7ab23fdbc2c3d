"""The examination at hand compared with earlier ones of the scene, each measured on its own scan."""

from typing import Any

from slicer.i18n import tr as _

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio.scan import Modality, voxels_sha256
from VSSegmentationLib.measurement import Headline, Measurement, choose_headline, measure
from VSSegmentationLib.measurement.growth import (
    AcquisitionFacts,
    Examination,
    Growth,
    Treatment,
    TreatmentKind,
    compare,
)
from VSSegmentationLib.measurement.growth.examination import measured_plane_normal, side_of_tumor
from VSSegmentationLib.reporting.report.review import is_reviewed
from VSSegmentationLib.volume import Volume
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.EditState import readState
from VSSegmentationPanels.Session import Session


def compareWithEarlier(session: Session, earlier: list[tuple[Any, int]]) -> Growth:
    """Return how the tumor changed; the headline is locked to the one of the earliest examination.

    Args:
        session: With the examination at hand.
        earlier: Segmentation nodes and how many days before this one they were, the earliest first.

    Raises:
        VSSegmentationError: If an earlier one has lost its scan, or cannot be measured.
    """
    examination, node = session.examination, session.parameterNode
    longest = max(days for _node, days in earlier)
    given = []
    for segmentation, days in earlier:
        labelmap, plane = _labelmapOf(segmentation)
        given.append((segmentation, labelmap, measure(labelmap, plane=plane), longest - days))
    given.append((examination.segmentationNode, examination.labelmap, session.numbers.measurements, longest))
    locked: Headline | None = None
    examinations = []
    for segmentation, labelmap, measurements, days in given:
        headline = choose_headline(measurements, node.policy, locked=locked)
        locked = locked or headline
        examinations.append(_examination(segmentation, labelmap, measurements, headline, days))
    kinds = {"radiosurgery": TreatmentKind.RADIOSURGERY, "surgery": TreatmentKind.SURGERY}
    treated = node.treatment in kinds and node.treatmentDays > 0
    treatments = (Treatment(kinds[node.treatment], longest - node.treatmentDays),) if treated else ()
    return compare(examinations, treatments=treatments)


def _labelmapOf(segmentationNode: Any) -> tuple[Volume, Any]:
    volumeNode = scanOf(segmentationNode)
    if volumeNode is None:
        raise UsageError(
            _("The scan of an earlier segmentation is not in the scene; load it, or take it out of the comparison.")
        )
    labelmap = scenes.labelmap_of(segmentationNode, volumeNode)
    return labelmap, readState(segmentationNode, labelmap.shape).plane


def scanOf(segmentationNode: Any) -> Any:
    """Return the scan that a segmentation was made on, or None."""
    return segmentationNode.GetNodeReference(segmentationNode.GetReferenceImageGeometryReferenceRole())


def _examination(
    segmentationNode: Any, labelmap: Volume, measurements: tuple[Measurement, ...], headline: Headline, days: int
) -> Examination:
    facts = SegmentationAttributes.readFacts(segmentationNode)
    return Examination(
        days=days,
        measurements=measurements,
        headline=headline,
        facts=AcquisitionFacts(
            spacing_dhw_mm=labelmap.spacing_dhw_mm,
            slice_normal_ras=measured_plane_normal(labelmap.dhw_to_ras),
            sequence=None if facts.modality == Modality.UNKNOWN else facts.modality,
            slice_thickness_mm=max(labelmap.spacing_dhw_mm),
            side=facts.side or side_of_tumor(labelmap),
            segmented_by=_segmentedBy(segmentationNode, facts),
            voxels_sha256=voxels_sha256(scenes.volume_of(scanOf(segmentationNode))),
        ),
        warnings=facts.warnings,
        reviewed=is_reviewed(
            SegmentationAttributes.readReview(segmentationNode), SegmentationAttributes.readLog(segmentationNode)
        ),
    )


def _segmentedBy(segmentationNode: Any, facts: SegmentationAttributes.Facts) -> str:
    model = facts.provenance.get("model")
    if not model:
        return "a person or another program"
    edited = ", edited" if SegmentationAttributes.readLog(segmentationNode).edits else ""
    return f"{model.get('name', '')} {model.get('version', '')}{edited}"
