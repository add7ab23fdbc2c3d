"""What the values of a labelmap mean when others wrote it: a named map, never a guess."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationLib.volume import Volume

LabelValues = Mapping[int, int]
"""What each value of somebody's labelmap is in the values of a task."""
_OWN, _BACKGROUND = "own", "background"


def own_values(task: Task = DEFAULT_TASK) -> LabelValues:
    """Return the map of a labelmap that has the values of the task already."""
    return MappingProxyType({value: value for value in (0, *task.label_set.values)})


def named_values(task: Task = DEFAULT_TASK) -> Mapping[str, LabelValues]:
    """Return the maps that have a name: the task's own values, and those of labelmaps that others have published."""
    return MappingProxyType({_OWN: own_values(task), **task.label_maps})


def parse_label_values(text: str, task: Task = DEFAULT_TASK) -> LabelValues:
    """Return the map for a name of `named_values`, or for pairs like `1=im,2=em`; 0 is always background.

    Raises:
        UsageError: If it is neither.
    """
    named, words = named_values(task), _words(task)
    if text in named:
        return named[text]
    pairs = [pair.partition("=") for pair in text.split(",")]
    values = {int(value): words[word] for value, _, word in pairs if value.isdigit() and word in words}
    if len(values) < len(pairs):
        msg = (
            f"label values are one of {', '.join(named)}, or pairs such as 1=im,2=em with each value once and "
            f"the words {', '.join(words)}"
        )
        raise UsageError(msg)
    return MappingProxyType(values)


def _words(task: Task) -> Mapping[str, int]:
    """Return the words for labels: those that the task declares, or else the keys of its labels."""
    return {_BACKGROUND: 0, **(task.label_words or {entry.key: entry.value for entry in task.label_set.entries})}


def relabeled(labelmap: Volume, values: LabelValues, task: Task = DEFAULT_TASK) -> Volume:
    """Return the labelmap in the values of a task.

    Args:
        labelmap: (D, H, W) uint8.
        values: What each value of it means; 0 is background, whatever this says.
        task: Whose values they become.

    Raises:
        InputRefusedError: If the labelmap holds a value that the map does not know.
    """
    table = np.full(256, 255, np.uint8)
    for value, label in {**values, 0: 0}.items():
        table[value] = label
    array = table[labelmap.array]
    if (array == 255).any():
        held = sorted({int(value) for value in np.unique(labelmap.array)} - {0, *values})
        msg = (
            f"the labelmap holds the value {held[0]}, which has no meaning here; known are "
            f"{', '.join(f'{value} {_key(label, task)}' for value, label in sorted(values.items()))}"
        )
        raise InputRefusedError(msg)
    return labelmap.with_array(array)


def _key(label: int, task: Task) -> str:
    return _BACKGROUND if label == 0 else task.label_set.of_value(label).key
