"""What the labels of a dataset of nnU-Net mean: by their whole names, or by what the user says; never by a guess."""

from collections.abc import Mapping
from typing import Any

from VSSegmentationLib.codec import shortened
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.label_names import NO_LABEL_WORDS, entry_named, plain_name
from VSSegmentationLib.label_set import LabelSet

_WHATEVER_WAS_DRAWN = ("mask", "label", "foreground", "segmentation", "seg", "roi")
"""Names of a label that is the only one: what a tumor model finds is the tumor then."""


def label_meanings(
    dataset: Mapping[str, Any], label_set: LabelSet, named: Mapping[int, int] | None = None
) -> tuple[int, ...]:
    """Return the value of the label set that each output has; 0 for the background, and for what is not wanted.

    Args:
        dataset: Of its dataset.json.
        label_set: Whose labels its own are.
        named: Value in the dataset to one of the label set, or to 0; it goes before names.

    Raises:
        ModelError: If labels are regions, one is not known, `named` names what is not there, or none is a tumor.
    """
    names = _foreground(dataset)
    given = dict(named or {})
    if stray := sorted(set(given) - {0, *names}):
        msg = f"the model has no label {stray[0]}; its labels are {_listed(names)}"
        raise ModelError(msg)
    meanings = {
        value: given.get(value, _meaning(name, label_set, alone=len(names) == 1)) for value, name in names.items()
    }
    unknown = {value: names[value] for value, meaning in meanings.items() if meaning is None}
    if unknown:
        example = ",".join(f"{value}={'...' if value in unknown else names[value]}" for value in sorted(names))
        keys = ", ".join(entry.key for entry in label_set.entries)
        came = shortened(_listed(unknown), 60)
        msg = (
            f"nothing is known of the label {came} of the model; say what its labels are with --labels, "
            f'each as one of {keys} or none: --labels "{shortened(example, 60)}"'
        )
        raise ModelError(msg)
    found = tuple(meanings[value] or 0 for value in sorted(names))
    if not set(found) & set(label_set.tumor_values):
        msg = f"none of the labels of the model is a tumor: {shortened(_listed(names))}"
        raise ModelError(msg)
    return (0, *found)


def _foreground(dataset: Mapping[str, Any]) -> dict[int, str]:
    """Return name by value, without the background and nnU-Net's ignore label, which is no output."""
    labels = dataset.get("labels")
    if not isinstance(labels, Mapping) or any(type(value) is not int for value in labels.values()):
        msg = (
            "the model's dataset.json has regions, or no table of labels: its outputs overlap, and only models whose "
            "outputs exclude each other can be run"
        )
        raise ModelError(msg)
    names = {value: str(name) for name, value in labels.items() if plain_name(str(name)) != "ignore"}
    if sorted(names) != list(range(len(names))):
        msg = f"the values of the model's labels must count up from 0, got {', '.join(map(str, sorted(names)))}"
        raise ModelError(msg)
    return {value: name for value, name in names.items() if value > 0}


def _meaning(name: str, label_set: LabelSet, *, alone: bool) -> int | None:
    entry = entry_named(label_set, name)
    if entry is not None:
        return entry.value
    if plain_name(name) in NO_LABEL_WORDS:
        return 0
    return label_set.whole_tumor.value if alone and plain_name(name) in _WHATEVER_WAS_DRAWN else None


def _listed(names: Mapping[int, str]) -> str:
    return ", ".join(f"{value} '{names[value]}'" for value in sorted(names))
