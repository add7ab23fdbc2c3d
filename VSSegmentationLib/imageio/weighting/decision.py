"""From what all sources say to the weighting that a scan is taken for, or to the question that has to be asked.

A person, the chosen model, headers and a sidecar are believed, in this order, and where the image contradicts them the
result cannot be relied on. A file's name and the image alone decide only together, or where the other is silent. A
model that was chosen is no knowledge of the scan: it answers where nothing else does, and what contradicts it counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.imageio.scan import Modality, Scan

_BELIEVED = (Source.STATED, Source.MODEL, Source.HEADER, Source.SIDECAR)
_SAYS = {Modality.T2: Says.T2, Modality.CE_T1: Says.CE_T1, Modality.T1: Says.T1, Modality.MR: Says.OTHER}
_MODALITIES = {says: modality for modality, says in _SAYS.items()}
_ASKED = {says: _MODALITIES[says] for says in (Says.T2, Says.CE_T1, Says.T1)}
_USUAL = (Modality.T2, Modality.CE_T1)
"""What a person is asked to choose from where nothing is known."""
_CANNOT_BE_TOLD = "The weighting of the scan can't be told"


@dataclass(frozen=True, kw_only=True)
class WeightingDecision:
    """What a scan is taken for, and what that rests on."""

    modality: Modality
    """`UNKNOWN` where it cannot be told, `MR` for another weighting than T1 and T2."""
    sources: tuple[Evidence, ...]
    """All that were asked."""
    confidence: Literal["agreed", "one source", "disputed", "unknown"]
    doubts: tuple[str, ...] = ()
    """Sentences for which a result cannot be relied on."""
    notes: tuple[str, ...] = ()
    """Sentences that a reader has to know; they take nothing from the result."""
    question: str = ""
    """Why a person has to say it, where it cannot be told; else empty."""
    answers: tuple[Modality, ...] = ()
    """What it may be, where a person is asked: never what all sources exclude."""


def stated(scan: Scan, modality: Modality) -> Scan:
    """Return the scan with the weighting that a person says."""
    others = tuple(each for each in scan.told if each.source is not Source.STATED)
    says = _SAYS.get(modality, Says.NOTHING)
    return replace(scan, modality=modality, told=(Evidence(Source.STATED, says), *others))


def evidence_of(scan: Scan) -> tuple[Evidence, ...]:
    """Return what is told of a scan beside its image; its weighting counts as said where nothing says whence it is."""
    if scan.told or scan.modality not in _SAYS or scan.modality is Modality.MR:
        return scan.told
    return (Evidence(Source.STATED, _SAYS[scan.modality]),)


def decide_weighting(evidence: Iterable[Evidence]) -> WeightingDecision:
    """Return what a scan is taken for.

    Args:
        evidence: Of all sources, each at most once.
    """
    sources = tuple(evidence)
    by_source = {each.source: each for each in sources if each.says is not Says.NOTHING}
    believed = next((by_source[source] for source in _BELIEVED if source in by_source), None)
    if believed is not None:
        return _by_belief(believed, by_source, sources)
    name, image = by_source.get(Source.NAME), by_source.get(Source.IMAGE)
    if name is not None and name.says is Says.OTHER:
        return WeightingDecision(modality=Modality.MR, sources=sources, confidence="one source")
    if name is not None and image is not None and not name.says.fits(image.says):
        question = f"{_CANNOT_BE_TOLD}: by {name.source} it is {name.says}, by {image.source} {image.says}"
        return _asks(sources, question, (name.says, image.says), disputed=True)
    says = (name.says if name else Says.NOTHING).narrowed(image.says if image else Says.NOTHING)
    if says not in _MODALITIES:
        return _asks(sources, _unresolved(says), (says,))
    notes: tuple[str, ...] = ()
    if image is None:
        notes = (f"That the scan is {says} was taken from the name of its file; the image could not confirm it.",)
    agreed = name is not None and image is not None
    return WeightingDecision(
        modality=_MODALITIES[says], sources=sources, confidence="agreed" if agreed else "one source", notes=notes
    )


def _by_belief(
    believed: Evidence, by_source: dict[Source, Evidence], sources: tuple[Evidence, ...]
) -> WeightingDecision:
    """Take what is believed, made narrower by what fits it; say what contradicts it."""
    says, doubts, notes, fitting = believed.says, [], [], 0
    for other in by_source.values():
        if other.source is believed.source or (other.source is Source.IMAGE and says is Says.OTHER):
            continue  # the image is told apart among T1 and T2 only
        if other.says.fits(says):
            says, fitting = says.narrowed(other.says), fitting + 1
        elif other.source is Source.IMAGE or believed.source is Source.MODEL:
            looks = "its image looks like" if other.source is Source.IMAGE else f"by {other.source} it is"
            doubts.append(
                f"By {believed.source} the scan is {believed.says}, and {looks} {other.says}: the result cannot be "
                "relied on."
            )
        else:
            notes.append(f"The weighting is disputed: by {believed.source} it is {believed.says}, by {other.source} "
                         f"{other.says}.")  # fmt: skip
    if says not in _MODALITIES:
        return _asks(sources, _unresolved(says), (says,), disputed=bool(doubts or notes))
    return WeightingDecision(
        modality=_MODALITIES[says],
        sources=sources,
        confidence="disputed" if doubts or notes else "agreed" if fitting else "one source",
        doubts=tuple(doubts),
        notes=tuple(notes),
    )


def _unresolved(says: Says) -> str:
    if says is Says.ANY_T1:
        return (
            f"{_CANNOT_BE_TOLD} in full: it is T1-weighted, but whether with or without contrast medium can't be told"
        )
    return f"{_CANNOT_BE_TOLD} from headers, file name or image"


def _asks(
    sources: tuple[Evidence, ...], question: str, possible: tuple[Says, ...], *, disputed: bool = False
) -> WeightingDecision:
    known = [says for says in possible if says is not Says.NOTHING]
    answers = tuple(modality for says, modality in _ASKED.items() if any(says.fits(each) for each in known))
    return WeightingDecision(
        modality=Modality.UNKNOWN,
        sources=sources,
        confidence="disputed" if disputed else "unknown",
        question=question,
        answers=answers or _USUAL,
    )
