"""Clicks that come too fast: none is lost, none is answered twice, and an answer to an older mask changes nothing."""

from Testing.library.interaction.test_clicks import click
from VSSegmentationLib.interaction import ClickQueue

ONE, TWO, THREE = (click("add", float(number), 0.0, 0.0) for number in range(3))


def test_clicks_that_come_while_one_is_answered_go_together_into_the_next_question():
    queue = ClickQueue()
    queue.add(ONE)
    first = queue.ask(revision=1)
    assert first.interactions == (ONE,)
    queue.add(TWO)
    queue.add(THREE)
    assert queue.ask(revision=1) is None
    assert queue.pending == (ONE, TWO, THREE)
    assert queue.answered(first.number, revision=1)
    assert queue.ask(revision=2).interactions == (TWO, THREE)
    assert queue.ask(revision=2) is None


def test_an_answer_to_a_mask_that_is_no_more_is_dropped_and_its_clicks_are_asked_again_first():
    queue = ClickQueue()
    queue.add(ONE)
    first = queue.ask(revision=1)
    queue.add(TWO)
    assert not queue.answered(first.number, revision=2)
    again = queue.ask(revision=2)
    assert again.interactions == (ONE, TWO)
    assert not queue.answered(first.number, revision=2)
    assert queue.answered(again.number, revision=2)


def test_what_was_forgotten_is_not_answered():
    queue = ClickQueue()
    queue.add(ONE)
    first = queue.ask(revision=1)
    queue.forget()
    assert queue.pending == ()
    assert not queue.answered(first.number, revision=1)
    assert queue.ask(revision=1) is None
