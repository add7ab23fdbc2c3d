"""What a tumor looks like inside beyond a random texture: chambers between septa, and a dark capsule round it.

Cystic schwannomas, about a tenth of all, are often multilocular: bright chambers of a few millimeters, thin dark walls.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from Training.synthesis.contrast import Contrast, Septa
from Training.synthesis.tissues import TUMOR_TISSUES, Tissue

_SOLID = (Tissue.EXTRAMEATAL_TUMOR, Tissue.INTRAMEATAL_TUMOR)
_STRETCH = (0.4, 1.0)
"""How much longer than wide chambers are along D, as a factor on distances: shorter ones drown in a thick slice."""


def paint_structure(
    rng: np.random.Generator,
    image: NDArray[np.float32],
    tissues: NDArray[np.uint8],
    spacing_mm: float,
    contrast: Contrast,
) -> None:
    """Paint septa and capsule of a contrast into the tumor of an image, in place; draws nothing where there are none.

    Args:
        rng: Draws where the chambers are and how bright each is.
        image: (D, H, W) intensities before blur and noise.
        tissues: (D, H, W) `Tissue` values.
        spacing_mm: Voxel size, isotropic.
        contrast: Its `septa` and `rim`.
    """
    if contrast.septa is None and contrast.rim is None:
        return
    window = ndimage.find_objects(np.isin(tissues, TUMOR_TISSUES).astype(np.uint8))
    if not window:
        return
    part, region = image[window[0]], tissues[window[0]]
    if contrast.septa is not None:
        _paint_septa(rng, part, np.isin(region, _SOLID), spacing_mm, contrast.septa)
    if contrast.rim is not None:
        whole = np.isin(region, TUMOR_TISSUES)
        part[whole & ~ndimage.binary_erosion(whole)] *= np.float32(contrast.rim)


def _paint_septa(
    rng: np.random.Generator, image: NDArray[np.float32], solid: NDArray[np.bool_], spacing_mm: float, septa: Septa
) -> None:
    """Divide the solid tumor into Voronoi cells: septa lie where the two nearest centers are nearly equally far."""
    voxels = np.argwhere(solid)
    if len(voxels) == 0:
        return
    metric = np.array([rng.uniform(*_STRETCH), 1.0, 1.0]) * spacing_mm
    points = voxels * metric
    extent = np.ptp(points, axis=0) + 2 * septa.chamber_mm
    count = int(np.clip(extent.prod() / septa.chamber_mm**3, 2, 20_000))
    centers = points.min(axis=0) - septa.chamber_mm + rng.random((count, 3)) * extent
    found = cKDTree(centers).query(points, k=2)
    distance_mm, nearest = np.asarray(found[0]), np.asarray(found[1])[:, 0]
    chambers = rng.uniform(*septa.chambers, count)[nearest]
    values = np.where(distance_mm[:, 1] - distance_mm[:, 0] < septa.septum_mm, septa.wall, chambers)
    image[solid] += values.astype(np.float32) - image[solid].mean()
