"""From a labelmap to numbers: volumes and diameters with their end points, or the reason why there are none."""

from VSSegmentationLib.measurement.measure import measure
from VSSegmentationLib.measurement.regions import Component, components, labelmap_warnings
from VSSegmentationLib.measurement.value import Measurement

__all__ = ["Component", "Measurement", "components", "labelmap_warnings", "measure"]
