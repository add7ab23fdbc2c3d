"""The outline of a mask along the edges of its pixels, as closed loops that can be drawn in any size."""

import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, int]


def pixel_outlines(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Return the closed outlines of a mask, holes too.

    Args:
        mask: (rows, columns) bool.

    Returns:
        One (n, 2) array of corners per loop, as row and column of pixel centers: the pixel (r, c) reaches from r - 0.5
        to r + 0.5. Straight runs are one step; the last corner is joined to the first.
    """
    edges = _directed_edges(np.pad(mask, 1))
    loops = []
    while edges:
        start = next(iter(edges))
        loop = [start]
        corner = _step(edges, start, None)
        while corner != start:
            loop.append(corner)
            corner = _step(edges, corner, loop[-2])
        loops.append(_without_straight_corners(np.array(loop)) - 1.5)
    return loops


def _directed_edges(padded: NDArray[np.bool_]) -> dict[Corner, list[Corner]]:
    """Map each corner to where edges lead from it, the mask on the right hand; corner (r, c) is a pixel's top left."""
    edges: dict[Corner, list[Corner]] = {}
    sides = (  # neighbor's offset, edge from and to, as corners relative to the pixel
        ((-1, 0), (0, 0), (0, 1)),
        ((0, 1), (0, 1), (1, 1)),
        ((1, 0), (1, 1), (1, 0)),
        ((0, -1), (1, 0), (0, 0)),
    )
    inside = np.argwhere(padded)
    for offset, begin, end in sides:
        for row, column in inside[~padded[tuple((inside + offset).T)]].tolist():
            edges.setdefault((row + begin[0], column + begin[1]), []).append((row + end[0], column + end[1]))
    return edges


def _step(edges: dict[Corner, list[Corner]], corner: Corner, previous: Corner | None) -> Corner:
    """Follow and use up an edge; where two pixels meet at a corner only, turn so that each keeps its own loop."""
    ways = edges[corner]
    choice = 0
    if len(ways) > 1 and previous is not None:
        came = (corner[0] - previous[0], corner[1] - previous[1])
        right_turn = (came[1], -came[0])
        choice = next(i for i, way in enumerate(ways) if (way[0] - corner[0], way[1] - corner[1]) == right_turn)
    following = ways.pop(choice)
    if not ways:
        del edges[corner]
    return following


def _without_straight_corners(loop: NDArray[np.int64]) -> NDArray[np.float64]:
    before = loop - np.roll(loop, 1, axis=0)
    after = np.roll(loop, -1, axis=0) - loop
    return np.asarray(loop[(before != after).any(axis=1)], dtype=np.float64)
