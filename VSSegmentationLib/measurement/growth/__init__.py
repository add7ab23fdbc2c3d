"""Change over time: examinations compared, measure by measure, each against baseline, previous and nadir."""

from VSSegmentationLib.measurement.growth.change import (
    AFTER_RADIOSURGERY,
    MIN_DAYS_FOR_A_RATE,
    Reading,
    change_between,
)
from VSSegmentationLib.measurement.growth.comparison import Growth, Series, compare
from VSSegmentationLib.measurement.growth.examination import (
    AcquisitionFacts,
    Examination,
    Treatment,
    TreatmentKind,
    days_from_dates,
)
from VSSegmentationLib.measurement.growth.formulas import LimitsAtSize
from VSSegmentationLib.measurement.growth.values import (
    Change,
    Direction,
    Figure,
    GrowthLimits,
    LimitCheck,
    PublishedLimits,
    Reference,
)
from VSSegmentationLib.measurement.growth.warnings import ComparisonWarning

__all__ = [
    "AFTER_RADIOSURGERY",
    "MIN_DAYS_FOR_A_RATE",
    "AcquisitionFacts",
    "Change",
    "ComparisonWarning",
    "Direction",
    "Examination",
    "Figure",
    "Growth",
    "GrowthLimits",
    "LimitCheck",
    "LimitsAtSize",
    "PublishedLimits",
    "Reading",
    "Reference",
    "Series",
    "Treatment",
    "TreatmentKind",
    "change_between",
    "compare",
    "days_from_dates",
]
