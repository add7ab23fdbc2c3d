"""The registration matrices of VS-SEG: which way they go is not taken from their names but seen on the images.

A planning system wrote them; programs read the same file in opposite directions. The direction in which the two images
share more information (Mattes et al. 2003) is the right one.
"""

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.frames import LPS_TO_RAS
from VSSegmentationLib.geometry import Affine, as_affine
from VSSegmentationLib.volume import Volume

_CLEARLY = 0.01
"""By how much one direction has to share more information than the other, of at most about 1."""
_SAMPLED = 0.2
_NEAR_MM = 0.5


def fixed_to_moving_ras(path: Path, fixed: Volume, moving: Volume) -> Affine:
    """Return the matrix that moves points (RAS, mm) of the fixed image to where they are in the moving one.

    Args:
        path: An ITK transform file (.tfm) of an affine map between LPS spaces, in whichever direction.
        fixed: One image.
        moving: The other.

    Raises:
        InputRefusedError: If the file is damaged or no affine map, or neither direction fits clearly better.
    """
    matrix = _matrix(path)
    inverse = as_affine(np.linalg.inv(matrix))
    if _largest_difference_mm(matrix, inverse, fixed) < _NEAR_MM:
        return matrix  # hardly moves anything: both directions are the same
    shared = [_shared_information(each, fixed, moving) for each in (matrix, inverse)]
    if abs(shared[0] - shared[1]) < _CLEARLY:
        msg = "the images do not tell in which direction the registration matrix goes"
        raise InputRefusedError(msg)
    return matrix if shared[0] > shared[1] else inverse


def _matrix(path: Path) -> Affine:
    try:
        transform = sitk.ReadTransform(str(path))
        origin = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
        axes = [np.array(transform.TransformPoint(tuple(axis))) - origin for axis in np.eye(3).tolist()]
    except RuntimeError as error:
        msg = "the registration matrix cannot be read as an ITK transform"
        raise InputRefusedError(msg) from error
    lps = np.eye(4)
    lps[:3, :3], lps[:3, 3] = np.column_stack(axes), origin
    if not transform.IsLinear() or abs(np.linalg.det(lps[:3, :3])) < 0.5:
        msg = "the registration is no rigid or affine map"
        raise InputRefusedError(msg)
    return as_affine(LPS_TO_RAS @ lps @ LPS_TO_RAS)


def _shared_information(fixed_to_moving: Affine, fixed: Volume, moving: Volume) -> float:
    lps = LPS_TO_RAS @ fixed_to_moving @ LPS_TO_RAS
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(lps[:3, :3].ravel().tolist())
    transform.SetTranslation(lps[:3, 3].tolist())
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(_SAMPLED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetInitialTransform(transform)
    try:
        return -float(method.MetricEvaluate(_as_float(fixed), _as_float(moving)))
    except RuntimeError:  # the images do not overlap at all this way
        return 0.0


def _as_float(volume: Volume) -> sitk.Image:
    return sitk.Cast(volume.to_sitk(), sitk.sitkFloat32)


def _largest_difference_mm(one: Affine, other: Affine, image: Volume) -> float:
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in image.shape], indexing="ij")).reshape(3, -1)
    points = image.dhw_to_ras @ np.vstack([corners, np.ones(corners.shape[1])])
    return float(np.linalg.norm(((one - other) @ points)[:3], axis=0).max())
