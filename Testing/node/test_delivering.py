"""Bringing results to one destination: each at its own pace, none behind another."""

import pytest

from Testing.support.node_parts import Clock, StubChild, config, series_spec, write_small_series
from VSSegmentationLib.node.delivering import Courier
from VSSegmentationLib.node.sending import Outcome
from VSSegmentationLib.node.service import Node

HOUR = 3600.0


class Script:
    """A sender that answers as it is told."""

    def __init__(self):
        self.answers, self.sent = {}, []

    def send(self, objects):
        self.sent.append(objects[0].path.parent.name)
        return {each.name: self.answers.get(self.sent[-1], Outcome("sent")) for each in objects}


@pytest.fixture
def office(tmp_path):
    """A node that does nothing by itself, with two results that wait."""
    clock = Clock()
    node = Node(config(tmp_path / "node"), make_child=lambda **_: StubChild(), now=clock)
    parts = node._parts
    for name in ("one", "other"):
        for path in write_small_series(tmp_path / name, 8, spec=series_spec()):
            parts.inbox.take(path.read_bytes(), "pacs")
    rows = parts.ledger.of_status("arriving")
    for row in rows:
        parts.ledger.keep_result(row, ["dicom-seg", "dicom-sr"], "pacs", clock())
        clock.seconds += 1
    script = Script()
    yield parts, clock, script, Courier(parts, "pacs", script), [f"{row.series}-1" for row in rows]
    node.stop()


def go(courier):
    return courier.deliver_due(lambda: False)


def test_one_that_fails_waits_longer_each_time_and_holds_no_other_up(office):
    _parts, clock, script, courier, (first, second) = office
    script.answers[first] = Outcome("waiting", "full")
    assert go(courier) == 2
    assert script.sent == [first, second]
    assert courier.failure == ""  # of the last one
    waits = []
    for _ in range(9):
        begun, count = clock.seconds, len(script.sent)
        while len(script.sent) == count:
            clock.seconds += 10
            go(courier)
        waits.append(clock.seconds - begun)
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_while_a_destination_is_away_one_result_is_tried_at_a_time_and_all_go_when_it_is_back(office):
    _parts, clock, script, courier, (first, second) = office
    script.answers = dict.fromkeys((first, second), Outcome("unreachable", "away"))
    assert go(courier) == 0
    assert go(courier) == 0
    assert script.sent == [first, second]
    assert courier.failure == "away"
    clock.seconds += 31
    script.answers = {}
    go(courier)
    assert go(courier) + len(script.sent) >= 4
    assert courier.failure == ""
    assert sorted(script.sent[2:]) == sorted((first, second))


def test_what_never_goes_is_given_up_after_days_and_set_aside(office):
    parts, clock, script, courier, (first, second) = office
    script.answers[first] = Outcome("waiting", "full")
    go(courier)
    clock.seconds += 72 * HOUR
    go(courier)
    by_name = {f"{row.series}-1": row for row in parts.ledger.of_status("set aside", "sent")}
    assert (by_name[first].status, by_name[first].reason) == ("set aside", "full")
    assert by_name[second].status == "sent"


def test_a_destination_that_takes_some_objects_has_the_result(office):
    parts, _clock, script, courier, (first, _second) = office

    def some(objects):
        return {"dicom-seg": Outcome("refused", "unknown"), "dicom-sr": Outcome("sent")}

    script.send = some
    go(courier)
    assert {row.status for row in parts.ledger.of_status("sent", "set aside", "sending")} == {"sent"}
    told = {each.object: each.status for each in parts.ledger.deliveries(first.removesuffix("-1"))}
    assert told == {"dicom-seg": "refused", "dicom-sr": "sent"}
