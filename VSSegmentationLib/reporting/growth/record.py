"""A comparison as `growth.json` holds it. `schema_version` rises with every change of what a field means or holds."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from VSSegmentationLib import __version__
from VSSegmentationLib.measurement import Headline, Measurement, Uncertainty
from VSSegmentationLib.measurement.growth import (
    AcquisitionFacts,
    Change,
    ComparisonWarning,
    Examination,
    GrowthLimits,
    LimitsAtSize,
    Series,
    Treatment,
)
from VSSegmentationLib.reporting.growth.content import GrowthContent
from VSSegmentationLib.reporting.report.content import NOTICE
from VSSegmentationLib.short_repr import short_repr


@dataclass(frozen=True, kw_only=True)
class ExaminationRecord:
    """One examination; its place in the list is its number."""

    days_from_baseline: int
    date: dt.date | None
    """Only where dates were asked for."""
    case: str
    """What its report calls the patient; empty where nobody named the case."""
    headline: Headline
    facts: AcquisitionFacts
    tilt_deg: float
    reviewed: bool
    warnings: tuple[str, ...]

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class ValueRecord:
    """A measure at one examination."""

    value: float | None
    reason: str | None
    uncertainty: Uncertainty | None


@dataclass(frozen=True, kw_only=True)
class SeriesRecord:
    """One measure over all examinations."""

    id: str
    region: str
    name: str
    unit: str
    values: tuple[ValueRecord, ...]
    """One per examination."""
    changes: tuple[Change, ...]
    """Examinations are counted from 0 here."""

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class GrowthRecord:
    """Everything that a comparison says."""

    schema_version: Literal[1]
    status: Literal["draft", "reviewed"]
    created_at_utc: dt.datetime
    software_version: str
    definitions_version: str
    limits: GrowthLimits
    treatments: tuple[Treatment, ...]
    examinations: tuple[ExaminationRecord, ...]
    aligned: bool
    """Whether the pictures show all examinations on the slices of the first; numbers never depend on it."""
    series: tuple[SeriesRecord, ...]
    limits_at_size: tuple[LimitsAtSize, ...]
    warnings: tuple[ComparisonWarning, ...]
    notice: str

    __repr__ = short_repr


def make_growth_record(content: GrowthContent) -> GrowthRecord:
    """Return what is told of a comparison."""
    growth = content.growth
    return GrowthRecord(
        schema_version=1,
        status="reviewed" if growth.reviewed else "draft",
        created_at_utc=content.created_at_utc,
        software_version=__version__,
        definitions_version=content.task.definitions.version,
        limits=growth.limits,
        treatments=growth.treatments,
        examinations=tuple(_examination(each, with_date=content.with_dates) for each in growth.examinations),
        aligned=content.is_aligned,
        series=tuple(_series(each) for each in growth.series),
        limits_at_size=growth.limits_at_size,
        warnings=growth.warnings,
        notice=NOTICE,
    )


def _examination(examination: Examination, *, with_date: bool) -> ExaminationRecord:
    return ExaminationRecord(
        days_from_baseline=examination.days,
        date=examination.date if with_date else None,
        case=examination.case,
        headline=examination.headline,
        facts=examination.facts,
        tilt_deg=examination.facts.tilt_deg,
        reviewed=examination.reviewed,
        warnings=examination.warnings,
    )


def _series(series: Series) -> SeriesRecord:
    first = series.measurements[0]
    return SeriesRecord(
        id=series.id,
        region=first.region,
        name=first.name,
        unit=first.unit,
        values=tuple(_value(m) for m in series.measurements),
        changes=series.changes,
    )


def _value(measurement: Measurement) -> ValueRecord:
    return ValueRecord(value=measurement.value, reason=measurement.reason, uncertainty=measurement.uncertainty)
