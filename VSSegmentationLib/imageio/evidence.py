"""What one source says about the weighting of a scan: its headers, a file beside it, its name, its voxels, a person."""

from dataclasses import dataclass
from enum import StrEnum


class Says(StrEnum):
    """What a source can say."""

    T2 = "T2"
    CE_T1 = "ceT1"
    T1 = "T1"
    """T1, and that no contrast agent was given."""
    ANY_T1 = "T1, with or without contrast agent"
    OTHER = "another weighting"
    """Such as FLAIR, diffusion or angiography."""
    NOTHING = "nothing"

    def fits(self, other: "Says") -> bool:
        """Return whether both can be true of one scan."""
        if Says.NOTHING in (self, other) or self is other:
            return True
        return Says.ANY_T1 in (self, other) and {self, other} <= _ALL_T1

    def narrowed(self, other: "Says") -> "Says":
        """Return what both say together, of two that fit: the one that says more."""
        return other if self is Says.NOTHING or (self is Says.ANY_T1 and other is not Says.NOTHING) else self


_ALL_T1 = {Says.ANY_T1, Says.CE_T1, Says.T1}


class Source(StrEnum):
    """Who says it."""

    STATED = "the call"
    MODEL = "the chosen model"
    HEADER = "the DICOM headers"
    SIDECAR = "the JSON file beside the scan"
    NAME = "the name of the file"
    IMAGE = "the image"


@dataclass(frozen=True)
class Evidence:
    """One source and what it says; never the words it was read from, which may name a patient."""

    source: Source
    says: Says
