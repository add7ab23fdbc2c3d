"""A case of a study in the scene, and back into the study when a person has corrected it."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import slicer

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.batch.studies import OpenStudy
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.formats import FILE_NAMES, PROVENANCE_FILE_NAME, OutputFormat
from VSSegmentationLib.imageio import load_labelmap, placed_on_scan, read_scan
from VSSegmentationLib.imageio.scan import Modality
from VSSegmentationLib.reporting import EditLog, Provenance, read_report_json
from VSSegmentationLib.tasks import task_named
from VSSegmentationLib.worker import SegmentResult
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.ReportContents import reportContent
from VSSegmentationPanels.Segmenter import addResult
from VSSegmentationPanels.Session import Session

_CASE = "VSSegmentation.StudyCase"
_KEPT_EDITS = "VSSegmentation.StudyEdits"
_NEVER = "never"


def caseOf(examination: Examination | None) -> str:
    """Return the case of the study that an examination was opened from; empty where it was not."""
    if examination is None or not examination.isAlive:
        return ""
    return str(examination.segmentationNode.GetAttribute(_CASE) or "")


def isChanged(examination: Examination) -> bool:
    """Tell whether an examination of a study holds what the study does not."""
    return examination.segmentationNode.GetAttribute(_KEPT_EDITS) != _state(examination.segmentationNode)


def openedNode(name: str) -> Any:
    """Return the scan of a case that is in the scene already, or None."""
    for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
        if node.GetAttribute(_CASE) == name:
            return node
    return None


def openCase(study: OpenStudy, name: str) -> Any:
    """Bring scan and result of a case into the scene, and return the scan.

    Raises:
        VSSegmentationError: If its files are gone, damaged, or no longer fit one another.
        OSError: If they cannot be read.
    """
    planned = study.planned(name)
    folder = Path(planned.job["folder"])
    report = read_report_json(folder / FILE_NAMES[OutputFormat.REPORT_JSON])
    task = task_named(report.task)
    scan = read_scan(planned.case.input, series=planned.case.series, rules=task.scan_rules)
    given = load_labelmap(folder / FILE_NAMES[OutputFormat.SEG_NRRD], task.label_set)
    labelmap = placed_on_scan(given, scan).volume
    volumeNode = scenes.add_volume(slicer.mrmlScene, scan.volume, name)
    volumeNode.SetAttribute(_CASE, name)
    result = SegmentResult(
        labelmap="",
        task=report.task,
        findings=report.findings,
        side=report.side,
        measurements=task.measure(labelmap),
        candidates=report.candidates,
        warnings=report.warnings,
        doubts=report.doubts,
        modality=Modality(report.source.modality or Modality.UNKNOWN),
        provenance=_provenance(folder),
        seconds=0.0,
        warm=True,
    )
    examination = addResult(volumeNode, labelmap, result)
    node = examination.segmentationNode
    SegmentationAttributes.writeLog(node, EditLog(edits=report.segmentation.edits))
    if report.review is not None:
        SegmentationAttributes.writeReview(node, report.review)
    node.SetAttribute(_CASE, name)
    node.SetAttribute(_KEPT_EDITS, _state(node))
    return volumeNode


def correctCase(study: OpenStudy, session: Session) -> None:
    """Put the examination at hand into the study, in the place of what is there.

    Raises:
        VSSegmentationError: If a file cannot be made.
        OSError: If writing fails; the study is as it was.
    """
    examination = session.examination
    name = caseOf(examination)
    content = reportContent(session)
    planned = study.planned(name)
    study.correct(name, replace(content, case=str(planned.job["case"]), days_from_baseline=planned.day))
    examination.segmentationNode.SetAttribute(_KEPT_EDITS, _state(examination.segmentationNode))


def closeCase(name: str) -> None:
    """Take a case out of the scene, with all that belongs to it, unless it holds what the study does not."""
    volumeNode = openedNode(name)
    for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
        if node.GetAttribute(_CASE) == name:
            if node.GetAttribute(_KEPT_EDITS) != _state(node):
                return
            kept = scenes.automatic_of(node)
            for other in (
                kept, SegmentationAttributes.planeNode(node), SegmentationAttributes.tableNode(node), node,
            ):  # fmt: skip
                if other is not None:
                    slicer.mrmlScene.RemoveNode(other)
    if volumeNode is not None:
        slicer.mrmlScene.RemoveNode(volumeNode)


def _state(segmentationNode: Any) -> str:
    """Return what tells one state of a segmentation from others that a person made: edits and ticks."""
    review = SegmentationAttributes.readReview(segmentationNode)
    ticks = _NEVER if review is None else review.at_utc.isoformat()
    return f"{len(SegmentationAttributes.readLog(segmentationNode).edits)} {ticks}"


def _provenance(folder: Path) -> dict[str, Any]:
    """Return how a result came about, as its file tells it."""
    try:
        told = json.loads((folder / PROVENANCE_FILE_NAME).read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{PROVENANCE_FILE_NAME} of the case is damaged; run the case anew"
        raise InputRefusedError(msg) from error
    names = {"schema_version", *(each.name for each in fields(Provenance))}
    return {key: value for key, value in told.items() if key in names}
