"""The test patches of the studies: eight heads that nothing is trained on, and the strata of the frozen stress set.

As in that set, strata without a shape of their own share their tumors, so that they differ by their looks. A patch
without a tumor has no Dice: the stratum of healthy skull bases is left out here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.synthesis import AnatomyConfig, SynthesisConfig, SyntheticSource
from Training.synthesis.pool import write_pool
from Training.synthesis.strata import ANATOMIES, STRATA, Family, Stratum
from Training.synthesis.stress import draw_tilt
from Training.synthesis.warp import Degrees
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.labels import Label

SHOWN = tuple(stratum for stratum in STRATA if stratum.family != "none")
FAMILIES: tuple[Family, ...] = ("tumor", "cystic", "lobed")
_SEED = 150
_BASES_OF_A_FAMILY = 1000
"""The number of a skull base counts on by so many from one family to the next."""
_TRIES = 6
"""After so many patches of a skull base without both parts it has no other: an intrameatal tumor, say."""
_MOST = 20_000


@dataclass(frozen=True, kw_only=True)
class StrataSizes:
    """How many skull bases and patches make the test; each head has its share."""

    tumors_of_head: int = 3
    """Skull bases, for the seven strata without a shape of their own."""
    shaped_of_head: int = 1
    """Skull bases of cystic tumors, and of lobed ones."""
    patches_of_head: int = 2
    """Of each stratum."""
    shown: tuple[Stratum, ...] = SHOWN

    def bases(self, family: Family) -> int:
        """Return how many skull bases of each head a family has."""
        return self.tumors_of_head if family == "tumor" else self.shaped_of_head


class DrawnCase(NamedTuple):
    """One test case."""

    image: NDArray[np.float32]
    """(D, H, W)."""
    labels: NDArray[np.uint8]
    skull_base: int
    head: str
    stratum: str


def write_test_pools(
    heads: Sequence[Path], folder: Path, sizes: StrataSizes, *, processes: int, anatomy: AnatomyConfig | None = None
) -> None:
    """Write the skull bases of every family, of a head as many as of any other.

    Args:
        heads: Of the test.
        folder: For the folders `test_FAMILY`.
        sizes: How many.
        processes: How many draw at the same time.
        anatomy: What all are drawn from; by default as in the stress set.
    """
    for number, family in enumerate(FAMILIES):
        write_pool(
            heads, folder / f"test_{family}", sizes.bases(family) * len(heads), _SEED + number,
            config=anatomy or ANATOMIES[family], processes=processes,
        )  # fmt: skip


def draw_test_patches(
    synthesis: SynthesisConfig, folder: Path, sizes: StrataSizes, *, both_parts_share: float
) -> list[DrawnCase]:
    """Return the test patches, stratum by stratum.

    Args:
        synthesis: Size and place of patches; pool, looks and turns are those of the strata, its seed the first of
            theirs.
        folder: Of `write_test_pools`.
        sizes: How many.
        both_parts_share: This share shows a tumor in both parts, as far as the skull bases have such.
    """
    drawn: list[DrawnCase] = []
    for order, stratum in enumerate(sizes.shown):
        source = source_of(stratum, synthesis, folder / f"test_{stratum.family}", synthesis.seed + 1000 * (order + 1))
        drawn += _of_stratum(source, stratum, order, sizes, both_parts_share)
    return drawn


def source_of(stratum: Stratum, synthesis: SynthesisConfig, pool: Path, seed: int) -> SyntheticSource:
    """Return what draws the patches of a stratum."""
    config = replace(
        synthesis, pool=str(pool), seed=seed, contrast=stratum.contrast, acquisition=stratum.acquisition,
        tilt_share=0.0, moved_share=0.0, narrow_share=1.0 if stratum.narrow else 0.0,
    )  # fmt: skip
    return _Tilted(config) if stratum.tilted else SyntheticSource(config)


class _Tilted(SyntheticSource):
    def draw_turn(self, rng: np.random.Generator) -> Degrees:
        return draw_tilt(rng)


def _of_stratum(
    source: SyntheticSource, stratum: Stratum, order: int, sizes: StrataSizes, both_parts_share: float
) -> list[DrawnCase]:
    wanted = _wanted(source, stratum.family, order, sizes)
    with_both = {base: round(count * both_parts_share + 1e-9) for base, count in wanted.items()}
    tries = dict.fromkeys(wanted, 0)
    found: list[DrawnCase] = []
    index = 0
    while any(wanted.values()):
        if index == _MOST:
            msg = f"{_MOST} patches of the stratum {stratum.name!r} were drawn, and a skull base still shows no tumor"
            raise InputRefusedError(msg)
        base = source.skull_base(index)
        if wanted.get(base, 0):
            image, labels = source.sample(index)
            tries[base] += 1
            both = all((labels == part).any() for part in (Label.EXTRAMEATAL, Label.INTRAMEATAL))
            fits = both or wanted[base] > with_both[base] or tries[base] > _TRIES
            if labels.any() and fits:
                wanted[base] -= 1
                with_both[base] -= both
                number = FAMILIES.index(stratum.family) * _BASES_OF_A_FAMILY + base
                found.append(DrawnCase(image[0], labels, number, source.head(base), stratum.name))
        index += 1
    return sorted(found, key=lambda patch: patch.skull_base)


def _wanted(source: SyntheticSource, family: Family, order: int, sizes: StrataSizes) -> dict[int, int]:
    """Return how many patches of which skull bases a stratum shows: of every head alike, of its bases in turn."""
    heads = source.count // sizes.bases(family)
    # Number n of a pool is of head n modulo their count.
    usable = [[base for base in range(head, source.count, heads) if source.has_tumor(base)] for head in range(heads)]
    wanted: dict[int, int] = {}
    for place in range(sizes.patches_of_head):
        turn = (order * sizes.patches_of_head + place) % sizes.bases(family)
        for own in usable:
            if own:
                base = own[turn % len(own)]
                wanted[base] = wanted.get(base, 0) + 1
    return wanted
