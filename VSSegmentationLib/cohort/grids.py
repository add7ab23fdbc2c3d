"""Two labelmaps of one scan on one grid, as far as no voxel has to be interpolated."""

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.volume import Volume

_AT_MOST_TIMES = 2
"""Two labelmaps side by side are the most that can be meant; further apart they belong to different scans."""


def on_one_grid(prediction: Volume, reference: Volume) -> tuple[Volume, Volume]:
    """Return both labelmaps on the smallest grid along the reference's axes that holds both, voxel for voxel.

    Axes may be stored in another order or direction, and either may have been cropped (Slicer crops what it saves);
    what lies outside of a labelmap is background.

    Args:
        prediction: (D, H, W) uint8 labelmap.
        reference: (D, H, W) uint8 labelmap of the same scan.

    Raises:
        GeometryError: If their voxels are not the same ones in the world, or lie far apart.
    """
    if prediction.same_grid(reference):
        return prediction, reference
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in prediction.shape], indexing="ij")).reshape(3, -1).T
    to_reference = geometry.as_affine(np.linalg.inv(reference.dhw_to_ras) @ prediction.dhw_to_ras)
    place = np.rint(geometry.transform_points(to_reference, corners)).astype(int)
    start, stop = np.minimum(0, place.min(axis=0)), np.maximum(reference.shape, place.max(axis=0) + 1)
    if (stop - start > _AT_MOST_TIMES * np.maximum(reference.shape, np.ptp(place, axis=0) + 1)).any():
        msg = (
            "prediction and reference lie in different places of the world, so they are not of one scan; give the "
            "labelmap of the same scan, with its place in the header"
        )
        raise GeometryError(msg)
    affine = reference.dhw_to_ras.copy()
    affine[:3, 3] = geometry.transform_points(reference.dhw_to_ras, start)
    d, h, w = (stop - start).tolist()
    try:
        return place_on_grid(prediction, (d, h, w), affine), place_on_grid(reference, (d, h, w), affine)
    except GeometryError as error:
        msg = (
            f"the voxels of prediction ({_spacing_text(prediction)}) and reference ({_spacing_text(reference)}) are "
            "not the same ones: another voxel size, or a turn or shift between them; resample one onto the other's grid"
        )
        raise GeometryError(msg) from error


def _spacing_text(volume: Volume) -> str:
    return f"{' x '.join(f'{mm:.3g}' for mm in volume.spacing_dhw_mm)} mm"
