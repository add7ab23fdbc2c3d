"""Volumes and headline diameter over time as one SVG, told apart by marks and dashes as well as by color."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.growth import Growth, Series
from VSSegmentationLib.reporting.growth.label_places import Box, Marked, place, text_box, text_width
from VSSegmentationLib.tasks import DEFAULT_TASK, Task

_WIDTH_MM, _HEIGHT_MM = 180.0, 62.0
_FONT_MM = 2.9
_TICK_GAP_MM = 1.2
"""From an axis to the numbers at it."""
_VALUE_WIDTH_MM = 10.0
_INK = "#111"
_LEADING = "circle"
"""The mark of the line whose values stand in numbers, and whose uncertainty is drawn; bars of the parts would lie on
each other."""
_MARK_MM = 1.2
_DAYS_PER_MONTH = 365.25 / 12


class _Frame(NamedTuple):
    """Where a panel's axes lie on the page, in mm from the top left corner."""

    left: float
    right: float
    top: float
    bottom: float


class _Look(NamedTuple):
    """How one measure is drawn."""

    short: str
    color: str
    dashes: str
    mark: str


@dataclass(frozen=True)
class _Scale:
    """From days and values to the page."""

    frame: _Frame
    last_day: float
    highest: float

    def x(self, days: float) -> float:
        room = 6.0  # so that marks and values of first and last day stay inside the axes
        return self.frame.left + room + (self.frame.right - self.frame.left - 2 * room) * days / max(self.last_day, 1.0)

    def y(self, value: float) -> float:
        return self.frame.bottom - (self.frame.bottom - self.frame.top) * value / self.highest


_STROKES = (("", "circle"), ("2.4 1", "square"), ("0.8 0.8", "triangle"))
"""How the line of each volume is broken, and its mark; a fourth volume would begin anew."""
_DIAMETER = _Look("", _INK, "", "circle")
_LEFT = _Frame(14.0, 84.0, 15.0, 52.0)
_RIGHT = _Frame(106.0, 176.0, 15.0, 52.0)


def growth_curve_svg(
    growth: Growth, task: Task = DEFAULT_TASK, *, stacked: bool = False, width_px: int | None = None
) -> str:
    """Return a complete SVG: volumes on the left, the baseline's headline diameter on the right where there is one.

    Bars show the uncertainty of whole volume and diameter. What was not measurable leaves a gap in its line.

    Args:
        growth: The examinations and what changed.
        task: What kind of tumor was measured.
        stacked: The diameter below the volumes instead, for a narrow place.
        width_px: Width of the picture for programs that draw it at its own size; a page gives it one.
    """
    panels = [_panel(growth, _LEFT, "Volume, cm³", _volumes(growth, task))]
    headline = growth.examinations[0].headline.measurement_id
    if headline is not None:
        series = growth.of(headline)
        diameter = _panel(growth, _RIGHT, f"{series.measurements[0].name}, mm", [(series, _DIAMETER)])
        below = f'<g transform="translate({_mm(_LEFT.left - _RIGHT.left)} {_mm(_HEIGHT_MM)})">{diameter}</g>'
        panels.append(below if stacked else diameter)
    side_by_side = len(panels) == 2 and not stacked
    width, height = _WIDTH_MM if side_by_side else _LEFT.right + 4, _HEIGHT_MM * (len(panels) if stacked else 1)
    size = "" if width_px is None else f'width="{width_px}" height="{round(width_px * height / width)}" '
    description = " ".join(_in_words(series, growth) for series in _drawn(growth, task, headline))
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}viewBox="0 0 {_mm(width)} {_mm(height)}" role="img" '
        'aria-labelledby="curve-title curve-text" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="{_FONT_MM}">'
    )
    title = '<title id="curve-title">Volumes and headline diameter over time</title>'
    return "\n".join([opening, title, f'<desc id="curve-text">{html.escape(description)}</desc>', *panels, "</svg>"])


def _volumes(growth: Growth, task: Task) -> list[tuple[Series, _Look]]:
    measured = {s.id: s for s in growth.series if any(m.value is not None for m in s.measurements)}
    looks = {name: _look(task, number, name) for number, name in enumerate(task.main_volumes)}
    return [(measured[name], look) for name, look in looks.items() if name in measured]


def _look(task: Task, number: int, measurement_id: str) -> _Look:
    region = task.definitions[measurement_id].region
    entry = task.entry_of_region(region)
    color = _INK if entry is None else f"rgb({','.join(map(str, entry.color_rgb))})"
    return _Look(region, color, *_STROKES[number % len(_STROKES)])


def _drawn(growth: Growth, task: Task, headline: str | None) -> list[Series]:
    return [series for series, _ in _volumes(growth, task)] + ([growth.of(headline)] if headline else [])


def _in_words(series: Series, growth: Growth) -> str:
    values = ", ".join(
        f"day {e.days}: {'not measurable' if m.value is None else f'{m.value:.3g} {m.unit}'}"
        for e, m in zip(growth.examinations, series.measurements, strict=True)
    )
    return f"{series.measurements[0].name}: {values}."


def _panel(growth: Growth, frame: _Frame, title: str, lines: Sequence[tuple[Series, _Look]]) -> str:
    tops = [_reach(m)[1] for series, _ in lines for m in series.measurements if m.value is not None]
    ticks = _ticks((max(tops, default=0.0) or 1.0) * 1.08)
    scale = _Scale(frame, float(growth.examinations[-1].days), ticks[-1])
    drawn = [_line(series, look, growth, scale) for series, look in lines]
    numbers = _numbers(lines, growth, scale, ticks)
    named = [(series, look) for series, look in lines if look.short]
    return "\n".join(
        [
            _text(frame.left - 9, 4.6, title, weight="bold"),
            *(_legend(look, frame.left - 9 + 27.0 * i) for i, (_, look) in enumerate(named)),
            _axes(growth, scale, ticks),
            *_treatments(growth, scale),
            *drawn,
            *numbers,
        ]
    )


def _line(series: Series, look: _Look, growth: Growth, scale: _Scale) -> str:
    pieces: list[list[str]] = [[]]
    marks = []
    for number, measurement in enumerate(series.measurements):
        if measurement.value is None:
            pieces.append([])
            continue
        x, y = scale.x(growth.examinations[number].days), scale.y(measurement.value)
        pieces[-1].append(f"{_mm(x)} {_mm(y)}")
        bar = _bar(measurement, x, scale) if look.mark == _LEADING else ""
        marks.append(bar + _mark(look, x, y))
    path = " ".join("M" + "L".join(points) for points in pieces if len(points) > 1)
    dashes = f' stroke-dasharray="{look.dashes}"' if look.dashes else ""
    line = f'<path d="{path}" fill="none" stroke="{look.color}" stroke-width="0.5"{dashes}/>' if path else ""
    return "\n".join([line, *marks])


def _numbers(lines: Sequence[tuple[Series, _Look]], growth: Growth, scale: _Scale, ticks: Sequence[float]) -> list[str]:
    """Return the values of the leading line in numbers: first and last always, others where there is room."""
    marked = {look.mark: _marked(series, growth, scale) for series, look in lines}
    taken = [*_taken_by_treatments(growth, scale), *_taken_by_ticks(scale, ticks)]
    for mark, points in marked.items():
        taken += [Box(p.x - _MARK_MM, p.y - _MARK_MM, p.x + _MARK_MM, p.y + _MARK_MM) for p in points]
        if mark == _LEADING:
            taken += [Box(p.x - 0.8, p.bar_top, p.x + 0.8, p.bar_bottom) for p in points]
    crossed = [point for points in marked.values() for point in _along(points)]
    leading = marked.get(_LEADING, [])
    ends = leading[:1] + leading[1:][-1:]
    out: list[str] = []
    shown: list[Marked] = []
    for point in (*ends, *(p for p in leading if p not in ends)):
        if point not in ends and any(abs(point.x - other.x) < _VALUE_WIDTH_MM for other in shown):
            continue  # a reader could not tell which mark it belongs to
        box = place(point, taken, crossed, _FONT_MM)
        if point in ends or not any(box.overlap_mm2(each) for each in taken):
            taken.append(box)
            shown.append(point)
            middle, baseline = (box.left + box.right) / 2, box.bottom - 0.05 * _FONT_MM
            out.append(_text(middle, baseline, point.text, "middle", weight="bold", rim=True))
    return out


def _marked(series: Series, growth: Growth, scale: _Scale) -> list[Marked]:
    out = []
    for examination, measurement in zip(growth.examinations, series.measurements, strict=True):
        if measurement.value is None:
            continue
        low, high = (scale.y(value) for value in _reach(measurement))
        text = f"{measurement.value:.3f}" if measurement.unit == "cm3" else f"{measurement.value:.1f}"
        out.append(Marked(scale.x(examination.days), scale.y(measurement.value), high, low, text))
    return out


def _along(points: Sequence[Marked]) -> list[tuple[float, float]]:
    """Return points of a line, close enough that no number lies between two of them."""
    steps = [i / 20 for i in range(21)]
    return [(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t) for a, b in pairwise(points) for t in steps]


def _taken_by_treatments(growth: Growth, scale: _Scale) -> list[Box]:
    boxes = []
    for treatment in growth.treatments:
        if 0 <= treatment.days <= growth.examinations[-1].days:
            x, top = scale.x(treatment.days), scale.frame.top
            boxes += [Box(x - 0.3, top, x + 0.3, scale.frame.bottom)]
            boxes += [text_box(x, top - 0.8, str(treatment.kind), _FONT_MM)]
    return boxes


def _taken_by_ticks(scale: _Scale, ticks: Sequence[float]) -> list[Box]:
    words = {tick: _short(tick, ticks[1]) for tick in ticks}
    end, down = scale.frame.left - _TICK_GAP_MM, 0.35 * _FONT_MM
    return [text_box(end - text_width(words[t], _FONT_MM) / 2, scale.y(t) + down, words[t], _FONT_MM) for t in ticks]


def _reach(measurement: Measurement) -> tuple[float, float]:
    """Return the lowest and highest value that the uncertainty leaves."""
    value, uncertainty = measurement.value or 0.0, measurement.uncertainty
    if uncertainty is None or uncertainty.value is None:
        return value, value
    half = uncertainty.value / 100 * value if uncertainty.unit == "%" else uncertainty.value
    return max(0.0, value - half), value + half


def _bar(measurement: Measurement, x: float, scale: _Scale) -> str:
    low, high = (scale.y(v) for v in _reach(measurement))
    if low - high < 0.4:
        return ""
    cap = "".join(f"M{_mm(x - 0.8)} {_mm(y)}h1.6" for y in (low, high))
    return f'<path d="M{_mm(x)} {_mm(low)}V{_mm(high)}{cap}" stroke="#777" stroke-width="0.25"/>'


def _mark(look: _Look, x: float, y: float) -> str:
    style = f'fill="{look.color}" stroke="#fff" stroke-width="0.25"'
    if look.mark == "circle":
        return f'<circle cx="{_mm(x)}" cy="{_mm(y)}" r="1.1" {style}/>'
    if look.mark == "square":
        return f'<rect x="{_mm(x - 1)}" y="{_mm(y - 1)}" width="2" height="2" {style}/>'
    return f'<path d="M{_mm(x)} {_mm(y - 1.2)}l1.2 2.1h-2.4z" {style}/>'


def _axes(growth: Growth, scale: _Scale, ticks: Sequence[float]) -> str:
    frame = scale.frame
    grid = "".join(f"M{_mm(frame.left)} {_mm(scale.y(tick))}H{_mm(frame.right)}" for tick in ticks)
    numbers = [
        _text(frame.left - _TICK_GAP_MM, scale.y(tick) + 0.35 * _FONT_MM, _short(tick, ticks[1]), "end")
        for tick in ticks
    ]
    below = frame.bottom + 1.3 + _FONT_MM
    unit_days, unit = _time_unit(growth.examinations[-1].days)
    times = _ticks(growth.examinations[-1].days / unit_days, whole=True)
    shown = [t for t in times if t * unit_days <= growth.examinations[-1].days + 1e-6]
    stops = "".join(f"M{_mm(scale.x(t * unit_days))} {_mm(frame.bottom)}v1" for t in shown)
    labels = [_text(scale.x(t * unit_days), below, f"{t:g}", "middle") for t in shown]
    middle = (frame.left + frame.right) / 2
    line = f"M{_mm(frame.left)} {_mm(frame.bottom)}H{_mm(frame.right)}{stops}"
    return "\n".join(
        [
            f'<path d="{grid}" stroke="#ccc" stroke-width="0.2"/>',
            f'<path d="{line}" fill="none" stroke="{_INK}" stroke-width="0.3"/>',
            *numbers,
            *labels,
            _text(middle, below + 1.5 * _FONT_MM, f"{unit} since the baseline", "middle"),
        ]
    )


def _time_unit(days: int) -> tuple[float, str]:
    if days >= 2 * 365:
        return 365.25, "years"
    return (_DAYS_PER_MONTH, "months") if days >= 60 else (1.0, "days")


def _treatments(growth: Growth, scale: _Scale) -> list[str]:
    """Return a dashed line for each treatment within the time shown, with its name at the top."""
    out = []
    for treatment in growth.treatments:
        if 0 <= treatment.days <= growth.examinations[-1].days:
            x, top = scale.x(treatment.days), scale.frame.top
            out.append(
                f'<path d="M{_mm(x)} {_mm(scale.frame.bottom)}V{_mm(top)}" stroke="{_INK}" stroke-width="0.3" '
                'stroke-dasharray="0.5 0.7"/>'
            )
            out.append(_text(x, top - 0.8, str(treatment.kind), "middle", rim=True))
    return out


def _legend(look: _Look, x: float) -> str:
    dashes = f' stroke-dasharray="{look.dashes}"' if look.dashes else ""
    return (
        f'<path d="M{_mm(x)} 8.6h7" stroke="{look.color}" stroke-width="0.5"{dashes}/>'
        + _mark(look, x + 3.5, 8.6)
        + _text(x + 8, 8.6 + 0.35 * _FONT_MM, look.short)
    )


def _ticks(highest: float, *, whole: bool = False) -> list[float]:
    """Return 3 to 6 round numbers from 0 to at least `highest`."""
    step = max(highest, 1e-9) / 5
    power = 10.0 ** math.floor(math.log10(step))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * (1 - 1e-9))
    if whole:
        step = max(1.0, step)
    return [step * i for i in range(math.ceil(highest / step - 1e-9) + 1)]


def _short(value: float, step: float) -> str:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{decimals}f}"


def _text(x: float, y: float, text: str, anchor: str = "start", weight: str = "normal", *, rim: bool = False) -> str:
    place = f'x="{_mm(x)}" y="{_mm(y)}" text-anchor="{anchor}" font-weight="{weight}"'
    words = html.escape(text)
    below = f'<text {place} fill="#fff" stroke="#fff" stroke-width="0.8" aria-hidden="true">{words}</text>'
    return (below if rim else "") + f'<text {place} fill="{_INK}">{words}</text>'


def _mm(length: float) -> str:
    return f"{round(length, 2):g}"
