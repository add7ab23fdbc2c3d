"""What is said where no tumor was found: what came nearest to one, what was not judged, and what it proves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.reporting.report.provenance import Provenance
from VSSegmentationLib.reporting.report.words import number_with_unit

NO_EVIDENCE = "This is no evidence of absence: a small tumor can be missed."

Candidate = Mapping[str, Any]
"""A region that was considered, as named values; see `inference.Candidate`."""


def no_tumor_findings(
    candidates: Sequence[Candidate], not_judged: Sequence[str], *, are_sides_known: bool = True
) -> str:
    """Return what was found by a model that found no tumor, in full sentences.

    Args:
        candidates: What it considered, the most tumor-like first.
        not_judged: Sides of the patient whose ear lies outside the scan.
        are_sides_known: Whether the scan states how it lies in the patient; otherwise no side is named.
    """
    if len(set(not_judged)) > 1:
        found = "Neither ear was judged: both lie mostly outside the scan."
    elif not_judged and not are_sides_known:
        found = "No tumor was found in one ear; the other lies mostly outside the scan and was not judged."
    elif not_judged:
        other = {"left": "right", "right": "left"}[not_judged[0]]
        found = (
            f"No tumor was found on the {other} side; the {not_judged[0]} ear lies mostly outside the scan and was not "
            "judged."
        )
    else:
        found = "No tumor was found."
    return " ".join([found, *map(uncertain_sentence, uncertain(candidates)), NO_EVIDENCE])


def uncertain(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the largest region that was not taken for tumor and, where that is another one, the most tumor-like."""
    sized = [each for each in candidates if each.get("volume_mm3")]
    if not sized:
        return ()
    largest = max(sized, key=lambda each: float(each["volume_mm3"]))
    return (largest,) if sized[0] is largest else (largest, sized[0])


def uncertain_sentence(candidate: Candidate) -> str:
    """Return where a region lies, how large it is, and why it was not taken for tumor."""
    side = f"on the {candidate['side']} side" if candidate.get("side") else "of undetermined side"
    volume = number_with_unit(float(candidate["volume_mm3"]) / 1000, "cm3")
    reason = candidate.get("reason") or "no reason is known"
    distance = candidate.get("porus_distance_mm")
    told = "" if distance is None or "porus" in reason else f"; {float(distance):.0f} mm from the nearest porus"
    return f"Uncertain: a region of {volume} {side} was not taken for tumor ({reason}{told})."


@dataclass(frozen=True, kw_only=True)
class KnownPori:
    """Where the two pori are, as far as the locator found them; sides are the patient's."""

    right_ras_mm: Triplet | None = None
    left_ras_mm: Triplet | None = None
    assumed: str | None = None
    """The side that was not seen, and was placed at the usual distance from the other."""

    def of_side(self, side: str) -> Triplet | None:
        """Return the porus of the `right` or the `left` side."""
        return self.right_ras_mm if side == "right" else self.left_ras_mm


def known_pori(provenance: Provenance) -> KnownPori:
    """Return where a run of the models found the pori; nowhere where none ran.

    Raises:
        InputRefusedError: If the provenance holds something else in their place.
    """
    told = provenance.run.get("pori") or {}
    known = {each.name for each in fields(KnownPori)}
    return from_plain(KnownPori, to_plain({key: told[key] for key in told if key in known}), "pori")


def sides_not_judged(run: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the sides that a run of the models could not judge, since their ear lies outside the scan."""
    return tuple(side for side in ("right", "left") if side in (run.get("ears_not_judged") or ()))
