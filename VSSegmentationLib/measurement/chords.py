"""The longest straight run inside one slice of a mask along a given direction."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.measurement.contours import Segments, contour_segments

Points = NDArray[np.float64]

_ASIDE = 1e-7
"""Of a pixel: how far beside a corner of the outline a line is laid, since the longest chord may jump at the corner."""
_TOUCH = 1e-4
"""Of a pixel: runs that are parted by less touch each other and count as one."""
_SAME = 1e-6  # of a pixel: chords this close are equal; more than _ASIDE can change them


class Chord(NamedTuple):
    """A straight line from edge to edge that lies wholly inside the mask."""

    length_mm: float
    end_points: Points
    """(2, 2) row and column."""


def longest_chord(section: NDArray[np.bool_], pixel_vectors_mm: Points, along: Points) -> Chord:
    """Return the longest run inside a mask along a direction, over all parallel lines.

    Inside is where the bilinear interpolation of the mask is at least one half. The length of the chord is linear
    between two neighboring corners of that outline, so it is enough to look at both sides of every corner, and the
    answer does not depend on how the direction lies to the pixels. Of equal chords the middle one is taken.

    Args:
        section: (rows, columns) bool.
        pixel_vectors_mm: (2, 3) steps in space from one row, and from one column, to the next.
        along: (3,) direction in space, in the plane of the slice; any length but zero.

    Raises:
        EmptyMaskError: If no pixel is True.
    """
    if not section.any():
        msg = "longest_chord: the mask is empty; give a slice with at least one pixel"
        raise EmptyMaskError(msg)
    pixel_mm = float(np.linalg.norm(pixel_vectors_mm, axis=1).min())
    axes = _axes(pixel_vectors_mm, along)  # (2, 3)
    segments = contour_segments(section) @ (pixel_vectors_mm @ axes.T)  # (n, 2, 2): along and across, mm
    offsets = np.unique(np.round(segments[..., 1], 9))
    offsets = np.sort(np.concatenate((offsets - _ASIDE * pixel_mm, offsets + _ASIDE * pixel_mm)))
    starts, ends, across = _runs(segments, offsets, _TOUCH * pixel_mm)
    lengths = ends - starts
    equal = np.flatnonzero(lengths >= lengths.max() - _SAME * pixel_mm)
    equal = equal[np.lexsort((starts[equal], across[equal]))]
    middle = equal[(len(equal) - 1) // 2]
    ends_mm = np.array([(starts[middle], across[middle]), (ends[middle], across[middle])])
    to_index = np.linalg.inv(pixel_vectors_mm @ axes.T)
    return Chord(float(lengths[middle]), ends_mm @ to_index)


def inside_fraction(section: NDArray[np.bool_], end_points: Points) -> float:
    """Return how much of a line, given by (2, 2) rows and columns, lies inside a mask; 0 to 1, in steps of 1/256."""
    steps = (np.arange(256) + 0.5) / 256
    points = end_points[0] + steps[:, None] * (end_points[1] - end_points[0])
    sampled = ndimage.map_coordinates(section.astype(np.float32), points.T, order=1, mode="grid-constant")
    return float(np.mean(sampled >= 0.5 - 1e-6))


def _axes(pixel_vectors_mm: Points, along: Points) -> Points:
    """Return (2, 3) unit vectors: along the direction, and at a right angle to it in the slice."""
    normal = np.cross(pixel_vectors_mm[0], pixel_vectors_mm[1])
    along = along / np.linalg.norm(along)
    across = np.cross(normal, along)
    return np.stack((along, across / np.linalg.norm(across)))


def _runs(segments: Segments, offsets: Points, touch_mm: float) -> tuple[Points, Points, Points]:
    """Return where runs inside the outline start and end along lines at sorted offsets, and the offset of each run."""
    first, second = segments[:, 0], segments[:, 1]
    # The lines that a piece of the outline crosses are neighbors, since the offsets are sorted.
    from_line = np.searchsorted(offsets, np.minimum(first[:, 1], second[:, 1]))
    to_line = np.searchsorted(offsets, np.maximum(first[:, 1], second[:, 1]))
    counts = to_line - from_line
    piece = np.repeat(np.arange(len(segments)), counts)
    line = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts - from_line, counts)
    here, there = first[piece], second[piece]
    share = (offsets[line] - here[:, 1]) / (there[:, 1] - here[:, 1])
    position = here[:, 0] + share * (there[:, 0] - here[:, 0])
    order = np.lexsort((position, line))
    line, position = line[order], position[order]
    # The outline is closed: along a line, every other crossing goes in, the next one out.
    line, starts, ends = line[::2], position[::2], position[1::2]
    opens = np.concatenate(([True], (line[1:] != line[:-1]) | (starts[1:] - ends[:-1] > touch_mm)))
    closes = np.concatenate((opens[1:], [True]))
    return starts[opens], ends[closes], offsets[line[opens]]
