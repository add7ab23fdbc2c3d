"""How a result came about, in one shape for every way to it: software, models, scan, and the mask that was measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from VSSegmentationLib import __version__
from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.models import Accuracy, MeasuredLimits, ModelCard
from VSSegmentationLib.short_repr import short_repr

PROVENANCE_VERSION = 2
"""Rises with every change of what a key means or holds. Version 1 differed between `segment` and `measure`."""

GIVEN_MASK = "none: the labelmap was given"


@dataclass(frozen=True, kw_only=True)
class Software:
    """The program that made the report."""

    name: str = "vs-segmentation"
    version: str = __version__
    slicer_version: str | None = None
    """Of the 3D Slicer that it ran in."""


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """A network that took part."""

    name: str
    version: str
    sha256: str
    """Of its file."""
    modality: str
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """What the file tells of its own making, as it tells it."""
    trained_on: str = ""
    """As its card tells it; empty where it has none."""
    accuracy: tuple[Accuracy, ...] = ()
    """As its card tells it."""
    limits: MeasuredLimits | None = None
    """Of its card: by how much the numbers of its untouched answers are off."""

    __repr__ = short_repr

    def with_card(self, card: ModelCard | None) -> "ModelFacts":
        """Return the facts with what the card of the model adds; the same where it has none."""
        if card is None:
            return self
        return replace(self, trained_on=card.trained_on, accuracy=card.accuracy, limits=card.limits_measured)


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """The scan that was looked at; nothing that identifies the patient."""

    file_format: str
    modality: str
    shape_dhw: Shape
    spacing_dhw_mm: Triplet
    slice_thickness_mm: float
    voxels_sha256: str

    @classmethod
    def of(cls, scan: Scan) -> "SourceFacts":
        """Return the facts of a scan. A series UID identifies a patient: only its salted hash stands in reports."""
        return cls(
            file_format=scan.file_format,
            modality=str(scan.modality),
            shape_dhw=scan.volume.shape,
            spacing_dhw_mm=scan.volume.spacing_dhw_mm,
            slice_thickness_mm=scan.slice_thickness_mm,
            voxels_sha256=scan.voxels_sha256,
        )


@dataclass(frozen=True, kw_only=True)
class SideFacts:
    """On which side of the patient the tumor is, and who says so."""

    side: str | None
    """`left` or `right`; None where it is not determined."""
    source: str | None
    """In words; None where it is not determined."""
    reason: str | None
    """Why it is not determined; None where it is."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One click or scribble, and what it changed."""

    interaction: Interaction
    voxels_added: int
    voxels_removed: int


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """What a person has corrected by clicks and scribbles, and what came of it."""

    model: ModelFacts | None
    """The network that answered them."""
    volume_before_cm3: float
    """Of all tumor voxels before the first of them."""
    volume_after_cm3: float
    each: tuple[Correction, ...]
    """In the order in which they were made."""

    @property
    def sentence(self) -> str:
        """What people read of it."""
        added = sum(one.interaction.adds for one in self.each)
        count, removed = len(self.each), len(self.each) - added
        return (
            f"Corrected with {count} interaction{'' if count == 1 else 's'} ({added} to add, {removed} to remove): all "
            f"tumor voxels {self.volume_before_cm3:.3f} cm3 before, {self.volume_after_cm3:.3f} cm3 after."
        )


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What made a mask and its numbers."""

    created_utc: datetime | None = None
    """When the mask was segmented or, if no model did, measured; None where an older scene does not tell."""
    software: Software = field(default_factory=Software)
    algorithm: str = GIVEN_MASK
    """What made the mask, in words."""
    model: ModelFacts | None = None
    """The network that segmented; None where none did."""
    locator: ModelFacts | None = None
    divider: ModelFacts | None = None
    device: str | None = None
    """What the networks ran on."""
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    """What else the run of the networks tells, as it tells it: versions, region, pori, seconds of each stage."""
    source: SourceFacts | None = None
    """None where a labelmap was measured without its scan."""
    corrections: Corrections | None = None
    """By clicks and scribbles; None where there were none."""
    labelmap_voxels_sha256: str | None = None
    """Of the mask that was measured."""
    side: SideFacts | None = None
    """Of the tumor; None before it was measured."""

    __repr__ = short_repr

    def to_plain(self) -> dict[str, Any]:
        """Return JSON values, as `provenance.json` and the worker's answer hold them.

        Raises:
            VSSegmentationError: For NaN or infinity, naming where it stands.
        """
        return {"schema_version": PROVENANCE_VERSION, **to_plain(self, "provenance")}


def read_provenance(told: Mapping[str, Any], software: Software | None = None) -> Provenance:
    """Return the provenance that plain values hold.

    Args:
        told: What `Provenance.to_plain` gave; or keys beside each other without a `schema_version`, as a run of models
            tells them and scenes of version 1 keep them.
        software: The program that makes the report now, which need not be the one that ran the models.

    Raises:
        InputRefusedError: If a value of the present version is of another type.
    """
    software = software or Software()
    if told.get("schema_version") == PROVENANCE_VERSION:
        kept = {key: value for key, value in told.items() if key != "schema_version"}
        return replace(from_plain(Provenance, kept, "provenance"), software=software)
    model, created = _model(told.get("model")), told.get("created_utc")
    return Provenance(
        created_utc=datetime.fromisoformat(created).astimezone(UTC) if created else None,
        software=software,
        algorithm=GIVEN_MASK if model is None else f"{model.name} {model.version}".strip(),
        model=model,
        locator=_model(told.get("locator")),
        divider=_model(told.get("divider")),
        device=told.get("device"),
        preprocessing=told.get("preprocessing") or {},
        run={key: value for key, value in told.items() if key not in _NO_PART_OF_THE_RUN},
    )


def corrections_in(told: Mapping[str, Any]) -> Corrections | None:
    """Return the clicks that the plain provenance of a report holds; None where there were none."""
    corrections = told.get("corrections")
    return None if corrections is None else from_plain(Corrections, corrections, "corrections")


_NO_PART_OF_THE_RUN = {each.name for each in fields(Provenance)} - {"software"}
"""The software that ran the models may be older than the one that reports, so it stays with the run."""


def _model(told: Mapping[str, Any] | None) -> ModelFacts | None:
    if not told:
        return None
    name, version, sha256, modality = (str(told.get(key, "")) for key in ("name", "version", "sha256", "modality"))
    return ModelFacts(
        name=name, version=version, sha256=sha256, modality=modality, provenance=told.get("provenance") or {}
    )
