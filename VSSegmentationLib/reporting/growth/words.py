"""Figures of a comparison as a reader sees them, and the reasons of those that are missing as numbered notes."""

from collections.abc import Iterable, Sequence

from VSSegmentationLib.measurement.growth import (
    AFTER_RADIOSURGERY,
    Change,
    Direction,
    Figure,
    Growth,
    LimitCheck,
    Reference,
    Series,
)
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined
from VSSegmentationLib.tasks import Task

_DECIMALS = {"cm3": 3, "mm": 1, "%": 1, "cm3 per year": 3, "mm per year": 2, "% per year": 1}


class Notes:
    """Reasons, each with one number wherever it stands."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def mark(self, reason: str) -> Html:
        """Return a dash with the number of the reason."""
        if reason not in self._reasons:
            self._reasons.append(reason)
        return fill("–<sup>${number}</sup>", number=self._reasons.index(reason) + 1)

    def listed(self) -> Html:
        """Return all reasons with their numbers."""
        return joined(
            fill('<p class="footnote"><sup>${number}</sup> ${reason}.</p>\n', number=i, reason=capitalized(reason))
            for i, reason in enumerate(self._reasons, start=1)
        )


def _days(count: int) -> str:
    return "day" if abs(count) == 1 else "days"


def figure_cell(figure: Figure, notes: Notes, near: LimitCheck | None = None) -> Html:
    """Return a table cell with a signed number, or a dash with a note."""
    if figure.value is None:
        return fill('<td class="figure none">${mark}</td>', mark=notes.mark(figure.reason or ""))
    return fill('<td class="figure">${number}</td>', number=signed(figure.value, figure.unit, near))


def check_cell(check: LimitCheck, notes: Notes) -> Html:
    """Return a table cell that says whether a limit is reached, in words."""
    if check.direction is None:
        return fill('<td class="none">${mark}</td>', mark=notes.mark(check.reason or ""))
    kind = "none" if check.direction is Direction.WITHIN else "reached"
    return fill('<td class="${kind}">${words}</td>', kind=kind, words=limit_words(check))


def uncertainty_cell(check: LimitCheck, notes: Notes) -> Html:
    """Return a table cell that says whether a change lies beyond the uncertainty: `beyond 20 %`, `within 20 %`."""
    if check.direction is None or check.limit is None:
        return fill('<td class="none">${mark}</td>', mark=notes.mark(check.reason or ""))
    within = check.direction is Direction.WITHIN
    return fill(
        '<td class="${kind}">${words}</td>',
        kind="none" if within else "reached",
        words=f"{'within' if within else 'beyond'} {check.limit:.3g}\u00a0{check.unit}",
    )


def asked_change(same: Sequence[Change]) -> Change:
    """Return of changes between the same two examinations one whose limit in % is asked for, if there is any."""
    return next((each for each in same if each.percent_limit.direction is not None), same[0])


def limit_words(check: LimitCheck) -> str:
    """Return whether a limit is reached: `up by 20 % or more`, `less than 20 %`."""
    limit = f"{check.limit:.3g}\u00a0{check.unit}"
    if check.direction is Direction.WITHIN:
        return f"less than {limit}"
    return f"{'up' if check.direction is Direction.INCREASE else 'down'} by {limit} or more"


def dagger(change: Change) -> str:
    """Return the mark behind a change that has a wording of its own, with a space before it; nothing for others."""
    return " †" if change.wording == AFTER_RADIOSURGERY else ""


def dagger_note(changes: Iterable[Change]) -> Html:
    """Return what the mark means, if any of these changes has it."""
    if not any(dagger(change) for change in changes):
        return NOTHING
    return fill('<p class="footnote">† ${wording}.</p>\n', wording=capitalized(AFTER_RADIOSURGERY))


def leading_series(growth: Growth, task: Task) -> tuple[Series, ...]:
    """Return what a comparison leads with: the headline of the baseline, if there is one, and the volumes."""
    headline = growth.examinations[0].headline.measurement_id
    return tuple(growth.of(name) for name in (*([headline] if headline else []), *task.main_volumes))


def change_sentence(series: Series) -> str:
    """Say how the latest examination differs from the baseline, and how that stands to the limits."""
    change = series.change(Reference.BASELINE, len(series.measurements) - 1)
    is_length = series.measurements[0].unit == "mm"
    check, figure = (change.mm_limit, change.delta) if is_length else (change.percent_limit, change.percent)
    named = f" {capitalized(change.wording)}." if change.wording == AFTER_RADIOSURGERY else ""
    if figure.value is None:
        return f"Change: {figure.reason}.{named}"
    unit = "mm" if is_length else "%"
    words = [f"{signed(figure.value, figure.unit, check)}\u00a0{unit} over {change.days} {_days(change.days)}"]
    if check.direction is not None:
        words.append(limit_words(check))
    beyond = change.beyond_uncertainty
    if beyond.direction is not None and beyond.limit is not None:
        where = "within" if beyond.direction is Direction.WITHIN else "beyond"
        words.append(f"{where} the uncertainty of {beyond.limit:.0f}\u00a0%")
    return f"{'; '.join(words)}.{named}"


def capitalized(words: str) -> str:
    """Return words with a capital letter in front; the rest stays as it is."""
    return words[:1].upper() + words[1:]


def signed(value: float, unit: str, near: LimitCheck | None = None) -> str:
    """Return a number with its sign; with more decimals where rounding would put it at a limit it does not reach."""
    decimals = _DECIMALS.get(unit, 2)
    if near is not None and near.direction is Direction.WITHIN and near.limit is not None:
        while abs(float(f"{value:.{decimals}f}")) >= near.limit and decimals < 9:
            decimals += 1
    return f"{value:+.{decimals}f}"
