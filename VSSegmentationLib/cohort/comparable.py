"""Which structures two labelmaps can be compared by, where one may be a mask of the whole tumor."""

from collections.abc import Sequence

from VSSegmentationLib.imageio import Labelmap
from VSSegmentationLib.label_set import LabelSet, Structure


def comparable_structures(
    structures: Sequence[Structure], label_set: LabelSet, prediction: Labelmap, reference: Labelmap
) -> tuple[Structure, ...]:
    """Return the structures without the parts of the tumor, where there is nothing to compare them with.

    That is so where a mask of one value was taken for the whole tumor, and where the reference does not divide it: the
    parts of the prediction are not invented then. A prediction that does not divide it misses the parts.

    Args:
        structures: That were asked for.
        label_set: What their values mean.
        prediction: The labelmap of the method.
        reference: What it is compared with.
    """
    if not (prediction.is_assumed_whole or reference.is_assumed_whole or is_undivided(reference, label_set)):
        return tuple(structures)
    return tuple(each for each in structures if each.is_whole or not _is_part(each, label_set))


def is_undivided(labelmap: Labelmap, label_set: LabelSet) -> bool:
    """Return whether a labelmap holds a tumor that is not divided into its parts."""
    undivided = label_set.undivided
    return undivided is not None and bool((labelmap.volume.array == undivided.value).any())


def _is_part(structure: Structure, label_set: LabelSet) -> bool:
    return structure.border is not None or bool(set(structure.values) & set(label_set.tumor_values))
