"""From a labelmap to numbers: volumes, diameters, grades and the headline, or the reason why there are none."""

from VSSegmentationLib.measurement.grades import Grade
from VSSegmentationLib.measurement.headline import Headline
from VSSegmentationLib.measurement.plane import MeatalPlane, NoPlane
from VSSegmentationLib.measurement.regions import Component, components
from VSSegmentationLib.measurement.soft import soft_volume
from VSSegmentationLib.measurement.value import Measurement, Uncertainty
from VSSegmentationLib.measurement.vestibular_schwannoma.grades import kanzaki_grade, koos_prefill
from VSSegmentationLib.measurement.vestibular_schwannoma.headline import HeadlinePolicy, choose_headline
from VSSegmentationLib.measurement.vestibular_schwannoma.measure import measure
from VSSegmentationLib.measurement.vestibular_schwannoma.plane import fit_meatal_plane, split_by_plane
from VSSegmentationLib.measurement.vestibular_schwannoma.quality import labelmap_warnings
from VSSegmentationLib.measurement.vestibular_schwannoma.sides import SideMeasurements, measure_sides

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
