"""The heads of several scans laid on each other, to show them on the same slices and to see how the slices lie."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.measurement.growth import AcquisitionFacts, ComparisonWarning
from VSSegmentationLib.preprocessing.registration import register_rigid
from VSSegmentationLib.progress import OnProgress
from VSSegmentationLib.volume import Volume


@dataclass(frozen=True, kw_only=True, eq=False)
class Alignment:
    """From the world of each scan to that of the first."""

    moves: tuple[Affine | None, ...]
    """(4, 4) each, RAS to RAS in mm; None where nothing is aligned."""
    warnings: tuple[ComparisonWarning, ...] = ()

    @classmethod
    def none(cls, count: int) -> "Alignment":
        """Return that of scans that stay as they are."""
        return cls(moves=(None,) * count)

    def seen(self, number: int, facts: AcquisitionFacts) -> AcquisitionFacts:
        """Return the facts with the slices as they lie in the first head."""
        move = self.moves[number]
        if move is None:
            return facts
        right, anterior, superior = (move[:3, :3] @ np.array(facts.slice_normal_ras)).tolist()
        return replace(facts, normal_in_baseline_ras=(right, anterior, superior))


def align_scans(scans: Sequence[Volume], on_progress: OnProgress) -> Alignment:
    """Align each scan with the first; if one cannot be, none is, and a warning says why.

    Args:
        scans: In the order of time.
        on_progress: Called with a fraction from 0 to 1 and what is being done.
    """
    moves: list[Affine] = [np.eye(4)]
    for number, scan in enumerate(scans[1:], start=1):
        on_progress((number - 1) / len(scans), f"aligning examination {number + 1}")
        try:
            moves.append(register_rigid(scans[0], scan).moving_to_fixed_ras)
        except GeometryError as error:
            text = f"Examination {number + 1} is shown on its own slice, as are all others: {error}."
            return Alignment(moves=(None,) * len(scans), warnings=(ComparisonWarning("not_aligned", text),))
    return Alignment(moves=tuple(moves))
