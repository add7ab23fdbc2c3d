"""What a label is called in Slicer's terminology: the text that Slicer keeps with a segment.

Seven parts joined by `~` (context, category, type, modifier, anatomic context, region, region modifier), each code as
`scheme^value^meaning`; Slicer, Modules/Loadable/Terminologies/Logic.
"""

from collections.abc import Sequence

from VSSegmentationLib.label_set import Code, LabelEntry, LabelSet

_ANATOMY = "Anatomic codes - DICOM master list"
_NONE = "^^"
_SIDES = {"left": Code("7771000", "SCT", "Left"), "right": Code("24028007", "SCT", "Right")}
_ANATOMICAL_STRUCTURES = (["SCT", "123037004"], ["SCT", "91723000"])
"""Categories of the lists of Slicer and of this library."""
_CONTEXT_AND_CODES = 4
"""So many parts tell one label of a set from the others; those that follow say where it is."""


def terminology_entry(label_set: LabelSet, entry: LabelEntry, side: str | None = None) -> str:
    """Return the terminology of a label.

    Args:
        label_set: That the label is of.
        entry: The label.
        side: `left` or `right` of the patient, for the anatomic region; None where it is not known.
    """
    where = (entry.anatomic_region, None if side is None or entry.anatomic_region is None else _SIDES[side])
    return terminology_text(label_set.terminology_context, (entry.category, entry.type, entry.modifier), where)


def terminology_text(context: str, what: Sequence[Code | None], where: Sequence[Code | None]) -> str:
    """Return category, type and modifier, then region and its modifier, as one text."""
    return "~".join((context, *map(_text, what), _ANATOMY, *map(_text, where)))


def label_of_terminology(label_set: LabelSet, text: str) -> LabelEntry | None:
    """Return the label that a segment's terminology names, whatever its side; None if it is none of the set.

    Codes tell it, not the words beside them nor the context they were chosen from: those are another for every list.
    """
    told = _codes(text)
    return next((entry for entry in label_set.entries if _codes(terminology_entry(label_set, entry)) == told), None)


def is_anatomy(text: str) -> bool:
    """Return whether a segment's terminology names a structure of the body that is no tumor."""
    return _codes(text)[:1] in [[code] for code in _ANATOMICAL_STRUCTURES]


def side_of_terminology(text: str) -> str | None:
    """Return `left` or `right` if a segment's terminology says it of the type or of the region; None if it does not."""
    told = {tuple(part.split("^")[:2]) for part in text.split("~")}
    sides = [side for side, code in _SIDES.items() if (code.scheme, code.value) in told]
    return sides[0] if len(sides) == 1 else None


def _codes(text: str) -> list[list[str]]:
    """Return scheme and value of category, type and modifier; the side of a type is a modifier, and left out."""
    sides = [[code.scheme, code.value] for code in _SIDES.values()]
    codes = [part.split("^")[:2] for part in text.split("~")[1:_CONTEXT_AND_CODES]]
    return [["", ""] if code in sides else code for code in codes]


def _text(code: Code | None) -> str:
    return _NONE if code is None else f"{code.scheme}^{code.value}^{code.meaning}"
