"""A whole skull base of the pool as one scan with its truth: what the pipeline as it ships is measured on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.anatomy import SPACING_MM
from Training.synthesis.contrast import ContrastKind, ContrastRanges, draw_contrast
from Training.synthesis.render import AcquisitionRanges, draw_acquisition, render
from Training.synthesis.source import SLICE_STEP, stored_in_pool
from Training.synthesis.strata import USUAL_ACQUISITION, USUAL_CONTRAST
from Training.synthesis.tissues import target_labels
from Training.synthesis.warp import Degrees, turned
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Affine, as_affine
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.volume import Volume

_SEED = 2026
_TURNS = 10
"""So many skull bases are looked at for each that is wanted."""


class SkullBase(NamedTuple):
    """One drawn skull base, 0.5 mm in plane, slices of 1.5 mm, axial."""

    number: int
    """Of the draw; contrast and scanner follow from it."""
    tissues: NDArray[np.uint8]
    """Fine ones, to render from."""
    truth: Volume
    """(D, H, W) of `Label` values without the cochlea."""


def skull_bases(pool: Path, count: int, wanted: Callable[[NDArray[np.uint8]], bool]) -> Iterator[SkullBase]:
    """Yield skull bases of a pool, again from its beginning when it ends: number n looks different each time.

    Args:
        pool: Folder of `NNNN.npz` files that `python -m Training.synthesis pool` wrote.
        count: How many.
        wanted: Whether a (D, H, W) labelmap will do.

    Raises:
        UsageError: If the folder holds no skull base.
        InputRefusedError: If one of them is damaged.
    """
    files = sorted(pool.glob("*.npz"))
    if not files:
        msg = "the pool of skull bases is empty: write one with `python -m Training.synthesis pool`"
        raise UsageError(msg)
    found = 0
    for turn in range(_TURNS * count):
        (tissues,) = stored_in_pool(files[turn % len(files)], "tissues")
        labels = _truth_of(tissues)
        if wanted(labels):
            yield SkullBase(turn, tissues, Volume(labels, _grid()))
            found += 1
        if found == count:
            return


def turned_base(base: SkullBase, degrees_dhw: Degrees) -> SkullBase:
    """Return a skull base whose head lies turned in the scanner, about its middle; truth and tissue turn together."""
    shape = base.tissues.shape
    middle = (np.array(shape) - 1) / 2
    tissues = turned(base.tissues, degrees_dhw, middle, (shape[0], shape[1], shape[2])).tissues
    return base._replace(tissues=tissues, truth=base.truth.with_array(_truth_of(tissues)))


def render_whole(base: SkullBase, modality: ContrastKind) -> Volume:
    """Return a skull base as one scan, (D, H, W) float32, with a contrast and a scanner of its own.

    Two in turn have a usual look of the stress set, and two one out of all that models are trained with.
    """
    rng = np.random.default_rng([_SEED, base.number])
    usual = base.number // 2 % 2 == 0
    contrast = draw_contrast(rng, modality, USUAL_CONTRAST if usual else ContrastRanges())
    acquisition = draw_acquisition(rng, USUAL_ACQUISITION if usual else AcquisitionRanges())
    image = render(rng, base.tissues, SPACING_MM, contrast, acquisition, slice_step=SLICE_STEP)
    return base.truth.with_array(np.asarray(image, np.float32))


def _truth_of(tissues: NDArray[np.uint8]) -> NDArray[np.uint8]:
    labels = target_labels(tissues[SLICE_STEP // 2 :: SLICE_STEP])
    labels[labels == Label.COCHLEA] = Label.BACKGROUND
    return labels


def holds_one_tumor(labels: NDArray[np.uint8]) -> bool:
    """Return whether (D, H, W) labels hold a tumor in one ear, and none in the other."""
    where = np.flatnonzero(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels).any(axis=(0, 1)))
    return len(where) > 0 and bool(where[-1] - where[0] < labels.shape[2] / 2)


def holds_one_tumor_in_two_parts(labels: NDArray[np.uint8]) -> bool:
    """Return whether (D, H, W) labels hold a tumor in one ear only, a part of it in the canal and one outside."""
    return holds_one_tumor(labels) and all((labels == part).any() for part in (Label.EXTRAMEATAL, Label.INTRAMEATAL))


def _grid() -> Affine:
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]) * (SLICE_STEP * SPACING_MM, SPACING_MM, SPACING_MM)
    return as_affine(affine)
