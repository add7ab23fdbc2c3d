"""A scan or labelmap as one frozen value: voxels and where they are."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from VSSegmentationLib import geometry, thumbnail
from VSSegmentationLib.errors import GeometryError, InputRefusedError, UsageError
from VSSegmentationLib.frames import ItkGrid, dhw_to_ras_from_itk, dhw_to_ras_from_ras, ijk_to_ras, itk_place
from VSSegmentationLib.geometry import Affine, AxisOrder, Shape, Triplet

if TYPE_CHECKING:
    import SimpleITK as sitk


_Number = TypeVar("_Number", bound=np.generic)


@runtime_checkable
class NibabelImage(Protocol):
    """What an image of nibabel tells of itself."""

    @property
    def affine(self) -> NDArray[Any] | None:
        """(4, 4), from index (i, j, k) to RAS in mm."""

    @property
    def dataobj(self) -> Any:  # noqa: ANN401 - an array, or what becomes one when it is read
        """(I, J, K) voxels."""


@runtime_checkable
class ItkImage(ItkGrid, Protocol):
    """What an image of SimpleITK tells of itself."""

    def GetDimension(self) -> int:  # noqa: N802 - named by ITK
        """Return how many axes there are."""

    def GetNumberOfComponentsPerPixel(self) -> int:  # noqa: N802 - named by ITK
        """Return how many values a voxel has."""


@dataclass(frozen=True, eq=False)
class Volume:
    """A 3D array with its place in the patient.

    The array is never permuted at reading: its axes are those of the file or of the stack of slices.

    Examples:
        >>> import numpy as np
        >>> import VSSegmentationLib as vs
        >>> vs.Volume.from_array(np.zeros((40, 256, 224), np.float32), spacing_dhw_mm=(1.5, 0.4, 0.4))
        Volume(float32, shape (40, 256, 224), spacing 1.5 x 0.4 x 0.4 mm, axes to S P L (assumed))
    """

    array: NDArray[Any]
    """(D, H, W); read-only. float32 for images, uint8 for labelmaps."""
    dhw_to_ras: Affine
    """(4, 4) float64: array index (d, h, w, 1) to RAS in mm; index (0, 0, 0) is the center of the first voxel."""
    axes_assumed: bool = False
    """Whether how the axes lie in the patient was assumed, not told: left and right may be exchanged then."""

    def __post_init__(self) -> None:
        if self.array.ndim != 3:
            msg = f"a volume must have three dimensions, got shape {self.array.shape}; take one channel or time point"
            raise GeometryError(msg)
        view = self.array.view()
        view.setflags(write=False)
        object.__setattr__(self, "array", view)
        object.__setattr__(self, "dhw_to_ras", geometry.as_affine(self.dhw_to_ras))

    @cached_property
    def voxels_sha256(self) -> str:
        """SHA-256 of the voxels as float32 in C order, then the float64 matrix; reckoned once for a volume."""
        digest = hashlib.sha256()
        for plane in self.array:  # one at a time: a labelmap as float32 would be four times its size
            digest.update(np.ascontiguousarray(plane, dtype=np.float32).data)
        digest.update(np.ascontiguousarray(self.dhw_to_ras, dtype=np.float64).data)
        return digest.hexdigest()

    def __repr__(self) -> str:
        return f"Volume({self._described()})"

    def _repr_html_(self) -> str:
        """Return a picture of the middle slice, for a notebook."""
        return thumbnail.as_html(self.array, self.dhw_to_ras, self._described())

    @classmethod
    def from_array(
        cls, array: ArrayLike, *, spacing_dhw_mm: Triplet | None = None, dhw_to_ras: ArrayLike | None = None
    ) -> "Volume":
        """Return a copy of an array as a volume; its place, or at least its voxel size, has to be given.

        Args:
            array: (D, H, W) numbers; D counts slices.
            spacing_dhw_mm: Voxel size along D, H, W. D is then taken to grow to superior, H to posterior and W to left,
                as in a stack of axial slices, and everything made from the volume says that this was assumed.
            dhw_to_ras: (4, 4) matrix from array index (d, h, w, 1) to RAS in mm.

        Raises:
            GeometryError: If the array is not 3D, or neither or no possible voxel size or place is given.
            InputRefusedError: If it does not hold plain numbers.
            UsageError: If both voxel size and place are given.
        """
        voxels = np.array(array, order="C")
        if voxels.dtype.kind not in "biuf" or voxels.size == 0:
            msg = f"a volume must hold numbers, got {voxels.size} of type {voxels.dtype}; give gray values or labels"
            raise InputRefusedError(msg)
        if dhw_to_ras is not None and spacing_dhw_mm is not None:
            msg = "both spacing_dhw_mm and dhw_to_ras were given, and they might disagree; give dhw_to_ras alone"
            raise UsageError(msg)
        if dhw_to_ras is not None:
            return cls(voxels, geometry.as_affine(np.asarray(dhw_to_ras)))
        if spacing_dhw_mm is None:
            msg = (
                "an array does not tell its voxel size and place; give dhw_to_ras, the (4, 4) matrix from index "
                "(d, h, w) to RAS in mm, or at least spacing_dhw_mm"
            )
            raise GeometryError(msg)
        return cls(voxels, geometry.axial_stack_affine(spacing_dhw_mm), axes_assumed=True)

    @classmethod
    def from_sitk(cls, image: ItkImage) -> "Volume":
        """Return the voxels and the place of a three-dimensional scalar image of SimpleITK.

        Raises:
            GeometryError: If it has not three dimensions, or more than one value per voxel.
        """
        import SimpleITK as sitk  # noqa: PLC0415 - slow to import, and of use only where such images are

        if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
            msg = (
                f"an image must have three dimensions and one value per voxel, got {image.GetDimension()} dimensions "
                f"and {image.GetNumberOfComponentsPerPixel()} values; take one channel or time point"
            )
            raise GeometryError(msg)
        return cls(sitk.GetArrayFromImage(image), dhw_to_ras_from_itk(image))

    @classmethod
    def from_nibabel(cls, image: NibabelImage) -> "Volume":
        """Return the voxels, scaled as the image says, and the place of a three-dimensional image of nibabel.

        Raises:
            GeometryError: If it has not three dimensions (more of length 1 are dropped), or no affine.
        """
        if image.affine is None:
            msg = "the image has no affine, so where it lies is not known; set one, or use Volume.from_array"
            raise GeometryError(msg)
        voxels = np.asanyarray(image.dataobj)
        while voxels.ndim > 3 and voxels.shape[-1] == 1:
            voxels = voxels[..., 0]
        return cls.from_array(voxels.T, dhw_to_ras=dhw_to_ras_from_ras(np.asarray(image.affine, dtype=np.float64)))

    def to_sitk(self) -> "sitk.Image":
        """Return the same voxels in the same place as an image of SimpleITK."""
        import SimpleITK as sitk  # noqa: PLC0415 - as in from_sitk

        image = sitk.GetImageFromArray(_storable(self.array))
        origin, spacing, direction = itk_place(self.dhw_to_ras)
        image.SetOrigin(origin)
        image.SetSpacing(spacing)
        image.SetDirection(direction)
        return image

    def to_nibabel(self) -> Any:  # noqa: ANN401 - nibabel is no dependency, and has no types
        """Return the same voxels in the same place as a NIfTI image of nibabel.

        Raises:
            UsageError: If nibabel is not installed.
        """
        try:
            import nibabel  # noqa: PLC0415 - no dependency of this library
        except ImportError as error:
            msg = "nibabel is not installed; install it with: python -m pip install nibabel"
            raise UsageError(msg) from error
        voxels = _storable(self.array).T
        affine = ijk_to_ras(self.dhw_to_ras)
        return nibabel.Nifti1Image(voxels, affine, dtype=voxels.dtype)  # type: ignore[no-untyped-call]

    @property
    def shape(self) -> Shape:
        """Number of voxels along D, H, W."""
        d, h, w = self.array.shape
        return d, h, w

    @property
    def spacing_dhw_mm(self) -> Triplet:
        """Distance between neighboring voxel centers along D, H, W in mm."""
        return geometry.spacing_dhw_mm(self.dhw_to_ras)

    def with_array(self, array: NDArray[Any]) -> "Volume":
        """Return other voxels on this grid.

        Raises:
            GeometryError: If the shapes differ.
        """
        if array.shape != self.array.shape:
            msg = f"an array on this grid must have shape {self.array.shape}, got {array.shape}"
            raise GeometryError(msg)
        return replace(self, array=array)

    def same_grid(self, other: "Volume", tolerance_mm: float = 1e-3) -> bool:
        """Return whether both have the same shape and every voxel center lies within `tolerance_mm` of its fellow."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape], indexing="ij")).reshape(3, -1).T
        apart = geometry.transform_points(self.dhw_to_ras, corners) - geometry.transform_points(
            other.dhw_to_ras, corners
        )
        return bool(np.abs(apart).max() <= tolerance_mm)

    def _described(self) -> str:
        spacing = " x ".join(f"{mm:.3g}" for mm in self.spacing_dhw_mm)
        axes = " ".join(geometry.axis_letters(self.dhw_to_ras)) + (" (assumed)" if self.axes_assumed else "")
        return f"{self.array.dtype}, shape {self.shape}, spacing {spacing} mm, axes to {axes}"


def crop(volume: Volume, start_dhw: Shape, stop_dhw: Shape) -> Volume:
    """Return the voxels from `start_dhw` up to, not including, `stop_dhw`, in the place where they were.

    Raises:
        GeometryError: If the box is empty or leaves the volume.
    """
    inside = all(0 <= a < b <= n for a, b, n in zip(start_dhw, stop_dhw, volume.shape, strict=True))
    if not inside:
        msg = f"a crop must lie inside {volume.shape} and not be empty, got {start_dhw} to {stop_dhw}"
        raise GeometryError(msg)
    window = tuple(slice(a, b) for a, b in zip(start_dhw, stop_dhw, strict=True))
    affine = volume.dhw_to_ras.copy()
    affine[:3, 3] = geometry.transform_points(volume.dhw_to_ras, np.array(start_dhw))
    return replace(volume, array=volume.array[window], dhw_to_ras=affine)


def reorder(volume: Volume, order: AxisOrder) -> Volume:
    """Return the same voxels with axes permuted and flipped; nothing is interpolated and no voxel moves in space."""
    affine = geometry.reordered_affine(volume.dhw_to_ras, volume.shape, order)
    return replace(volume, array=reorder_array(volume.array, order), dhw_to_ras=affine)


def reorder_array(array: NDArray[_Number], order: AxisOrder) -> NDArray[_Number]:
    """Return a view of an array with axes permuted and flipped."""
    array = np.transpose(array, order.permutation)
    return array[tuple(slice(None, None, -1 if flip else 1) for flip in order.flipped)]


def undo_reorder(array: NDArray[Any], order: AxisOrder) -> NDArray[Any]:
    """Return an array of a reordered grid in the axis order of the original one, exactly."""
    array = array[tuple(slice(None, None, -1 if flip else 1) for flip in order.flipped)]
    return np.transpose(array, tuple(int(i) for i in np.argsort(order.permutation)))


def copy_as_it_lies(array: NDArray[_Number]) -> NDArray[_Number]:
    """Return a copy whose axes lie and run in memory as those of the array: a reordered one comes back without moving.

    Where all is 0 along the first axis nothing is copied, nor is memory taken.
    """
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    zeros = np.zeros([array.shape[axis] for axis in order], array.dtype).transpose(np.argsort(order))
    copy = zeros[tuple(slice(None, None, -1 if stride < 0 else 1) for stride in array.strides)]
    for index, plane in enumerate(array):
        if plane.any():
            copy[index] = plane
    return copy


def _storable(array: NDArray[Any]) -> NDArray[Any]:
    """Return the same values in a number type that image files know; nothing is rounded."""
    larger = {"bool": np.uint8, "float16": np.float32}.get(array.dtype.name, array.dtype)
    return np.ascontiguousarray(array, dtype=larger)
