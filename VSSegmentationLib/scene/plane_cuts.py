"""Where a plane cuts a slice view, and where beside that line the names of its two sides can be read."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.geometry import Affine, Triplet, as_affine
from VSSegmentationLib.measurement import MeatalPlane

_LEAST_ANGLE_DEG = 15.0
"""A slice closer to the plane's own direction shows no line worth the name: it would jump about with every step."""
_GAP_PX = 7.0
_MARGIN_PX = 4.0
_ALONG = (1.0, -1.0, 0.6, -0.6, 0.2, -0.2)
"""Where names may stand, in shares of half the line; the ends first, where there is the least tumor."""


class Cut(NamedTuple):
    """The line in which a plane cuts a slice, as far as the plane is drawn."""

    center_ras_mm: Triplet
    ends_ras_mm: tuple[Triplet, Triplet]


class NamePlace(NamedTuple):
    """Where a name stands: the corner of its box nearest to the line, and to which side of that corner the box is."""

    anchor_ras_mm: Triplet
    to_right: bool
    """Whether the text begins there, else it ends there."""
    upward: bool


def cut_by_slice(plane: MeatalPlane, slice_to_ras: Affine, half_size_mm: float) -> Cut | None:
    """Return the line in which a plane cuts a slice; None where it runs along the slice or is cut beyond its border.

    Args:
        plane: What is cut.
        slice_to_ras: (4, 4) of the slice: columns right, up and out of the view, and a point of it.
        half_size_mm: How far from its origin the plane is drawn.
    """
    normal, through = np.array(plane.normal_ras), slice_to_ras[:3, 2] / np.linalg.norm(slice_to_ras[:3, 2])
    along = np.cross(through, normal)
    sine = np.linalg.norm(along)
    if sine < np.sin(np.radians(_LEAST_ANGLE_DEG)):
        return None
    along /= sine
    toward = np.cross(along, normal)  # in the plane, across the line
    origin = np.array(plane.origin_ras_mm)
    step = (slice_to_ras[:3, 3] - origin) @ through / (toward @ through)
    if abs(step) > half_size_mm:
        return None
    center = origin + step * toward
    return Cut(_point(center), (_point(center - half_size_mm * along), _point(center + half_size_mm * along)))


def name_places(
    cut: Cut, plane: MeatalPlane, xy_to_ras: Affine, size_px: tuple[int, int], text_px: tuple[float, float]
) -> tuple[NamePlace, NamePlace] | None:
    """Return where the names of both sides stand, in front of the plane first; None where there is no room in the view.

    Each box touches its anchor with the corner nearest to the line, so that all of it lies on its own side whatever its
    size.

    Args:
        cut: The line.
        plane: Its normal tells which side is in front.
        xy_to_ras: (4, 4) of the view, from pixels that count from its lower left corner.
        size_px: Width and height of the view.
        text_px: Width and height of the longer name.
    """
    to_xy = as_affine(np.linalg.inv(xy_to_ras))
    center, *ends = ((to_xy @ (*point, 1.0))[:2] for point in (cut.center_ras_mm, *cut.ends_ras_mm))
    half = max((ends[1] - center, ends[0] - center), key=lambda each: each[1])  # upward: less is drawn up there
    across = np.array((-half[1], half[0])) / np.linalg.norm(half)
    if across @ (to_xy[:2, :3] @ np.array(plane.normal_ras)) < 0:
        across = -across
    for share in _ALONG:
        offsets = (share * half + side * _GAP_PX * across for side in (1, -1))
        anchors: list[NDArray[np.float64]] = [np.asarray(center + each) for each in offsets]
        boxes = tuple(_box(anchor, side * across, text_px) for anchor, side in zip(anchors, (1, -1), strict=True))
        if all(_is_inside(box, size_px) for box in boxes):
            front, behind = (
                NamePlace(_lifted(anchor, cut, xy_to_ras, to_xy), *_quadrant(side * across))
                for anchor, side in zip(anchors, (1, -1), strict=True)
            )
            return front, behind
    return None


def _quadrant(direction: NDArray[np.float64]) -> tuple[bool, bool]:
    return bool(direction[0] >= 0), bool(direction[1] >= 0)


def _box(
    anchor: NDArray[np.float64], direction: NDArray[np.float64], text_px: tuple[float, float]
) -> Iterator[tuple[float, float]]:
    """Return two opposite corners."""
    to_right, upward = _quadrant(direction)
    x, y = anchor.tolist()
    return iter(((x, y), (x + (text_px[0] if to_right else -text_px[0]), y + (text_px[1] if upward else -text_px[1]))))


def _is_inside(corners: Iterator[tuple[float, float]], size_px: tuple[int, int]) -> bool:
    return all(
        _MARGIN_PX <= at <= size - _MARGIN_PX for corner in corners for at, size in zip(corner, size_px, strict=True)
    )


def _lifted(xy: NDArray[np.floating[Any]], cut: Cut, xy_to_ras: Affine, to_xy: Affine) -> Triplet:
    """Return a pixel as a point of the same slice as the line."""
    depth = (to_xy @ (*cut.center_ras_mm, 1.0))[2]
    return _point((xy_to_ras @ (*xy, depth, 1.0))[:3])


def _point(array: NDArray[np.float64]) -> Triplet:
    r, a, s = array.tolist()
    return r, a, s


def turned(plane: MeatalPlane, cut: Cut, slice_to_ras: Affine, end: int, to_ras_mm: Triplet) -> MeatalPlane:
    """Return the plane turned within a slice about the middle of its line, so that an end points where it was dragged.

    Args:
        plane: Before it is turned.
        cut: Its line in the slice.
        slice_to_ras: Of the slice.
        end: Which end of the line was dragged, 0 or 1.
        to_ras_mm: Where to.
    """
    through = slice_to_ras[:3, 2] / np.linalg.norm(slice_to_ras[:3, 2])
    center = np.array(cut.center_ras_mm)
    before, after = (np.array(point) - center for point in (cut.ends_ras_mm[end], to_ras_mm))
    after = after - (after @ through) * through
    angle = np.arctan2(through @ np.cross(before, after), before @ after)
    x, y, z = through
    skew = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    rotation = np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew  # Rodrigues
    return MeatalPlane(
        origin_ras_mm=_point(center + rotation @ (np.array(plane.origin_ras_mm) - center)),
        normal_ras=_point(rotation @ np.array(plane.normal_ras)),
        rms_mm=0.0,
        source="user",
    )
