"""Diameters on axial slices: largest of the whole, largest extrameatal, across both parts, and the two axes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.diameters import SliceDiameter
from VSSegmentationLib.measurement.in_plane_pieces import longest_between_in_one_piece, longest_in_one_piece
from VSSegmentationLib.measurement.in_slices import diameter, short_axis
from VSSegmentationLib.measurement.stack import Stack
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
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
    return SliceMeasures(
        whole=None if whole.missing else longest_in_one_piece(whole.mask, pixels),
        extrameatal=None if extrameatal.missing else longest_in_one_piece(extrameatal.mask, pixels),
        across=longest_between_in_one_piece(intrameatal.mask, extrameatal.mask, whole.mask, pixels),
    )


def slice_measures(stack: Stack, found: SliceMeasures) -> Iterator[Measurement]:
    """Yield `whole_max_axial`, `em_max_axial`, `iac_max_axial`, `whole_long`, `whole_short`."""
    whole, extrameatal, intrameatal = (stack.regions[name] for name in (WHOLE, EXTRAMEATAL, INTRAMEATAL))
    longest = diameter(DEFINITIONS, "whole_max_axial", stack, found.whole, whole.missing)
    yield longest
    yield diameter(
        DEFINITIONS, "em_max_axial", stack, found.extrameatal, extrameatal.missing, ends_in=(EXTRAMEATAL, EXTRAMEATAL)
    )
    apart = reasons.NO_SHARED_SLICE
    missing = extrameatal.missing or intrameatal.missing or apart
    yield diameter(DEFINITIONS, "iac_max_axial", stack, found.across, missing, ends_in=(INTRAMEATAL, EXTRAMEATAL))
    yield replace(longest, id="whole_long", name=DEFINITIONS["whole_long"].name)  # the same line by another name
    yield short_axis(DEFINITIONS, "whole_short", stack, found.whole)
