"""From a labelmap to numbers: volumes, diameters, grades and the headline, or the reason why there are none."""

from VSSegmentationLib.measurement.grades import Grade, kanzaki_grade, koos_prefill
from VSSegmentationLib.measurement.headline import Headline, HeadlinePolicy, choose_headline
from VSSegmentationLib.measurement.measure import measure
from VSSegmentationLib.measurement.plane import MeatalPlane, NoPlane, fit_meatal_plane, split_by_plane
from VSSegmentationLib.measurement.quality import labelmap_warnings
from VSSegmentationLib.measurement.regions import Component, components
from VSSegmentationLib.measurement.sides import SideMeasurements, measure_sides
from VSSegmentationLib.measurement.soft import soft_volume
from VSSegmentationLib.measurement.value import Measurement, Uncertainty

__all__ = [
    "Component",
    "Grade",
    "Headline",
    "HeadlinePolicy",
    "Measurement",
    "MeatalPlane",
    "NoPlane",
    "SideMeasurements",
    "Uncertainty",
    "choose_headline",
    "components",
    "fit_meatal_plane",
    "kanzaki_grade",
    "koos_prefill",
    "labelmap_warnings",
    "measure",
    "measure_sides",
    "soft_volume",
    "split_by_plane",
]
