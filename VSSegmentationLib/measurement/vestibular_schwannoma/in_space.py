"""Measures of a vestibular schwannoma in three dimensions: largest diameters and height."""

from collections.abc import Iterator

from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.in_space import height, largest_in_space
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS, EXTRAMEATAL
from VSSegmentationLib.measurement.vestibular_schwannoma.subject import Subject


def space_measures(subject: Subject) -> Iterator[Measurement]:
    """Yield `whole_max_3d`, `em_max_3d`, `whole_height`."""
    yield largest_in_space(DEFINITIONS, "whole_max_3d", subject.regions[WHOLE], subject.dhw_to_ras)
    yield largest_in_space(DEFINITIONS, "em_max_3d", subject.regions[EXTRAMEATAL], subject.dhw_to_ras)
    yield height(DEFINITIONS, "whole_height", subject.stack)
