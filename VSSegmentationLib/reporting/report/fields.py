"""What a person adds to a report; everything is empty by default and shown only when filled."""

from dataclasses import dataclass

from VSSegmentationLib.geometry import Triplet


@dataclass(frozen=True, kw_only=True)
class PriorTreatment:
    """A treatment before this examination."""

    kind: str
    days_before: int | None = None
    """Days from the treatment to this examination; None where it is not known."""
    date: str = ""
    """Only in reports with identifiers."""


@dataclass(frozen=True, kw_only=True)
class UserFields:
    """Findings that a person enters, in that person's own words."""

    koos: str = ""
    samii: str = ""
    lateral_extent: str = ""
    """Lateral extent in the canal and fundal fluid cap."""
    cystic_component: str = ""
    brainstem: str = ""
    """Contact with or compression of the brainstem."""
    hydrocephalus: str = ""
    labyrinth_extension: str = ""
    """Extension into cochlea or vestibule."""
    prior_treatment: tuple[PriorTreatment, ...] = ()
    comment: str = ""
    decision: str = ""


@dataclass(frozen=True, kw_only=True)
class ManualOverride:
    """A length that a person drew, which stands beside the computed one and never takes its place unseen."""

    measurement_id: str
    value: float
    """In the unit of the measurement."""
    end_points_ras_mm: tuple[Triplet, Triplet] | None = None
