"""Decides which series have come as a whole, and which of them are segmented.

A series has come when no image of it came for the quiet time, the peer that sent it counts no more images than are
here (where it is asked), and its slices have no gap. It is decided upon once the other series of its study that are
arriving are quiet, too, so that a rule can take the best of them. What is missing is waited for a while longer; then
the series is refused, until a further image of it comes.
"""

from collections.abc import Callable
from typing import NamedTuple

from VSSegmentationLib.node.choosing import Candidate, candidate_of, goodness, wanted_by
from VSSegmentationLib.node.config import Rule
from VSSegmentationLib.node.ledger import SeriesRow, Status
from VSSegmentationLib.node.parts import Parts

CountAt = Callable[[SeriesRow], int | None]
"""How many images the sender says that a series has; None where it does not answer, or has not yet."""

_TAKEN = ("queued", "running", "sending", "sent")
_NO_RULE = "no rule takes it"
_NOT_BEST = "another series of the study was taken by the same rule"


class Quiet(NamedTuple):
    """A series of which nothing came for a while."""

    row: SeriesRow
    candidate: Candidate
    rule: Rule | None
    """That takes it; None where none does."""
    missing: str
    """In words, what is not there yet; empty where nothing is missing."""


class Clerk:
    """Looks at what has come, again and again."""

    def __init__(self, parts: Parts, count_at: CountAt) -> None:
        """Take the parts of the node, and what is asked how many images a series has."""
        self._config, self._ledger, self._inbox, self._audit = parts.config, parts.ledger, parts.inbox, parts.audit
        self._count_at = count_at
        self._seen: dict[str, tuple[int, Candidate]] = {}

    def look(self, now: float) -> int:
        """Queue, refuse or pass over whatever can be decided now; return how many series were queued."""
        queued = 0
        arriving = self._ledger.of_status("arriving")
        self._seen = {row.series: self._seen[row.series] for row in arriving if row.series in self._seen}
        for study in dict.fromkeys(row.study for row in arriving):
            queued += self._look_at_study([row for row in arriving if row.study == study], now)
        return queued

    def _look_at_study(self, rows: list[SeriesRow], now: float) -> int:
        wait = self._config.wait
        quiet = [self._quiet(row) for row in rows if now - row.changed >= wait.quiet_seconds]
        others_come, queued = len(quiet) < len(rows), 0
        for row, _, rule, missing in sorted(quiet, key=lambda each: goodness(each.candidate)):
            is_late = now - row.changed >= wait.quiet_seconds + wait.longest_seconds
            if rule is None:
                self._end(row, "passed over", now, _NO_RULE)
            elif missing and is_late:
                self._end(row, "refused", now, missing)
            elif not missing and (is_late or not others_come):
                queued += self._decide(row, rule, now)
        return queued

    def _decide(self, row: SeriesRow, rule: Rule, now: float) -> int:
        others = [each for each in self._ledger.of_study(row.study) if each.series != row.series]
        if not rule.every and any(each.rule == rule.name and each.status in _TAKEN for each in others):
            self._end(row, "passed over", now, _NOT_BEST, rule.name)
            return 0
        self._ledger.set_status(row.series, "queued", now, rule=rule.name)
        self._audit.note(
            "queued", series=row.series, study=row.study, rule=rule.name, images=row.images, edition=row.edition
        )
        return 1

    def _quiet(self, row: SeriesRow) -> Quiet:
        known = self._seen.get(row.series)
        if known is None or known[0] != row.images:
            known = (row.images, candidate_of(self._inbox.files(row), row.sender))
            self._seen[row.series] = known
        candidate = known[1]
        wanted = wanted_by(candidate, self._config.rule)
        if not wanted:
            return Quiet(row, candidate, None, "")
        rule = next((each for each in wanted if candidate.images >= each.min_images), wanted[0])
        return Quiet(row, candidate, rule, self._missing(row, candidate, rule))

    def _missing(self, row: SeriesRow, candidate: Candidate, rule: Rule) -> str:
        if candidate.images < rule.min_images:
            return f"{candidate.images} images have come, and the rule {rule.name} takes {rule.min_images} or more"
        if candidate.refusal:
            return candidate.refusal
        count = self._count_at(row)
        if count is not None and count > row.images:
            return f"The sender counts {count} images, and {row.images} have come; send the others"
        return ""

    def _end(self, row: SeriesRow, status: Status, now: float, reason: str, rule: str = "") -> None:
        self._ledger.set_status(row.series, status, now, reason=reason, rule=rule)
        self._audit.note(status, series=row.series, study=row.study, images=row.images, reason=reason)
