"""Clicks that come while earlier ones are answered wait together, and an answer that is out of date is dropped."""

from dataclasses import dataclass

from VSSegmentationLib.interaction.clicks import Interaction


@dataclass(frozen=True)
class Question:
    """Clicks that are answered by one job."""

    number: int
    interactions: tuple[Interaction, ...]
    revision: int
    """Of the mask that they were made on."""


class ClickQueue:
    """Holds clicks from the moment they are made until their answer has come."""

    def __init__(self) -> None:
        self._waiting: list[Interaction] = []
        self._asked: Question | None = None
        self._number = 0

    @property
    def pending(self) -> tuple[Interaction, ...]:
        """All that have no answer yet, in the order in which they were made."""
        asked = () if self._asked is None else self._asked.interactions
        return (*asked, *self._waiting)

    def add(self, interaction: Interaction) -> None:
        """Take a click."""
        self._waiting.append(interaction)

    def ask(self, revision: int) -> Question | None:
        """Return all that wait, as one question; None where nothing waits, or one is being answered.

        Args:
            revision: Of the mask as it is now.
        """
        if self._asked is not None or not self._waiting:
            return None
        self._number += 1
        self._asked = Question(self._number, tuple(self._waiting), revision)
        self._waiting.clear()
        return self._asked

    def answered(self, number: int, revision: int) -> bool:
        """Return whether an answer counts; where the mask has changed meanwhile, its clicks wait again, first.

        Args:
            number: Of the question.
            revision: Of the mask as it is now.
        """
        asked = self._asked
        if asked is None or asked.number != number:
            return False
        self._asked = None
        if asked.revision != revision:
            self._waiting[:0] = asked.interactions
            return False
        return True

    def forget(self) -> None:
        """Drop all of them: an answer that comes later counts no more."""
        self._waiting.clear()
        self._asked = None
