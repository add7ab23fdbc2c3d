"""What each label is called in Slicer's terminology: the text that Slicer keeps with a segment.

Seven parts joined by `~` (context, category, type, modifier, anatomic context, region, region modifier), each code as
`scheme^value^meaning`; Slicer, Modules/Loadable/Terminologies/Logic. Codes: SNOMED CT as carried by DICOM PS3.16; the
parts of the tumor have no code of their own, so the private scheme 99VSSEG names them. The context is the one of
`VSSegmentation/Resources/VSSegmentation.term.json`.
"""

from collections.abc import Mapping

from VSSegmentationLib.labels import Label

CONTEXT = "Vestibular schwannoma - VSSegmentation"

_ANATOMY = "Anatomic codes - DICOM master list"
_CANAL = "SCT^361078006^Internal Auditory Canal"
_NONE = "^^"
_ALTERED_STRUCTURE = "SCT^49755003^Morphologically Altered Structure"
_ANATOMICAL_STRUCTURE = "SCT^91723000^Anatomical Structure"
_NEOPLASM = "SCT^108369006^Neoplasm"
_INNER_EAR = "SCT^22945000^Inner ear"
_SIDES = {"left": "SCT^7771000^Left", "right": "SCT^24028007^Right"}
_PARTS: Mapping[Label, tuple[str, str, str, str]] = {
    Label.EXTRAMEATAL: (_ALTERED_STRUCTURE, _NEOPLASM, "99VSSEG^VS-EXTRA^Extrameatal part", _CANAL),
    Label.INTRAMEATAL: (_ALTERED_STRUCTURE, _NEOPLASM, "99VSSEG^VS-INTRA^Intrameatal part", _CANAL),
    Label.COCHLEA: (_ANATOMICAL_STRUCTURE, _INNER_EAR, "99VSSEG^VS-COCHLEA^Cochlea", _NONE),
    Label.UNDIVIDED_TUMOR: (_ALTERED_STRUCTURE, _NEOPLASM, _NONE, _CANAL),
}


def terminology_entry(label: Label, side: str | None = None) -> str:
    """Return the terminology of a label.

    Args:
        label: Any but the background.
        side: `left` or `right` of the patient, for the anatomic region; None where it is not known.
    """
    category, kind, modifier, region = _PARTS[label]
    region_modifier = _NONE if side is None or region == _NONE else _SIDES[side]
    return "~".join((CONTEXT, category, kind, modifier, _ANATOMY, region, region_modifier))


def segment_id(label: Label) -> str:
    """Return the id of a label's segment, in files and in scenes."""
    return f"VS_{label.name.lower()}"
