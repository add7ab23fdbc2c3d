"""The outline of a mask in one slice: where its bilinear interpolation is one half."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.measurement.extremes import true_indices

Segments = NDArray[np.float64]

_TOP, _LEFT, _RIGHT, _BOTTOM = (0.0, 0.5), (0.5, 0.0), (0.5, 1.0), (1.0, 0.5)
_NEAR = 1 - np.sqrt(0.5)
"""Where the outline round a lone corner, a hyperbola, crosses the diagonal of its cell: (1 - u)(1 - u) = 1/2."""


def contour_segments(section: NDArray[np.bool_]) -> Segments:
    """Return (n, 2, 2), in rows and columns, the straight pieces that together enclose the mask, in no order.

    In each cell of four pixel centers the outline passes the mid-points between inside and outside neighbors. Round a
    lone corner the hyperbola is drawn by two pieces, wrong by 0.02 pixel at most; where two inside pixels meet at a
    corner only, the outline is exactly a cross.

    Args:
        section: (rows, columns) bool.
    """
    padded = np.pad(section, 1).astype(np.intp)
    code = padded[:-1, :-1] + 2 * padded[:-1, 1:] + 4 * padded[1:, :-1] + 8 * padded[1:, 1:]
    cells = true_indices((code > 0) & (code < 15))
    codes = code[tuple(cells.T)]
    pieces = _PIECES[codes] + (cells[:, None, None, :] - 1)
    return np.asarray(pieces[_IS_PIECE[codes]])


def _pieces_of(code: int) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    corners = {(row, column): bool(code >> (2 * row + column) & 1) for row in (0, 1) for column in (0, 1)}
    inside = [corner for corner, filled in corners.items() if filled]
    if len(inside) in (1, 3):
        lone = inside[0] if len(inside) == 1 else next(corner for corner, filled in corners.items() if not filled)
        row, column = lone
        middle = (_NEAR if row == 0 else 1 - _NEAR, _NEAR if column == 0 else 1 - _NEAR)
        return [((float(row), 0.5), middle), (middle, (0.5, float(column)))]
    if inside in ([(0, 0), (1, 1)], [(0, 1), (1, 0)]):
        return [(edge, (0.5, 0.5)) for edge in (_TOP, _LEFT, _RIGHT, _BOTTOM)]
    if len(inside) == 2:
        return [(_LEFT, _RIGHT) if inside[0][0] == inside[1][0] else (_TOP, _BOTTOM)]
    return []


def _table() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    pieces: NDArray[Any] = np.zeros((16, 4, 2, 2))
    used = np.zeros((16, 4), dtype=bool)
    for code in range(16):
        for number, piece in enumerate(_pieces_of(code)):
            pieces[code, number] = piece
            used[code, number] = True
    return pieces, used


_PIECES, _IS_PIECE = _table()
