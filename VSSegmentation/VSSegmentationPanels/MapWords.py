"""What the maps of a network are called, and what they say and do not say."""

from slicer.i18n import tr as _

from VSSegmentationLib.formats import PROBABILITY_MAP


def titleOf(name: str) -> str:
    """Return what a map is called in the list and in the scene."""
    if name == PROBABILITY_MAP:
        return _("Probability of tumor")
    level = name.rpartition("_")[2]
    return (
        _("Attention, level {level} (finest)").format(level=level)
        if level == "1"
        else _("Attention, level {level}").format(level=level)
    )


def legendOf(name: str) -> str:
    """Return what stands above the bar of colors in a view."""
    return _("Network output,\nnot calibrated") if name == PROBABILITY_MAP else _("Network\nattention")


def meaningOf(name: str) -> str:
    """Return what a map says, and what it does not."""
    if name == PROBABILITY_MAP:
        return _(
            "The network's own output for tumor, from 0 to 1. It is not calibrated: 0.9 does not mean that nine of "
            "ten such voxels are tumor. What reaches the model's limit, as a rule 0.5, may become tumor."
        )
    return _(
        "Where the network weighs what it sees, from 0 to 1: the higher the level, the coarser. It shows how this "
        "network came to its answer, not where tumor is."
    )
