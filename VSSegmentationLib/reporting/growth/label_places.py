"""Where the numbers of a curve stand: beside their marks, and on no error bar, mark or name of another."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_CHARACTER = 0.58
"""Width of a bold figure, in font sizes."""
_GAP_MM = 1.2
_BESIDE_MM = 1.9
"""From the middle of a mark to a number on its left or right: clear of the mark and of the caps of its bar."""


class Box(NamedTuple):
    """What something takes up on the page, in mm; y grows downward."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap_mm2(self, other: "Box") -> float:
        """Return the area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(high, 0.0)


class Marked(NamedTuple):
    """A mark with its error bar, and the number that belongs to it."""

    x: float
    y: float
    bar_top: float
    bar_bottom: float
    text: str


def text_width(text: str, font_mm: float) -> float:
    """Return how wide a number is in bold, in mm."""
    return len(text) * _CHARACTER * font_mm


def text_box(x: float, baseline: float, text: str, font_mm: float) -> Box:
    """Return what a text takes up that is centered at `x`."""
    half = text_width(text, font_mm) / 2
    return Box(x - half, baseline - 0.75 * font_mm, x + half, baseline + 0.05 * font_mm)


def place(marked: Marked, taken: Sequence[Box], crossed: Iterable[tuple[float, float]], font_mm: float) -> Box:
    """Return the best place of a number: above its bar, below it, or beside the mark.

    Args:
        marked: What is labeled.
        taken: What the number must not lie on, as far as there is such a place.
        crossed: Points of lines, which it should not hide if that can be helped.
        font_mm: Height of the letters.
    """
    points = list(crossed)
    half = text_width(marked.text, font_mm) / 2
    middle, below = marked.y + 0.35 * font_mm, marked.bar_bottom + _GAP_MM + 0.75 * font_mm
    candidates = [
        text_box(x, baseline, marked.text, font_mm)
        for x, baseline in (
            (marked.x, marked.bar_top - _GAP_MM),
            (marked.x, below),
            (marked.x + _BESIDE_MM + half, middle),
            (marked.x - _BESIDE_MM - half, middle),
            (marked.x + _BESIDE_MM + half, marked.bar_top - _GAP_MM),
            (marked.x - _BESIDE_MM - half, below),
            (marked.x + _BESIDE_MM + half, below),
            (marked.x - half + _GAP_MM, marked.bar_top - _GAP_MM),
            (marked.x - half + _GAP_MM, below),
        )
    ]

    def cost(box: Box) -> tuple[float, int]:
        hidden = sum(box.left <= x <= box.right and box.top <= y <= box.bottom for x, y in points)
        return round(sum(box.overlap_mm2(each) for each in taken), 6), hidden

    return min(candidates, key=cost)  # of equal ones the first
