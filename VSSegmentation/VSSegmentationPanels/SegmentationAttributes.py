"""What belongs to a segmentation and is saved with it: facts of the model's run, the edit log, and nodes beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.reporting import EditLog, Review
from VSSegmentationLib.scene.segmentations import AUTOMATIC_ATTRIBUTE, set_side, side_of

_FACTS = "VSSegmentation.Facts"
_LOG = "VSSegmentation.EditLog"
_REVIEW = "VSSegmentation.Review"
_FIELDS = "VSSegmentation.ReportFields"
_EARLIER_DAYS = "VSSegmentation.EarlierDays"
_DIFFERENT_CASES = "VSSegmentation.DifferentCases"
_REPLACED = "VSSegmentation.Replaced"
_UNRELIABLE = "the result cannot be relied on."
"""How a warning ends that takes headline and grades from a result; scenes of version 0.1 keep it among the others."""
_PLANE_ROLE = "vsSegmentationPorusPlane"
_TABLE_ROLE = "vsSegmentationTable"
_EARLIER_ROLE = "vsSegmentationEarlier"
_MAP_ROLE = "vsSegmentationMap"
_NO_ATTENTION = "VSSegmentation.NoAttention"
_SEEN = "VSSegmentation.Seen"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of how a segmentation came about, beside its voxels."""

    findings: str = "The segmentation was made or loaded by hand."
    side: str | None = None
    """`left` or `right` of the patient."""
    sideStated: bool = False
    """Whether a person chose the side."""
    modality: str = "unknown"
    candidates: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    """Those of them for which the result cannot be relied on."""
    provenance: Mapping[str, Any] = field(default_factory=dict)


def readFacts(segmentationNode: Any) -> Facts:
    """Return the facts kept with a segmentation."""
    text = segmentationNode.GetAttribute(_FACTS)
    if not text:
        return Facts()
    told = json.loads(text)
    facts = from_plain(Facts, told, "facts")  # older scenes hold fewer of them
    if "doubts" in told:
        return facts
    return replace(facts, doubts=tuple(each for each in facts.warnings if each.endswith(_UNRELIABLE)))


def writeFacts(segmentationNode: Any, facts: Facts) -> None:
    """Keep facts with a segmentation."""
    segmentationNode.SetAttribute(_FACTS, json.dumps(to_plain(facts)))


def readSide(segmentationNode: Any) -> str | None:
    """Return `left` or `right` of the patient, or None where it is not determined."""
    return readFacts(segmentationNode).side or side_of(segmentationNode)


def writeSide(segmentationNode: Any, side: str | None) -> None:
    """Keep the side of the patient that a person chose, for this module and for everybody who opens the scene."""
    set_side(segmentationNode, side)
    writeFacts(segmentationNode, replace(readFacts(segmentationNode), side=side, sideStated=True))


def readLog(segmentationNode: Any) -> EditLog:
    """Return the log of edits."""
    text = segmentationNode.GetAttribute(_LOG)
    return from_plain(EditLog, json.loads(text), "edit log", complete=True) if text else EditLog()


def writeLog(segmentationNode: Any, log: EditLog) -> None:
    """Keep the log of edits."""
    segmentationNode.SetAttribute(_LOG, json.dumps(to_plain(log)))


def readSeen(segmentationNode: Any) -> str | None:
    """Return the fingerprint of the voxels as they were last looked at; None where they never were."""
    return segmentationNode.GetAttribute(_SEEN)


def writeSeen(segmentationNode: Any, fingerprint: str) -> None:
    """Keep the fingerprint of the voxels as they are now."""
    segmentationNode.SetAttribute(_SEEN, fingerprint)


def isAutomatic(segmentationNode: Any) -> bool:
    """Tell whether a segmentation is a model's untouched answer."""
    return segmentationNode.GetAttribute(AUTOMATIC_ATTRIBUTE) == "1"


def isReplaced(segmentationNode: Any) -> bool:
    """Tell whether a later run took the place of an edited segmentation."""
    return segmentationNode.GetAttribute(_REPLACED) == "1"


def setReplaced(segmentationNode: Any) -> None:
    """Say that a later run takes its place; it stays in the scene, since a person worked on it."""
    segmentationNode.SetAttribute(_REPLACED, "1")
    segmentationNode.SetName(f"{segmentationNode.GetName()} (earlier edit)")
    segmentationNode.SetDisplayVisibility(False)


def planeNode(segmentationNode: Any) -> Any:
    """Return the plane of the porus that belongs to a segmentation, or None."""
    return segmentationNode.GetNodeReference(_PLANE_ROLE)


def setPlaneNode(segmentationNode: Any, node: Any) -> None:
    """Say which plane belongs to a segmentation."""
    segmentationNode.SetNodeReferenceID(_PLANE_ROLE, node.GetID())


def tableNode(segmentationNode: Any) -> Any:
    """Return the table of measurements that belongs to a segmentation, or None."""
    return segmentationNode.GetNodeReference(_TABLE_ROLE)


def setTableNode(segmentationNode: Any, node: Any) -> None:
    """Say which table belongs to a segmentation."""
    segmentationNode.SetNodeReferenceID(_TABLE_ROLE, node.GetID())


def mapNodes(segmentationNode: Any) -> list[Any]:
    """Return the maps of the network that were kept with a segmentation: the probability, then the attention."""
    count = segmentationNode.GetNumberOfNodeReferences(_MAP_ROLE)
    nodes = [segmentationNode.GetNthNodeReference(_MAP_ROLE, index) for index in range(count)]
    return [node for node in nodes if node is not None]


def setMaps(segmentationNode: Any, nodes: list[Any], noAttention: str) -> None:
    """Say which maps belong to a segmentation, and why there is no attention among them; empty where there is."""
    for node in nodes:
        segmentationNode.AddNodeReferenceID(_MAP_ROLE, node.GetID())
    segmentationNode.SetAttribute(_NO_ATTENTION, noAttention or None)


def noAttention(segmentationNode: Any) -> str:
    """Return why a segmentation whose maps were kept has no attention maps; empty where nothing is to be said."""
    return segmentationNode.GetAttribute(_NO_ATTENTION) or ""


def readReview(segmentationNode: Any) -> Review | None:
    """Return who checked what, or None while nobody has."""
    text = segmentationNode.GetAttribute(_REVIEW)
    return from_plain(Review, json.loads(text), "review", complete=True) if text else None


def writeReview(segmentationNode: Any, review: Review | None) -> None:
    """Keep who checked what."""
    segmentationNode.SetAttribute(_REVIEW, None if review is None else json.dumps(to_plain(review)))


def readFields(node: Any) -> dict[str, Any]:
    """Return what was typed for the report of a scan; earlier versions kept it with the segmentation."""
    return dict(json.loads(node.GetAttribute(_FIELDS) or "{}"))


def writeFields(node: Any, fields: Mapping[str, Any]) -> None:
    """Keep what was typed for the report of a scan."""
    node.SetAttribute(_FIELDS, json.dumps(dict(fields)))


def readEarlier(segmentationNode: Any) -> list[tuple[Any, int]]:
    """Return earlier examinations of the patient, each a segmentation and how many days before it was."""
    count = segmentationNode.GetNumberOfNodeReferences(_EARLIER_ROLE)
    nodes = [segmentationNode.GetNthNodeReference(_EARLIER_ROLE, index) for index in range(count)]
    days = json.loads(segmentationNode.GetAttribute(_EARLIER_DAYS) or "[]")
    return [(node, number) for node, number in zip(nodes, days, strict=False) if node is not None]


def writeEarlier(segmentationNode: Any, earlier: list[tuple[Any, int]]) -> None:
    """Keep which examinations are earlier ones."""
    segmentationNode.RemoveNodeReferenceIDs(_EARLIER_ROLE)
    for node, _days in earlier:
        segmentationNode.AddNodeReferenceID(_EARLIER_ROLE, node.GetID())
    segmentationNode.SetAttribute(_EARLIER_DAYS, json.dumps([days for _node, days in earlier]))


def mayDifferInCase(segmentationNode: Any) -> bool:
    """Tell whether a person wants earlier examinations of other case names compared with this one."""
    return segmentationNode.GetAttribute(_DIFFERENT_CASES) == "1"


def setMayDifferInCase(segmentationNode: Any, wanted: bool) -> None:
    """Say whether earlier examinations of other case names are compared."""
    segmentationNode.SetAttribute(_DIFFERENT_CASES, "1" if wanted else None)
