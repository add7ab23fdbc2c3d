"""Rigid registration of two scans of one head, to show both on the same slices and to see if they lie together."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.volume import Volume

_LEVELS_MM = (4.0, 2.0, 1.0)
"""Voxel sizes of the coarse-to-fine steps; the finest is well below the distance of usual slices."""
_BINS = 40
_SAMPLES = 60_000
"""At most about so many voxels are looked at per step: plenty for six numbers, and quick for a whole head."""
_MAX_ANGLE_DEG = 45.0
_MIN_WIDTH_MM = 40.0
"""Of the field of view, along two axes at least."""
_MIN_OVERLAP = 0.3
"""Share of the smaller scan."""
_MIN_INFORMATION = 0.1
"""Mutual information in nats. Two scans of one head shared 0.5 and more, unrelated pictures 0.06."""


@dataclass(frozen=True, eq=False)
class RigidTransform:
    """A rotation and a translation that take points of one scan to the same anatomy in another."""

    fixed_to_moving_ras: Affine
    """(4, 4): RAS mm in the fixed scan's world to RAS mm in the moving one's."""

    def __post_init__(self) -> None:
        matrix = geometry.as_affine(self.fixed_to_moving_ras)
        rotation = matrix[:3, :3]
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6) or np.linalg.det(rotation) < 0:
            msg = "a rigid transform must be a rotation and a translation, got a matrix that bends, scales or mirrors"
            raise GeometryError(msg)
        object.__setattr__(self, "fixed_to_moving_ras", matrix)

    @property
    def moving_to_fixed_ras(self) -> Affine:
        """The way back, (4, 4)."""
        return geometry.as_affine(np.linalg.inv(self.fixed_to_moving_ras))

    @property
    def angle_deg(self) -> float:
        """By how much the heads are turned against each other."""
        cosine = (np.trace(self.fixed_to_moving_ras[:3, :3]) - 1) / 2
        return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def register_rigid(fixed: Volume, moving: Volume, *, levels_mm: tuple[float, ...] = _LEVELS_MM) -> RigidTransform:
    """Find the rigid motion between two scans of one head by mutual information, from coarse to fine.

    It starts from the best of three guesses: the scans as they lie, the centers of the volumes, and those of their
    intensities laid on each other. Contrasts may differ (T2 against ceT1), and one scan may show a part of the other
    only.

    Args:
        fixed: (D, H, W) image on any grid with right angles.
        moving: Likewise.
        levels_mm: Voxel sizes of the coarse-to-fine steps.

    Raises:
        GeometryError: If a scan is less than 40 mm wide (a crop round the tumor has too little in it), or if what was
            found cannot be the same head: turned by more than 45 degrees, hardly overlapping, with nothing in common.

    Source: Mattes et al., "PET-CT image registration in the chest using free-form deformations", IEEE Trans Med Imaging
    2003;22(1):120-128, as SimpleITK implements it.
    """
    if _field_mm3(fixed) > _field_mm3(moving):  # only what the fixed scan shows is looked at: let it be the smaller one
        return RigidTransform(register_rigid(moving, fixed, levels_mm=levels_mm).moving_to_fixed_ras)
    finest = _on_cubes(_in_ras_frame(fixed), levels_mm[-1]), _on_cubes(_in_ras_frame(moving), levels_mm[-1])
    guesses = _guesses(*finest, lie_together=_overlap(RigidTransform(np.eye(4)), fixed, moving) >= _MIN_OVERLAP)
    try:
        transform, information = _coarse_to_fine(*finest, guesses, levels_mm)
    except RuntimeError as error:  # so ITK ends when the two came to lie beside each other
        raise GeometryError(_not_aligned("they came to lie beside each other")) from error
    found = RigidTransform(_matrix(transform))
    _check(found, information, fixed, moving)
    return found


def _field_mm3(volume: Volume) -> float:
    """Return the volume of the field of view; a scan with too small a one is refused."""
    extents = [n * mm for n, mm in zip(volume.shape, volume.spacing_dhw_mm, strict=True)]
    if sorted(extents)[1] < _MIN_WIDTH_MM:
        raise GeometryError(_not_aligned(f"one of them is less than {_MIN_WIDTH_MM:.0f} mm wide"))
    return float(np.prod(extents))


def _in_ras_frame(volume: Volume) -> sitk.Image:
    """Return the volume with RAS as ITK's world: a rigid motion between two such images is one in RAS."""
    array = np.ascontiguousarray(volume.array, dtype=np.float32)
    if array.min() == array.max():
        raise GeometryError(_not_aligned("one of them holds the same value in every voxel"))
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(volume.spacing_dhw_mm[::-1])
    image.SetOrigin(volume.dhw_to_ras[:3, 3].tolist())
    image.SetDirection(geometry.directions(volume.dhw_to_ras)[:, ::-1].ravel().tolist())
    return image


def _guesses(fixed: sitk.Image, moving: sitk.Image, *, lie_together: bool) -> list[sitk.Euler3DTransform]:
    centering = sitk.CenteredTransformInitializerFilter
    guesses = [
        sitk.Euler3DTransform(sitk.CenteredTransformInitializer(fixed, moving, sitk.Euler3DTransform(), way))
        for way in (centering.GEOMETRY, centering.MOMENTS)
    ]
    if lie_together:
        as_they_lie = sitk.Euler3DTransform(guesses[0])
        as_they_lie.SetTranslation((0.0, 0.0, 0.0))
        guesses.append(as_they_lie)
    return guesses


def _coarse_to_fine(
    fixed: sitk.Image, moving: sitk.Image, guesses: list[sitk.Euler3DTransform], levels_mm: tuple[float, ...]
) -> tuple[sitk.Euler3DTransform, float]:
    found = max((_refine(fixed, moving, guess, levels_mm[0]) for guess in guesses), key=lambda each: each[1])
    for voxel_mm in levels_mm[1:]:
        found = _refine(fixed, moving, found[0], voxel_mm)
    return found


def _refine(
    fixed: sitk.Image, moving: sitk.Image, start: sitk.Euler3DTransform, voxel_mm: float
) -> tuple[sitk.Euler3DTransform, float]:
    """Climb from a transform to the next maximum of the mutual information, which comes second, in nats."""
    fixed, moving = _on_cubes(fixed, voxel_mm), _on_cubes(moving, voxel_mm)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(min(1.0, _SAMPLES / fixed.GetNumberOfPixels()), 1)  # 1: the seed
    method.SetNumberOfThreads(1)  # several threads add in an order of the day, and the last bits differ
    method.SetNumberOfWorkUnits(1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=voxel_mm, minStep=voxel_mm / 500, numberOfIterations=150, relaxationFactor=0.6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    transform = sitk.Euler3DTransform(start)
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(fixed, moving)
    return transform, -float(method.GetMetricValue())


def _on_cubes(image: sitk.Image, voxel_mm: float) -> sitk.Image:
    """Return the image on voxels of at least this size along each axis, smoothed to match."""
    own = image.GetSpacing()
    spacing = [max(voxel_mm, mm) for mm in own]
    for axis, (mm, new) in enumerate(zip(own, spacing, strict=True)):
        if new > mm:
            image = sitk.RecursiveGaussian(image, sigma=new / 2, direction=axis)
    smoothed = sitk.ResampleImageFilter()
    smoothed.SetReferenceImage(image)
    smoothed.SetOutputSpacing(spacing)
    smoothed.SetSize([max(1, round(n * mm / new)) for n, mm, new in zip(image.GetSize(), own, spacing, strict=True)])
    smoothed.UseNearestNeighborExtrapolatorOn()
    return smoothed.Execute(image)


def _matrix(transform: sitk.Euler3DTransform) -> Affine:
    rotation = np.array(transform.GetMatrix()).reshape(3, 3)
    center = np.array(transform.GetCenter())
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = np.array(transform.GetTranslation()) + center - rotation @ center
    return matrix


def _check(found: RigidTransform, information: float, fixed: Volume, moving: Volume) -> None:
    overlap = _overlap(found, fixed, moving)
    if information < _MIN_INFORMATION:
        raise GeometryError(_not_aligned("the pictures have next to nothing in common"))
    if found.angle_deg > _MAX_ANGLE_DEG or overlap < _MIN_OVERLAP:
        reason = (
            f"the best match is turned by {found.angle_deg:.0f} degrees and covers {overlap:.0%} of the smaller scan"
        )
        raise GeometryError(_not_aligned(reason))


def _overlap(transform: RigidTransform, fixed: Volume, moving: Volume) -> float:
    """Return which share of the smaller scan lies inside the other."""
    return max(
        _share_inside(fixed, moving, transform.fixed_to_moving_ras),
        _share_inside(moving, fixed, transform.moving_to_fixed_ras),
    )


def _share_inside(scan: Volume, other: Volume, to_other_ras: Affine) -> float:
    lattice = np.meshgrid(*[np.linspace(0, n - 1, 9) for n in scan.shape], indexing="ij")
    to_index = np.linalg.inv(other.dhw_to_ras) @ to_other_ras @ scan.dhw_to_ras
    index = geometry.transform_points(to_index, np.array(lattice).reshape(3, -1).T)
    inside = (index >= -0.5) & (index <= np.array(other.shape) - 0.5)
    return float(inside.all(axis=1).mean())


def _not_aligned(reason: str) -> str:
    return f"the two scans could not be aligned, because {reason}; show them without registration"
