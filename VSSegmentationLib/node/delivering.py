"""Bringing results to one destination: what fails waits longer each time, and holds no other result up."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.node.ledger import Delivery
from VSSegmentationLib.node.parts import Parts
from VSSegmentationLib.node.sending import Outcome, Sendable, Sender
from VSSegmentationLib.node.slot import remove_results, results_of

_LONGEST_RETRY_SECONDS = 3600.0
_HOUR = 3600.0
_AGAIN = ("waiting", "unreachable")


class Courier:
    """Delivers to one destination."""

    def __init__(self, parts: Parts, name: str, sender: Sender) -> None:
        """Take the parts of the node, the name of the destination, and how it is reached."""
        self._config, self._ledger, self._audit = parts.config, parts.ledger, parts.audit
        self._name, self._sender, self._now = name, sender, parts.now
        self.failure = ""
        """Why the last result did not go; empty where it did."""
        self._is_away = False

    def deliver_due(self, should_stop: Callable[[], bool]) -> int:
        """Try each result that is due once; return how many objects went."""
        due = [each for each in self._ledger.waiting_for(self._name) if each.due <= self._now()]
        due.sort(key=lambda each: (each.due, each.series, each.edition))
        sent = 0
        for _, group in groupby(due, key=lambda each: (each.due, each.series, each.edition)):
            if should_stop():
                break
            sent += self._deliver(list(group))
            if self._is_away:
                break  # the next one is tried first when this is called again
        return sent

    def _deliver(self, result: list[Delivery]) -> int:
        objects = [self._sendable(each) for each in sorted(result, key=lambda one: _ORDER.index(one.object))]
        outcomes = self._sender.send(objects)
        now, sent = self._now(), 0
        self.failure, was_away = "", self._is_away
        for each in result:
            outcome = outcomes.get(each.object, Outcome("waiting", "nothing was heard of it"))
            sent += outcome.status == "sent"
            if outcome.status in _AGAIN:
                self.failure = outcome.reason
            self._keep(each, outcome, now)
        self._is_away = any(each.status == "unreachable" for each in outcomes.values())
        if was_away and not self._is_away:
            self._ledger.hurry(self._name, now)
        self._end(result[0], now)
        return sent

    def _keep(self, delivery: Delivery, outcome: Outcome, now: float) -> None:
        status, due, send = "waiting" if outcome.status in _AGAIN else outcome.status, None, self._config.send
        if status == "waiting" and now - delivery.since >= send.give_up_hours * _HOUR:
            status = "given up"
        elif status == "waiting":
            due = now + min(send.first_retry_seconds * 2**delivery.tries, _LONGEST_RETRY_SECONDS)
        self._ledger.set_delivery(delivery, status, reason=outcome.reason, due=due)
        if status != "waiting":
            self._audit.note(
                status,
                series=delivery.series,
                edition=delivery.edition,
                object=delivery.object,
                destination=self._name,
                reason=outcome.reason,
            )

    def _end(self, one: Delivery, now: float) -> None:
        """Say that a series is done with, once nothing of this edition waits."""
        own = [each for each in self._ledger.deliveries(one.series) if each.edition == one.edition]
        if any(each.status == "waiting" for each in own):
            return
        row = self._ledger.series(one.series)
        if row is not None and row.status == "sending" and row.edition == one.edition:
            went = any(each.status == "sent" for each in own)
            reason = "" if went else next((each.reason for each in own if each.reason), "")
            self._ledger.set_status(one.series, "sent" if went else "set aside", now, reason=reason)
        remove_results(self._config.folder, one.series, one.edition)

    def _sendable(self, delivery: Delivery) -> Sendable:
        path = results_of(self._config.folder, delivery.series, delivery.edition, delivery.object)
        plain = path.with_name(FILE_NAMES[OutputFormat.DICOM_SR_2D])
        return Sendable(delivery.object, path, _if_there(plain) if delivery.object == OutputFormat.DICOM_SR else None)


_ORDER = [str(each) for each in OutputFormat]
"""The segmentation goes before the report that refers to it."""


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None
