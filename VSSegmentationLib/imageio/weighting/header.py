"""What acquisition parameters and series descriptions say about the weighting."""

from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.imageio.modality import AcquisitionTags, denies_contrast, modality_of, tells_another_weighting
from VSSegmentationLib.imageio.scan import Modality

_SAID = {Modality.T2: Says.T2, Modality.CE_T1: Says.CE_T1}


def header_evidence(tags: AcquisitionTags, source: Source = Source.HEADER) -> Evidence:
    """Return what the tags of a series say.

    A T1 without a word of contrast agent may have been taken with one: many headers do not name it.

    Args:
        tags: Of the series.
        source: Where they stand.
    """
    modality = modality_of(tags)
    if modality is Modality.T1:
        return Evidence(source, Says.T1 if denies_contrast(tags) else Says.ANY_T1)
    if modality in _SAID:
        return Evidence(source, _SAID[modality])
    return Evidence(source, Says.OTHER if tells_another_weighting(tags) else Says.NOTHING)
