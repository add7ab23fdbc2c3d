"""The outline of a mask in one slice as closed contours that hold no hole: a keyhole leads voids to the outside."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.reporting.pictures.outlines import pixel_outlines

Loop = list[tuple[float, float]]


def keyhole_contours(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Return one contour for each piece of a mask, along the edges of its pixels.

    A void within a piece is reached through a channel without width, as DICOM PS3.3 C.8.8.6.3 has it, so that the
    contours alone, each filled, are the mask; readers that fill even and odd get the same.

    Args:
        mask: (rows, columns) bool.

    Returns:
        Each (n, 2) of rows and columns of pixel centers; the last corner is joined to the first.
    """
    outer: list[Loop] = []
    voids: list[Loop] = []
    for corners in pixel_outlines(mask):
        loop = [(float(row), float(column)) for row, column in corners]
        (outer if _signed_area(corners) > 0 else voids).append(loop)
    for void in sorted(voids, key=lambda loop: max(column for _, column in loop), reverse=True):
        _lead_out(void, outer)
    return [np.array(loop) for loop in outer]


def _signed_area(corners: NDArray[np.float64]) -> float:
    """Return the area, negative for a void, whose mask lies on the other hand."""
    rows, columns = corners.T
    return float((columns * np.roll(rows, -1) - np.roll(columns, -1) * rows).sum() / 2)


def _lead_out(void: Loop, outer: list[Loop]) -> None:
    """Join a void to what lies to the right of its rightmost edge: voids farther right are joined already."""
    right = max(column for _, column in void)
    begin = next(i for i in range(len(void)) if void[i][1] == right == void[(i + 1) % len(void)][1])
    row = min(void[begin][0], void[(begin + 1) % len(void)][0]) + 0.5  # a center of pixels, never a corner
    loop, edge, column = min(_hits(outer, row, right), key=lambda hit: hit[2])
    around = [*void[begin + 1 :], *void[: begin + 1]]
    loop[edge + 1 : edge + 1] = [(row, column), (row, right), *around, (row, right), (row, column)]


def _hits(loops: list[Loop], row: float, right_of: float) -> list[tuple[Loop, int, float]]:
    """Return which upright edges a line along a row meets, right of a column: loop, index of the edge, column."""
    return [
        (loop, i, start[1])
        for loop in loops
        for i, (start, stop) in enumerate(zip(loop, [*loop[1:], loop[0]], strict=True))
        if start[1] == stop[1] > right_of and (start[0] <= row) != (stop[0] <= row)
    ]
