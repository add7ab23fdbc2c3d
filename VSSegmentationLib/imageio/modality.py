"""Which weighting a DICOM series has, from its acquisition parameters; from its description only when they don't tell.

The ranges are those of the published VS series (CISS: TE 4, TR 10 ms, flip 70; 3D TSE: TE 116-124, TR 750 ms; spoiled
gradient echo: TE 5, TR 11-13 ms, flip 20; MPRAGE: TE 3, TR 1900, TI 1100 ms), widened to what each kind of sequence
allows.
"""

import re
from dataclasses import dataclass

from VSSegmentationLib.imageio.contrast_words import ContrastSaid, agent_said, contrast_said
from VSSegmentationLib.imageio.scan import Modality

_T2_SEQUENCES = re.compile(r"ci3d|ciss|fiesta|b-?ffe|drive|cube ?t2|t2 ?cube")
_T2_WORDS = re.compile(r"(?<![a-z0-9])(t2w?|ciss|fiesta|drive|b-?ffe)(?![a-z0-9*])")
_T1_WORDS = re.compile(r"(?<![a-z0-9])(t1w?|mprage|mpr|bravo|ir-?fspgr|vibe|lava|tfe)(?![a-z0-9])")
_OTHER_WORDS = re.compile(r"flair|swi|dwi|adc|diff|dti|tof|angio|perf|bold|t2\*|phase|stir")
_GAMMA_KNIFE = re.compile(r"(?<![a-z0-9])gk(?![a-z0-9])")
"""Its planning, which the published T1 series name, is done with contrast agent."""


@dataclass(frozen=True, kw_only=True)
class AcquisitionTags:
    """What a header says about how an image was acquired; None and empty where it says nothing."""

    scanning_sequence: tuple[str, ...] = ()
    sequence_variant: tuple[str, ...] = ()
    sequence_name: str = ""
    echo_time_ms: float | None = None
    repetition_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_deg: float | None = None
    contrast_agent: str = ""
    description: str = ""


def modality_of(tags: AcquisitionTags) -> Modality:
    """Return the weighting of an MR series: T2 (also CISS, FIESTA), ceT1, T1, or MR when it is another or unknown."""
    text = _text(tags)
    weighting = _from_parameters(tags) or _from_words(text)
    if weighting is Modality.T1 and _has_contrast(tags.contrast_agent, text):
        return Modality.CE_T1
    return weighting


def denies_contrast(tags: AcquisitionTags) -> bool:
    """Return whether a series says itself that no contrast agent was given; most that were done without do not."""
    said = agent_said(tags.contrast_agent)
    return said is ContrastSaid.NOT_GIVEN or contrast_said(_text(tags)) is ContrastSaid.NOT_GIVEN


def tells_another_weighting(tags: AcquisitionTags) -> bool:
    """Return whether a series says that it is none of T1 and T2, such as FLAIR, diffusion or angiography."""
    return _from_parameters(tags) is Modality.MR or bool(_OTHER_WORDS.search(_text(tags)))


def _text(tags: AcquisitionTags) -> str:
    return re.sub(r"[_/]", " ", tags.description.lower())


def _from_parameters(tags: AcquisitionTags) -> Modality | None:
    if _T2_SEQUENCES.search(tags.sequence_name.lower()):
        return Modality.T2
    te, tr = tags.echo_time_ms, tags.repetition_time_ms
    if te is None or tr is None:
        return None
    ti = tags.inversion_time_ms or 0.0
    if "EP" in tags.scanning_sequence or (te >= 70 and ("GR" in tags.scanning_sequence or ti > 1400)):
        return Modality.MR  # echo-planar, T2*, fluid suppressed
    if te >= 70:
        return Modality.T2
    if "SE" in tags.scanning_sequence:
        return Modality.T1 if te <= 30 and tr <= 1000 else None
    return _gradient_echo(tags, te, tr, ti) if "GR" in tags.scanning_sequence else None


def _gradient_echo(tags: AcquisitionTags, te: float, tr: float, ti: float) -> Modality | None:
    spoiled = "SP" in tags.sequence_variant
    if te <= 10 and not spoiled and tr <= 20 and (tags.flip_angle_deg or 0) >= 40:
        return Modality.T2  # fully refocused: short TR, large flip angle (CISS, FIESTA)
    if te <= 10 and ((spoiled and tr <= 600) or (ti > 0 and tr >= 1000)):
        return Modality.T1
    return None


def _from_words(text: str) -> Modality:
    if _OTHER_WORDS.search(text):
        return Modality.MR
    t1, t2 = _T1_WORDS.search(text), _T2_WORDS.search(text)
    if bool(t1) == bool(t2):
        return Modality.MR
    return Modality.T1 if t1 else Modality.T2


def _has_contrast(agent: str, text: str) -> bool:
    named = agent_said(agent)
    if named is not ContrastSaid.UNCLEAR:
        return named is ContrastSaid.GIVEN
    said = contrast_said(text)
    return said is ContrastSaid.GIVEN or (said is ContrastSaid.UNCLEAR and bool(_GAMMA_KNIFE.search(text)))
