"""Which series a rule takes, by what its headers tell."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.series import ImageStack, checked_layout, search, spacing_of
from VSSegmentationLib.imageio.modality import modality_of
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE
from VSSegmentationLib.node.config import Rule


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What the images of a series tell that have come."""

    sender: str
    description: str
    """Without any part that names the patient; for rules alone, and never logged."""
    weighting: str
    images: int
    slice_mm: float
    """0 where it is not told."""
    refusal: str
    """Why these images make no scan, in a sentence; empty where they do."""


def candidate_of(files: Iterable[Path], sender: str) -> Candidate:
    """Return what images tell; of several stacks in one series the largest counts."""
    stacks = search(files).stacks
    if not stacks:
        refusal = "The series holds no image that can be read"
        return Candidate(sender=sender, description="", weighting="MR", images=0, slice_mm=0.0, refusal=refusal)
    stack = max(stacks, key=lambda each: len(each.headers))
    return Candidate(
        sender=sender,
        description=stack.first.description,
        weighting=modality_of(stack.first.acquisition).value,
        images=len(stack.headers),
        slice_mm=spacing_of(stack)[0],
        refusal=_refusal(stack),
    )


def _refusal(stack: ImageStack) -> str:
    """Return why slices make no scan: gaps among them, no place, too few."""
    try:
        checked_layout(stack, CEREBELLOPONTINE_ANGLE, accept_resampling=False)
    except InputRefusedError as refusal:
        return str(refusal)
    return ""


def wanted_by(candidate: Candidate, rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules that take a series once it has enough images."""
    return [
        rule
        for rule in rules
        if may_fit(rule, candidate.sender, candidate.description)
        and (not rule.weighting or candidate.weighting in rule.weighting)
        and (rule.max_slice_mm is None or candidate.slice_mm <= rule.max_slice_mm)
    ]


def may_fit(rule: Rule, sender: str, description: str) -> bool:
    """Return whether a rule could take a series of which no more is known than who has it and how it is called."""
    if rule.senders and sender not in rule.senders:
        return False
    unwanted = rule.not_description and re.search(rule.not_description, description, re.IGNORECASE)
    return re.search(rule.description, description, re.IGNORECASE) is not None and not unwanted


def goodness(candidate: Candidate) -> tuple[float, int]:
    """Return what the best of several series has the least of: thin slices come first, then many."""
    return (candidate.slice_mm or float("inf"), -candidate.images)
