"""Which structures two labelmaps can be compared by, where one may be a mask of the whole tumor."""

from collections.abc import Sequence

from VSSegmentationLib.imageio import Labelmap
from VSSegmentationLib.label_set import LabelSet, Structure


def comparable_structures(
    structures: Sequence[Structure], label_set: LabelSet, *labelmaps: Labelmap
) -> tuple[Structure, ...]:
    """Return the structures without the parts of the tumor, where a mask of one value was taken for the whole of it.

    Args:
        structures: That were asked for.
        label_set: What their values mean.
        labelmaps: That are compared.
    """
    if not any(each.is_assumed_whole for each in labelmaps):
        return tuple(structures)
    return tuple(each for each in structures if each.is_whole or not _is_part(each, label_set))


def _is_part(structure: Structure, label_set: LabelSet) -> bool:
    return structure.border is not None or bool(set(structure.values) & set(label_set.tumor_values))
