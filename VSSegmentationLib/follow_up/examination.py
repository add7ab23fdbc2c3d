"""One examination as a comparison needs it, whoever made it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from VSSegmentationLib.imageio import Modality
from VSSegmentationLib.imageio.dicom.identifiers import read_identifiers
from VSSegmentationLib.imageio.dicom_source import DicomSource
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.growth import AcquisitionFacts
from VSSegmentationLib.measurement.growth.examination import measured_plane_normal
from VSSegmentationLib.reporting import Identifiers, ReportContent
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationLib.volume import Volume

NOT_BY_A_MODEL = "a person or another program"


@dataclass(frozen=True, kw_only=True, eq=False)
class ComparedExamination:
    """One examination, measured on its own grid."""

    labelmap: Volume
    """uint8 of values of the labels of the task."""
    task: Task = DEFAULT_TASK
    """What kind of tumor it is of."""
    image: Volume | None = None
    """The scan on the grid of the labelmap, for the pictures."""
    is_crop: bool = False
    """Whether that is a piece of the scan alone, as it travels with results: good to look at, for nothing else."""
    measurements: tuple[Measurement, ...]
    facts: AcquisitionFacts
    """What decides whether it can be compared with others."""
    warnings: tuple[str, ...] = ()
    """What has to be known about it alone, as full sentences."""
    reviewed: bool = False
    """Whether a person checked it, and nothing that counts was changed since."""
    policy: str | None = None
    """By which its own report leads; None where there is no report."""
    doubts: tuple[str, ...] = ()
    """Those of the warnings for which its result cannot be relied on."""
    date: dt.date | None = None
    """Of the study, where its files tell it; it leaves this program as intervals only."""
    days_from_baseline: int | None = None
    """As its own report tells it."""
    case: str = ""
    """What its report calls the patient; empty where nobody named the case."""

    __repr__ = short_repr

    def with_sequence(self, sequence: str) -> "ComparedExamination":
        """Return the same examination with the sequence that a person names: `T2`, `ceT1`, ..."""
        return replace(self, facts=replace(self.facts, sequence=sequence))


def examination_of(content: ReportContent) -> ComparedExamination:
    """Return an examination from what the pipeline found out about it.

    Args:
        content: Of a `PipelineResult`.
    """
    model, source, grid = content.provenance.model, content.provenance.source, content.labelmap
    drawn = drawn_by_hand(content.measurements, [each.measurement_id for each in content.overrides])
    return ComparedExamination(
        labelmap=grid,
        task=content.task,
        image=content.image,
        measurements=content.measurements,
        facts=AcquisitionFacts(
            spacing_dhw_mm=grid.spacing_dhw_mm,
            slice_normal_ras=measured_plane_normal(grid.dhw_to_ras),
            sequence=known_sequence(content.scan.modality if content.scan else None),
            slice_thickness_mm=content.scan.slice_thickness_mm if content.scan else max(grid.spacing_dhw_mm),
            side=content.side,
            segmented_by=segmented_by(model.name, model.version, edited=content.is_edited) if model else NOT_BY_A_MODEL,
            voxels_sha256=source.voxels_sha256 if source else None,
        ),
        warnings=(*content.warnings, *drawn),
        doubts=content.doubts,
        reviewed=content.reviewed and not drawn,
        policy=content.leading.policy,
        date=study_date(content.identifiers, content.dicom.source if content.dicom else None),
        days_from_baseline=content.days_from_baseline,
        case=content.case,
    )


def known_sequence(modality: str | None) -> str | None:
    """Return the modality of a scan as a sequence, None where it is not known."""
    return None if modality in (None, Modality.UNKNOWN) else str(modality)


def segmented_by(model: str, version: str, *, edited: bool) -> str:
    """Return what made a mask."""
    return f"{model} {version}{', edited' if edited else ''}"


def drawn_by_hand(measurements: Sequence[Measurement], measurement_ids: Sequence[str]) -> tuple[str, ...]:
    """Say which lengths a person drew beside the computed ones, since these are compared; nothing where none was."""
    names = [m.name for m in measurements if m.id in measurement_ids]
    if not names:
        return ()
    return (f"Lengths drawn by hand are not compared ({', '.join(names)}); the computed ones are.",)


def study_date(identifiers: Identifiers | None, source: DicomSource | None) -> dt.date | None:
    """Return the date of a study as its report or the headers of its scan tell it."""
    told = identifiers.study_date if identifiers else ""
    if not told and source is not None:
        told = read_identifiers(source).study_date
    try:
        return dt.date.fromisoformat(told) if told else None
    except ValueError:  # a header may hold anything; then the date is not known
        return None
