"""The examination at hand compared with earlier ones of the scene, each measured on its own scan."""

import datetime as dt
from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up import ComparedExamination, Times, compare_examinations, examination_of
from VSSegmentationLib.measurement.growth import Growth, Treatment, TreatmentKind
from VSSegmentationLib.reporting import ReportChoices, display_value
from VSSegmentationLib.reporting.growth.words import signed
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.EditState import readState
from VSSegmentationPanels.OwnFields import caseOf
from VSSegmentationPanels.ReportContents import contentOf, reportContent
from VSSegmentationPanels.Session import Session, policyOf
from VSSegmentationPanels.UnseenChanges import takeUpUnseen


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
    return compare_examinations(
        examinations,
        times,
        policy=policyOf(session.examination.task, node.policy),
        different_cases=SegmentationAttributes.mayDifferInCase(session.examination.segmentationNode),
    ).growth


def differInCase(volumeNode: Any, earlier: list[Any]) -> bool:
    """Tell whether earlier segmentations are of scans with another case name than this one or each other."""
    names = {caseOf(scan) for scan in (volumeNode, *map(scanOf, earlier)) if scan is not None}
    return len(names - {""}) > 1


def daysBefore(volumeNode: Any, segmentationNode: Any) -> int | None:
    """Return how many days before a scan the one of a segmentation was, by DICOM; None where that is not known."""
    dates = [studyDate(node) for node in (scanOf(segmentationNode), volumeNode) if node is not None]
    known = [date for date in dates if date is not None]
    return (known[1] - known[0]).days if len(known) == 2 else None


def studyDate(volumeNode: Any) -> dt.date | None:
    """Return the date of the study that a scan was loaded from, None where it was not loaded from DICOM."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    names = slicer.vtkMRMLSubjectHierarchyConstants
    item = hierarchy.GetItemByDataNode(volumeNode)
    told = hierarchy.GetAttributeFromItemAncestor(
        item, names.GetDICOMStudyDateAttributeName(), names.GetDICOMLevelStudy()
    )
    try:
        return dt.date.fromisoformat(told) if told else None
    except ValueError:  # a header may hold anything; then the date is not known
        return None


def changeSince(session: Session, segmentationNode: Any) -> str:
    """Say how the volume differs from that of an earlier segmentation, whenever that was.

    Raises:
        VSSegmentationError: If the earlier one has lost its scan, or cannot be measured.
    """
    whole = session.examination.task.whole_volume
    earlier = _examination(segmentationNode, session.parameterNode.policy).measurements
    then, now = (next(m for m in some if m.id == whole) for some in (earlier, session.numbers.measurements))
    values = f"{display_value(then)} → {display_value(now)}"
    if not then.value or now.value is None:
        return _("Volume: {values}.").format(values=values)
    percent = signed(100 * (now.value - then.value) / then.value, "%")
    return _("Volume: {values}, {percent} %.").format(values=values, percent=percent)


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
    takeUpUnseen(segmentationNode, volumeNode, labelmap, scenes.unmeasured_mask(segmentationNode, volumeNode))
    plane = readState(segmentationNode, labelmap.shape).plane
    task = scenes.task_of(segmentationNode)
    choices = ReportChoices(
        policy=policyOf(task, policy),
        case=caseOf(volumeNode),
        review=SegmentationAttributes.readReview(segmentationNode),
    )
    return examination_of(contentOf(segmentationNode, volumeNode, labelmap, plane=plane, choices=choices))


def _treatments(node: Any, thisDay: int) -> tuple[Treatment, ...]:
    """Return the treatment that was typed, on the count of days on which the examination at hand is `thisDay`."""
    if node.treatment not in set(TreatmentKind) or not node.treatmentDays:
        return ()
    return (Treatment(TreatmentKind(node.treatment), thisDay - node.treatmentDays),)
