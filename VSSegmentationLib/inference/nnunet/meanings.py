"""What the outputs of a model of nnU-Net mean: by their whole names, or by what the user says; never by a guess."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from VSSegmentationLib.codec import shortened
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.label_names import NO_LABEL_WORDS, entry_named, plain_name
from VSSegmentationLib.label_set import LabelSet

_WHATEVER_WAS_DRAWN = ("mask", "label", "foreground", "segmentation", "seg", "roi")
"""Names of a label that is the only one: what a tumor model finds is the tumor then."""


class Meanings(NamedTuple):
    """What the outputs of a model mean."""

    values: tuple[int, ...]
    """The value of the label set that each class has: 0 for the background, and for what is not wanted. Of regions,
    after the background, what each has that lies in none inside it, the outermost first."""
    nested: bool = False
    """Whether the outputs are regions that lie one inside the other, the outermost first, none for the background."""


def meanings_of(dataset: Mapping[str, Any], label_set: LabelSet, named: Mapping[int, int] | None = None) -> Meanings:
    """Return what the outputs mean, of labels that exclude each other or of regions; as `label_meanings`."""
    labels = dataset.get("labels")
    if isinstance(labels, Mapping) and any(isinstance(value, list) and len(value) > 1 for value in labels.values()):
        return _region_meanings(labels, dataset.get("regions_class_order"), label_set, named)
    return Meanings(label_meanings(dataset, label_set, named))


def _region_meanings(
    labels: Mapping[str, Any], order: object, label_set: LabelSet, named: Mapping[int, int] | None
) -> Meanings:
    """Return what nested regions mean, as nnU-Net has them in BraTS: whole tumor, core, enhancing part.

    Its label manager keeps regions in the order of the table, without background and ignore label, and writes the
    number of `regions_class_order` where a region is as likely as not, one after the other.
    """
    found = {str(name): _values(value) for name, value in labels.items() if plain_name(str(name)) != "ignore"}
    found = {name: values for name, values in found.items() if values != {0}}
    if not isinstance(order, list) or len(order) != len(found) or any(type(value) is not int for value in order):
        msg = "the model's dataset.json has regions, and no regions_class_order with a number for each; get it anew"
        raise ModelError(msg)
    if any(not inner < outer for outer, inner in pairwise(found.values())):
        msg = (
            f"the regions of the model ({shortened(', '.join(found), 60)}) must each lie inside the one before it; no "
            "others can be run"
        )
        raise ModelError(msg)
    if len(set(order)) < len(order):
        msg = "regions_class_order in the model's dataset.json has a number twice; get it anew"
        raise ModelError(msg)
    meanings = _known(dict(zip(order, found, strict=True)), label_set, named)
    return Meanings((0, *meanings.values()), nested=True)


def _values(value: object) -> frozenset[int]:
    """Return the values of a region, which is a number or a list of numbers."""
    values = value if isinstance(value, list) else [value]
    if not values or any(type(each) is not int for each in values):
        msg = "the regions in the model's dataset.json must be whole numbers or lists of them; get it anew"
        raise ModelError(msg)
    return frozenset(values)


def label_meanings(
    dataset: Mapping[str, Any], label_set: LabelSet, named: Mapping[int, int] | None = None
) -> tuple[int, ...]:
    """Return the value of the label set that each output has; 0 for the background, and for what is not wanted.

    Args:
        dataset: Of its dataset.json.
        label_set: Whose labels its own are.
        named: Value in the dataset to one of the label set, or to 0; it goes before names.

    Raises:
        ModelError: If one is not known, `named` names what is not there, or none is a tumor.
    """
    names = _foreground(dataset)
    meanings = _known(names, label_set, named)
    return (0, *(meanings[value] for value in sorted(names)))


def _known(names: Mapping[int, str], label_set: LabelSet, named: Mapping[int, int] | None) -> dict[int, int]:
    """Return what each value means; by what the user says, else by its name."""
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
    found = {value: meaning or 0 for value, meaning in meanings.items()}
    if not set(found.values()) & set(label_set.tumor_values):
        msg = f"none of the labels of the model is a tumor: {shortened(_listed(names))}"
        raise ModelError(msg)
    return found


def _foreground(dataset: Mapping[str, Any]) -> dict[int, str]:
    """Return name by value, without the background and nnU-Net's ignore label, which is no output."""
    labels = dataset.get("labels")
    if not isinstance(labels, Mapping) or any(type(value) is not int for value in labels.values()):
        msg = "the model's dataset.json has no table of labels with a whole number for each name; get it anew"
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
