"""One head with a glioma, or a part of it: four scans on one grid, and the truth."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.glioma.growth import TumorShape, grown_labels, pushed_places
from Training.synthesis.glioma.looks import KEPT, draw_looks, intensity_of_head, rendered
from Training.synthesis.noise import smooth_field
from Training.synthesis.tissues import Tissue
from Training.synthesis.warp import MIRROR, draw_matrix

_ROTATION_DEG = (12.0, 10.0, 15.0)
_SCALE, _DEFORMATION_MM = 0.1, 2.0


class WholeHead(NamedTuple):
    """Tissues of a head at 1 mm, and what every sample of it asks for."""

    tissues: NDArray[np.uint8]
    """(D, H, W)."""
    white: NDArray[np.int16]
    """(n, 3) indices of white matter, in which tumors begin."""
    counts: NDArray[np.int64]
    """(256,) voxels of each tissue."""

    @classmethod
    def of(cls, tissues: NDArray[np.uint8]) -> "WholeHead":
        """Return the head of a tissue map."""
        white = np.argwhere(tissues == Tissue.CEREBRAL_WHITE).astype(np.int16)
        return cls(tissues, white, np.bincount(tissues.ravel(), minlength=256))


class GliomaCase(NamedTuple):
    """(D, H, W) axes to superior, anterior, right."""

    scans: NDArray[np.float32]
    """(4, D, H, W) in the order of `looks.INPUTS`; 0 where there is no head, if the skull was taken off."""
    labels: NDArray[np.uint8]
    """(D, H, W)."""
    intensities: tuple[tuple[float, float], ...]
    """Mean and deviation of each scan over its whole head."""


def draw_case(
    rng: np.random.Generator,
    head: WholeHead,
    shape_dhw: tuple[int, int, int],
    spacing_mm: float,
    *,
    skull_stripped: bool,
    with_tumor: bool,
    centered_on: str = "tumor",
    off_center: float = 0.25,
) -> GliomaCase:
    """Return one case.

    Args:
        rng: Of the sample.
        head: At 1 mm.
        shape_dhw: Of the scans.
        spacing_mm: Of the scans, drawn at this size: partial volume is that of a blur alone.
        skull_stripped: Only brain and fluid are left.
        with_tumor: Or a head without one.
        centered_on: `tumor`, or `brain` for the middle of the brain.
        off_center: How far the tumor's center lies from the middle at most, as a share of the size along each axis.
    """
    white = head.white
    place = white[int(rng.integers(len(white)))].astype(np.float64)
    middle = place + rng.uniform(-off_center, off_center, 3) * np.array(shape_dhw) * spacing_mm
    if centered_on == "brain":
        middle = (white.min(axis=0) + white.max(axis=0)) / 2 - (12.0, 0.0, 0.0)  # the brainstem, too
    matrix = draw_matrix(rng, _ROTATION_DEG, _SCALE)
    if rng.random() < 0.5:
        matrix = MIRROR @ matrix
    ranges = [(np.arange(n, dtype=np.float32) - np.float32((n - 1) / 2)) * np.float32(spacing_mm) for n in shape_dhw]
    grid = np.stack(np.meshgrid(*ranges, indexing="ij"))
    places = (
        np.einsum("ij,jdhw->idhw", matrix.astype(np.float32), grid) + middle.astype(np.float32)[:, None, None, None]
    )
    for axis in range(3):
        places[axis] += np.float32(_DEFORMATION_MM) * smooth_field(rng, shape_dhw, 60.0 / spacing_mm)
    tumor = TumorShape.drawn(rng)
    source = pushed_places(places, place, tumor) if with_tumor else places
    own = ndimage.map_coordinates(head.tissues, source, order=0, mode="constant", cval=int(Tissue.AIR))
    labels = np.zeros(own.shape, np.uint8)
    if with_tumor:
        labels = grown_labels(rng, own, places, place, shape=tumor, spacing_mm=spacing_mm)
    looks = draw_looks(rng)
    scans = np.stack([rendered(rng, own, labels, look, spacing_mm) for look in looks])
    kept = np.array(KEPT) if skull_stripped else np.array([tissue for tissue in Tissue if tissue != Tissue.AIR])
    if skull_stripped:
        scans[:, ~np.isin(own, kept)] = 0
    counts = head.counts.copy()
    counts[np.setdiff1d(np.arange(256), kept)] = 0
    return GliomaCase(scans, labels, tuple(intensity_of_head(look, counts) for look in looks))
