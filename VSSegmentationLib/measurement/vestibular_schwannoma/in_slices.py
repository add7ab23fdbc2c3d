"""Diameters on axial slices: largest of the whole, largest extrameatal, across both parts, and the two axes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.diameters import SliceDiameter, longest_between, longest_in_slices
from VSSegmentationLib.measurement.in_slices import diameter, short_axis
from VSSegmentationLib.measurement.stack import Stack
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS, EXTRAMEATAL, INTRAMEATAL


class SliceMeasures(NamedTuple):
    """The longest lines that other measures start from; None where there are none."""

    whole: SliceDiameter | None
    extrameatal: SliceDiameter | None
    across: SliceDiameter | None


def find_diameters(stack: Stack) -> SliceMeasures:
    """Find the longest lines of the whole tumor, of the extrameatal part, and from part to part."""
    pixels = stack.pixel_vectors_mm
    whole, extrameatal, intrameatal = (stack.regions[name] for name in (WHOLE, EXTRAMEATAL, INTRAMEATAL))
    shared = (extrameatal.mask.any(axis=(1, 2)) & intrameatal.mask.any(axis=(1, 2))).any()
    return SliceMeasures(
        whole=None if whole.missing else longest_in_slices(whole.mask, pixels),
        extrameatal=None if extrameatal.missing else longest_in_slices(extrameatal.mask, pixels),
        across=longest_between(intrameatal.mask, extrameatal.mask, pixels) if shared else None,
    )


def slice_measures(stack: Stack, found: SliceMeasures) -> Iterator[Measurement]:
    """Yield `whole_max_axial`, `em_max_axial`, `iac_max_axial`, `whole_long`, `whole_short`."""
    whole, extrameatal, intrameatal = (stack.regions[name] for name in (WHOLE, EXTRAMEATAL, INTRAMEATAL))
    longest = diameter(DEFINITIONS, "whole_max_axial", stack, found.whole, whole.missing)
    yield longest
    yield diameter(DEFINITIONS, "em_max_axial", stack, found.extrameatal, extrameatal.missing)
    apart = "no slice holds both parts of the tumor"
    yield diameter(
        DEFINITIONS, "iac_max_axial", stack, found.across, extrameatal.missing or intrameatal.missing or apart
    )
    yield replace(longest, id="whole_long", name=DEFINITIONS["whole_long"].name)  # the same line by another name
    yield short_axis(DEFINITIONS, "whole_short", stack, found.whole)
