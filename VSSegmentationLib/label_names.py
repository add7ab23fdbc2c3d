"""Labels by the names that people and other software give them: whole names, never a word inside of another one."""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.label_set import LabelEntry, LabelSet

LabelValues = Mapping[int, int]
"""What each value of somebody's labelmap is in the values of a label set; 0 is background."""
OWN_VALUES = "own"
"""The name of the map of a labelmap that has the values of the label set already."""
NO_LABEL_WORDS = ("background", "none", "ignore")
"""Names for what is nothing that is looked for."""
_MOST_DIGITS = 9
"""Of a value: more than any labelmap holds."""
_OTHER_SPELLINGS = {"tumour": "tumor", "tumours": "tumor", "tumors": "tumor"}


def plain_name(name: str) -> str:
    """Return a name in small letters without accents, and digits, with single spaces between, in one spelling."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    words = re.findall(r"[a-z0-9]+", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    return " ".join(_OTHER_SPELLINGS.get(word, word) for word in words)


def entry_named(label_set: LabelSet, name: str) -> LabelEntry | None:
    """Return the label that goes by this name: its key, its name or one of its synonyms; None if none does."""
    wanted = plain_name(name)
    for entry in label_set.entries:
        if wanted in {plain_name(each) for each in (entry.key, entry.name, *entry.synonyms)}:
            return entry
    return None


def parse_label_values(text: str, label_set: LabelSet, maps: Mapping[str, LabelValues]) -> LabelValues:
    """Return what values mean, from the name of a map or from pairs as for `parse_label_names`.

    Args:
        text: `own`, a name of `maps`, or pairs such as `1=im,2=em`.
        label_set: Whose labels are named.
        maps: Those of labelmaps that others have published.

    Raises:
        UsageError: If it is neither.
    """
    named = {OWN_VALUES: {value: value for value in label_set.values}, **maps}
    if text.strip() in named:
        return MappingProxyType(dict(named[text.strip()]))
    try:
        return MappingProxyType(dict(parse_label_names(text, label_set)))
    except UsageError as error:
        msg = f"label values are one of {', '.join(named)}, or pairs: {error}"
        raise UsageError(msg) from error


def parse_label_names(text: str, label_set: LabelSet) -> LabelValues:
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
        if (
            value.strip().isdecimal()
            and len(value.strip()) <= _MOST_DIGITS
            and (entry is not None or plain_name(name) in NO_LABEL_WORDS)
        ):
            values[int(value)] = 0 if entry is None else entry.value
    if len(values) < len(pairs):
        keys = ", ".join(entry.key for entry in label_set.entries)
        first, came = label_set.entries[0].key, text[:40]
        msg = f"labels are pairs such as 1={first}, each value once, with {keys} or none; got {came!r}"
        raise UsageError(msg)
    return values
