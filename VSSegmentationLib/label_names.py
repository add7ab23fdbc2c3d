"""Labels by the names that people and other software give them: whole names, never a word inside of another one."""

import re
from collections.abc import Mapping

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.label_set import LabelEntry, LabelSet

NO_LABEL_WORDS = ("background", "none", "ignore")
"""Names for what is nothing that is looked for."""
_OTHER_SPELLINGS = {"tumour": "tumor", "tumours": "tumor", "tumors": "tumor"}


def plain_name(name: str) -> str:
    """Return a name in small letters and digits with single spaces between them, in one spelling."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return " ".join(_OTHER_SPELLINGS.get(word, word) for word in words)


def entry_named(label_set: LabelSet, name: str) -> LabelEntry | None:
    """Return the label that goes by this name: its key, its name or one of its synonyms; None if none does."""
    wanted = plain_name(name)
    for entry in label_set.entries:
        if wanted in {plain_name(each) for each in (entry.key, entry.name, *entry.synonyms)}:
            return entry
    return None


def parse_label_names(text: str, label_set: LabelSet) -> Mapping[int, int]:
    """Return what values mean, from pairs such as `1=extrameatal,2=intrameatal,3=none`.

    Args:
        text: Each value once, with a name of a label, or with one of `NO_LABEL_WORDS`.
        label_set: Whose labels are named.

    Returns:
        Value to a value of the label set, or to 0.

    Raises:
        UsageError: If it is something else.
    """
    pairs = [pair.partition("=") for pair in text.split(",")]
    values: dict[int, int] = {}
    for value, _, name in pairs:
        entry = entry_named(label_set, name)
        if value.strip().isdecimal() and (entry is not None or plain_name(name) in NO_LABEL_WORDS):
            values[int(value)] = 0 if entry is None else entry.value
    if len(values) < len(pairs):
        keys = ", ".join(entry.key for entry in label_set.entries)
        msg = (
            f"labels are pairs such as 1={label_set.entries[0].key}, each value once, with {keys} or none; got {text!r}"
        )
        raise UsageError(msg)
    return values
