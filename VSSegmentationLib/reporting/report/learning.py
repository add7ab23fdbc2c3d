"""What the models of a result learned from, which real scans they were measured on and how well: from their cards."""

from collections.abc import Sequence
from dataclasses import dataclass

from VSSegmentationLib.models import Accuracy
from VSSegmentationLib.reporting.report.provenance import ModelFacts, Provenance
from VSSegmentationLib.short_repr import short_repr

_MADE_UP = "synthetic"
"""Begins the name of data that no scanner made."""
_OTHER_SCANS = "another modality"
"""In the note of a value on scans that the model is not for."""
_NOT_CHOSEN_BY = "not used for choosing"
"""In notes of all scans of a model that was chosen by a rule; beside one of them it would say that others were used."""
_ALL_THAT_FITS = 90
"""Characters of a page's line that a card's sentence may take before it is cut at its first comma."""
_WORDS = {"segmenter": "The model", "divider": "Its boundary of the two parts"}


@dataclass(frozen=True, kw_only=True)
class LearnedModel:
    """One model that made the mask, as its card tells of it."""

    role: str
    """`segmenter` or `divider`."""
    name: str
    version: str
    trained_on: str
    accuracy: tuple[Accuracy, ...]

    __repr__ = short_repr


def learned_models(provenance: Provenance) -> tuple[LearnedModel, ...]:
    """Return the models that made a mask and have a card; none where no model did."""
    found = (("segmenter", provenance.model), ("divider", provenance.divider))
    return tuple(_learned(role, facts) for role, facts in found if facts is not None and facts.trained_on)


def learning_lines(models: Sequence[LearnedModel]) -> tuple[str, ...]:
    """Return a sentence for each model: what it learned from, and how well it did on real scans."""
    return tuple(_line(each) for each in models)


def _learned(role: str, facts: ModelFacts) -> LearnedModel:
    return LearnedModel(
        role=role, name=facts.name, version=facts.version, trained_on=facts.trained_on, accuracy=facts.accuracy
    )


def _line(model: LearnedModel) -> str:
    learned = _shortened(model.trained_on)
    who = f"{_WORDS.get(model.role, 'A model')} ({model.name}, version {model.version})"
    return f"{who} learned from: {learned[:1].lower()}{learned[1:]}. {_on_real_scans(model.accuracy)}"


def _shortened(trained_on: str) -> str:
    first = trained_on.partition(". ")[0].rstrip(".")
    return first if len(first) <= _ALL_THAT_FITS else first.partition(", ")[0]


def _on_real_scans(accuracy: Sequence[Accuracy]) -> str:
    real = [each for each in accuracy if not each.data.startswith(_MADE_UP) and _OTHER_SCANS not in each.note]
    overlaps = [each for each in real if each.measure == "Dice"]
    clean = [each for each in real if each.measure == "false tumor volume"]
    told = []
    if overlaps:
        told.append(f"Dice {', '.join(f'{each.value:.2f} ({_which(each)})' for each in overlaps)}")
    if clean:
        told.append(f"false tumor {', '.join(f'{each.value:.2f} cm³ ({each.data})' for each in clean)}")
    if not told:
        return "It was measured on no real scan."
    return f"On real scans: {'; '.join(told)}."


def _which(accuracy: Accuracy) -> str:
    notes = [each.strip() for each in accuracy.note.split(";")]
    first = next((each for each in notes if each != _NOT_CHOSEN_BY), "")
    return f"{accuracy.data}: {first}" if first else accuracy.data
