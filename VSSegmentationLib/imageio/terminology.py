"""What a label is called in Slicer's terminology: the text that Slicer keeps with a segment.

Seven parts joined by `~` (context, category, type, modifier, anatomic context, region, region modifier), each code as
`scheme^value^meaning`; Slicer, Modules/Loadable/Terminologies/Logic.
"""

from VSSegmentationLib.label_set import Code, LabelEntry, LabelSet

_ANATOMY = "Anatomic codes - DICOM master list"
_NONE = "^^"
_SIDES = {"left": Code("7771000", "SCT", "Left"), "right": Code("24028007", "SCT", "Right")}
_CONTEXT_AND_CODES = 4
"""So many parts tell one label of a set from the others; those that follow say where it is."""


def terminology_entry(label_set: LabelSet, entry: LabelEntry, side: str | None = None) -> str:
    """Return the terminology of a label.

    Args:
        label_set: That the label is of.
        entry: The label.
        side: `left` or `right` of the patient, for the anatomic region; None where it is not known.
    """
    is_sided = side is not None and entry.anatomic_region is not None
    codes = (entry.category, entry.type, entry.modifier)
    where = (entry.anatomic_region, _SIDES[side] if is_sided and side is not None else None)
    return "~".join((label_set.terminology_context, *map(_text, codes), _ANATOMY, *map(_text, where)))


def label_of_terminology(label_set: LabelSet, text: str) -> LabelEntry | None:
    """Return the label that a segment's terminology names, whatever its side; None if it is none of the set."""
    told = text.split("~")[:_CONTEXT_AND_CODES]
    return next(
        (
            entry
            for entry in label_set.entries
            if terminology_entry(label_set, entry).split("~")[:_CONTEXT_AND_CODES] == told
        ),
        None,
    )


def _text(code: Code | None) -> str:
    return _NONE if code is None else f"{code.scheme}^{code.value}^{code.meaning}"
