"""The examination at hand compared with earlier ones of the scene, each measured on its own scan."""

from typing import Any

from slicer.i18n import tr as _

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up import ComparedExamination, Times, compare_examinations, examination_of
from VSSegmentationLib.measurement.growth import Growth, Treatment, TreatmentKind
from VSSegmentationLib.reporting import ReportChoices
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.EditState import readState
from VSSegmentationPanels.ReportContents import contentOf, reportContent
from VSSegmentationPanels.Session import Session, policyOf


def compareWithEarlier(session: Session, earlier: list[tuple[Any, int]]) -> Growth:
    """Return how the tumor changed; the headline is locked to the one of the earliest examination.

    Args:
        session: With the examination at hand.
        earlier: Segmentation nodes and how many days before this one they were, the earliest first.

    Raises:
        VSSegmentationError: If an earlier one has lost its scan, or cannot be measured.
    """
    node, longest = session.parameterNode, max(days for _node, days in earlier)
    examinations = [_examination(segmentation, node.policy) for segmentation, _days in earlier]
    examinations.append(examination_of(reportContent(session)))
    times = Times(days=(*(longest - days for _node, days in earlier), longest), treatments=_treatments(node, longest))
    return compare_examinations(examinations, times, policy=policyOf(session.examination.task, node.policy)).growth


def scanOf(segmentationNode: Any) -> Any:
    """Return the scan that a segmentation was made on, or None."""
    return segmentationNode.GetNodeReference(segmentationNode.GetReferenceImageGeometryReferenceRole())


def _examination(segmentationNode: Any, policy: str) -> ComparedExamination:
    volumeNode = scanOf(segmentationNode)
    if volumeNode is None:
        raise UsageError(
            _("The scan of an earlier segmentation is not in the scene; load it, or take it out of the comparison.")
        )
    labelmap = scenes.labelmap_of(segmentationNode, volumeNode)
    plane = readState(segmentationNode, labelmap.shape).plane
    task = scenes.task_of(segmentationNode)
    choices = ReportChoices(policy=policyOf(task, policy), review=SegmentationAttributes.readReview(segmentationNode))
    return examination_of(contentOf(segmentationNode, volumeNode, labelmap, plane=plane, choices=choices))


def _treatments(node: Any, thisDay: int) -> tuple[Treatment, ...]:
    """Return the treatment that was typed, on the count of days on which the examination at hand is `thisDay`."""
    if node.treatment not in set(TreatmentKind) or not node.treatmentDays:
        return ()
    return (Treatment(TreatmentKind(node.treatment), thisDay - node.treatmentDays),)
