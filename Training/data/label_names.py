"""What a collection calls its structures, and which label that is."""

import re
from collections.abc import Iterable, Mapping

from VSSegmentationLib.codec import shortened
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.labels import Label

_NAMES: dict[Label, tuple[str, ...]] = {
    Label.BACKGROUND: ("background", "bg"),
    Label.EXTRAMEATAL: ("extrameatal", "extra", "em", "extrameataltumor", "extrameatalvs"),
    Label.INTRAMEATAL: ("intrameatal", "intra", "im", "intrameataltumor", "intrameatalvs"),
    Label.COCHLEA: ("cochlea", "cochleae"),
    Label.UNDIVIDED_TUMOR: ("tumor", "vs", "vestibularschwannoma", "schwannoma", "acousticneuroma", "an", "tv", "gtv"),
}
_MOST_DIGITS = 9
"""Of a value: more than any labelmap holds."""


def label_of(name: str) -> Label | None:
    """Return the label that a structure's name stands for, however it is spelled; None where it stands for none."""
    plain = re.sub(r"[^a-z]", "", name.lower().replace("tumour", "tumor"))
    return next((label for label, names in _NAMES.items() if plain in names), None)


def values_by_name(named: Mapping[int, str], given: Mapping[int, Label]) -> dict[int, int]:
    """Return which label each value of a collection is.

    Args:
        named: Value and name, as the collection's own table has them.
        given: What the user says of some values; this goes before names.

    Raises:
        UsageError: If a name stands for no label and the user did not say what it is.
    """
    known = {value: given.get(value, label_of(name)) for value, name in named.items()} | dict(given)
    unclear = [f"{value} ({named[value]})" for value, label in known.items() if label is None]
    if unclear:
        msg = (
            f"nothing is known of the labels {shortened(', '.join(unclear), 100)}; say what they are with --labels, "
            f"such as --labels {next(v for v, label in known.items() if label is None)}=tumor"
        )
        raise UsageError(msg)
    return {value: int(label) for value, label in known.items() if label is not None}


def parse_labels(texts: Iterable[str]) -> dict[int, Label]:
    """Read what a user says of label values: `1=extrameatal`, `2=cochlea`; `ignore` makes a value background.

    Raises:
        UsageError: If one is not of that form.
    """
    result = {}
    for text in texts:
        value, _, name = text.partition("=")
        label = Label.BACKGROUND if name == "ignore" else label_of(name)
        if not value.isdecimal() or len(value) > _MOST_DIGITS or label is None:
            came = shortened(text, 40)
            msg = (
                f"--labels takes VALUE=NAME with one of extrameatal, intrameatal, cochlea, tumor, ignore; got {came!r}"
            )
            raise UsageError(msg)
        result[int(value)] = label
    return result


def modality_of_name(name: str) -> str | None:
    """Return the modality that a channel or a file suffix stands for; None where it stands for none."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if plain in ("cet1", "t1ce", "t1c", "t1gd", "t1contrast", "t1post", "cet1w", "t1wce"):
        return "ceT1"
    if plain in ("flair", "t2f", "t2flair"):
        return "FLAIR"
    if plain in ("t2", "t2w", "hrt2", "ciss", "fiesta"):
        return "T2"
    if plain in ("t1", "t1w", "t1n"):
        return "T1"
    return None
