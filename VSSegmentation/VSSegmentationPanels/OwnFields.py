"""What a person types for a report belongs to one scan: it is kept with that scan, and shown with no other.

The parameter node holds what is shown, and says of which scan that is; the scans themselves hold all of it.
"""

from typing import Any

from VSSegmentationLib.reporting import questions
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.ReportFields import NOT_GIVEN, presentName

_BLANK: dict[str, Any] = {
    "caseName": "",
    "treatment": "none",
    "treatmentDays": 0,
    "reader": "",
    **{each.id: NOT_GIVEN if each.choices else "" for each in questions()},
}
"""Each parameter that belongs to one examination and not to the module, with its value where nothing was typed."""


def showFields(parameterNode: Any, volumeNode: Any, segmentationNode: Any) -> None:
    """Show what was typed for a scan, none of it if that is nothing; what is shown now stays with its own scan.

    Args:
        parameterNode: With the fields that are shown.
        volumeNode: The scan that is chosen, or None.
        segmentationNode: Of that scan, or None; earlier versions kept the fields there.
    """
    shown = parameterNode.fieldsOf
    if parameterNode.fieldsAreOwn and shown is volumeNode and volumeNode is not None:
        keepFields(parameterNode)
        return
    if shown is not None:
        keepFields(parameterNode)
    fields = dict(_BLANK)
    if volumeNode is not None:
        if not parameterNode.fieldsAreOwn:  # a scene of an earlier version: the panel showed those of this scan
            fields.update(_shown(parameterNode))
        fields.update(_kept(volumeNode, segmentationNode))
    _show(parameterNode, volumeNode, fields)


def keepFields(parameterNode: Any) -> None:
    """Keep what is shown with the scan that it was typed for."""
    volumeNode, fields = parameterNode.fieldsOf, _shown(parameterNode)
    if volumeNode is None or volumeNode.GetScene() is None:
        return
    kept = SegmentationAttributes.readFields(volumeNode)
    if fields != (kept or _BLANK):
        SegmentationAttributes.writeFields(volumeNode, fields)


def caseOf(volumeNode: Any) -> str:
    """Return the case name that was typed for a scan."""
    return str(SegmentationAttributes.readFields(volumeNode).get("caseName", ""))


def _shown(parameterNode: Any) -> dict[str, Any]:
    return {name: parameterNode.getValue(name) for name in _BLANK}


def _kept(volumeNode: Any, segmentationNode: Any) -> dict[str, Any]:
    kept = SegmentationAttributes.readFields(volumeNode)
    if not kept and segmentationNode is not None:
        kept = SegmentationAttributes.readFields(segmentationNode)
    named = {presentName(name): value for name, value in kept.items()}
    return {name: value for name, value in named.items() if name in _BLANK}  # another version may have had other ones


def _show(parameterNode: Any, volumeNode: Any, fields: dict[str, Any]) -> None:
    """Write all at once: nobody may see the fields of one scan beside the name of another."""
    node = parameterNode.parameterNode
    wasModifying = node.StartModify()
    try:
        parameterNode.fieldsAreOwn = True
        parameterNode.fieldsOf = volumeNode
        for name, value in fields.items():
            parameterNode.setValue(name, value)
    finally:
        node.EndModify(wasModifying)
    keepFields(parameterNode)
