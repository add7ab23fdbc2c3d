"""What the values of a labelmap mean when others wrote it: a named map, never a guess."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume

LabelValues = Mapping[int, Label]

_LABEL_OF_WORD = {
    "background": Label.BACKGROUND,
    "em": Label.EXTRAMEATAL,
    "im": Label.INTRAMEATAL,
    "cochlea": Label.COCHLEA,
    "tumor": Label.UNDIVIDED_TUMOR,
}

OWN_VALUES: LabelValues = MappingProxyType({label.value: label for label in Label})

NAMED_VALUES: Mapping[str, LabelValues] = MappingProxyType(
    {
        "own": OWN_VALUES,
        "mask": MappingProxyType({1: Label.UNDIVIDED_TUMOR}),
        "crossmoda2021": MappingProxyType({1: Label.UNDIVIDED_TUMOR, 2: Label.COCHLEA}),
        "crossmoda2023": MappingProxyType({1: Label.EXTRAMEATAL, 2: Label.INTRAMEATAL, 3: Label.COCHLEA}),
    }
)
"""`own`: 1 extrameatal, 2 intrameatal, 3 cochlea, 4 tumor not divided. crossMoDA 2022 has the values of 2021."""


def parse_label_values(text: str) -> LabelValues:
    """Return the map for a name of `NAMED_VALUES`, or for pairs like `1=im,2=em`; 0 is always background.

    Raises:
        UsageError: If it is neither.
    """
    if text in NAMED_VALUES:
        return NAMED_VALUES[text]
    pairs = [pair.partition("=") for pair in text.split(",")]
    values = {
        int(value): _LABEL_OF_WORD[word] for value, _, word in pairs if value.isdigit() and word in _LABEL_OF_WORD
    }
    if len(values) < len(pairs):
        msg = (
            f"label values are one of {', '.join(NAMED_VALUES)}, or pairs such as 1=im,2=em with each value once and "
            f"the words {', '.join(_LABEL_OF_WORD)}"
        )
        raise UsageError(msg)
    return MappingProxyType(values)


def relabeled(labelmap: Volume, values: LabelValues) -> Volume:
    """Return the labelmap in the values of `Label`.

    Args:
        labelmap: (D, H, W) uint8.
        values: What each value of it means; 0 is background, whatever this says.

    Raises:
        InputRefusedError: If the labelmap holds a value that the map does not know.
    """
    table = np.full(256, 255, np.uint8)
    for value, label in {**values, 0: Label.BACKGROUND}.items():
        table[value] = label
    array = table[labelmap.array]
    if (array == 255).any():
        held = sorted({int(value) for value in np.unique(labelmap.array)} - {0, *values})
        msg = (
            f"the labelmap holds the value {held[0]}, which has no meaning here; known are "
            f"{', '.join(f'{value} {Label(label).name.lower()}' for value, label in sorted(values.items()))}"
        )
        raise InputRefusedError(msg)
    return labelmap.with_array(array)
