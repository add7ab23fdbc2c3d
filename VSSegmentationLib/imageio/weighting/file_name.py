"""What the name of a file says about the weighting; the name itself is never told, as it may name a patient."""

import re
from pathlib import Path

from VSSegmentationLib.imageio.contrast_words import ContrastSaid, contrast_said
from VSSegmentationLib.imageio.evidence import Evidence, Says, Source

_T2 = frozenset({"t2", "t2w", "hrt2", "ciss", "ci3d", "fiesta", "drive", "bffe"})
# "space", "cube" and "tse" are left out: each is done with either weighting.
_T1 = frozenset({"t1", "t1w", "mprage", "mpr", "bravo", "vibe", "lava", "fspgr", "spgr", "flash", "tfl", "tfe"})
_CE_T1 = frozenset({"cet1", "cet1w", "t1ce", "t1c", "t1gd", "t1km", "t1post", "t1wce"})
_NATIVE_T1 = frozenset({"t1n", "t1native", "t1pre"})
_OTHER = frozenset({
    "flair", "t2f", "t2flair", "swi", "dwi", "adc", "dti", "tof", "mra", "bold", "perf", "pd", "pdw", "t2star", "stir",
    "phase", "fieldmap", "asl",
})  # fmt: skip
_CONTRAST_ALONE = frozenset({"ce", "gd", "gad", "gado", "gadolinium"})
"""What is said of a T1 even where nothing else is."""


def name_evidence(name: str) -> Evidence:
    """Return what a file's name, or that of a scan in Slicer, says; whole words count alone.

    Args:
        name: The last part of a path; folders are never looked at.
    """
    words = re.findall(r"\+?[a-z0-9*]+\+?", Path(name).name.lower())
    return Evidence(Source.NAME, _says(frozenset(word.strip("+") for word in words), contrast_said(" ".join(words))))


def _says(words: frozenset[str], contrast: ContrastSaid) -> Says:
    if words & _OTHER or "t2*" in words:
        return Says.OTHER
    is_t2, is_t1 = bool(words & _T2), bool(words & (_T1 | _CE_T1 | _NATIVE_T1))
    if is_t1 and is_t2:
        return Says.NOTHING
    if is_t2:
        return Says.T2
    if not is_t1:
        return Says.CE_T1 if words & _CONTRAST_ALONE and contrast is ContrastSaid.GIVEN else Says.NOTHING
    if contrast is ContrastSaid.NOT_GIVEN or words & _NATIVE_T1:
        return Says.NOTHING if words & _CE_T1 else Says.T1
    return Says.CE_T1 if contrast is ContrastSaid.GIVEN or words & _CE_T1 else Says.ANY_T1
