"""Volume nodes to volumes and back."""

from typing import Any

import numpy as np
import vtk
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.frames import ijk_to_ras
from VSSegmentationLib.imageio.reading import as_image
from VSSegmentationLib.scene.places import dhw_to_world, local_ijk_to_ras, matrix_to_vtk
from VSSegmentationLib.volume import Volume

SCALARS_NAME = "ImageScalars"
"""Slicer looks the voxels of an image up by this name."""


def volume_of(volume_node: Any) -> Volume:  # vtkMRMLScalarVolumeNode
    """Return the float32 image of a volume node where Slicer shows it: under its parent transforms, hardened or not.

    Raises:
        InputRefusedError: If the node holds no image or a colored one, or a transform bends it.
    """
    image = volume_node.GetImageData()
    scalars = image.GetPointData().GetScalars() if image is not None else None
    if scalars is None:
        msg = "The volume holds no image; choose another one, or load it again"
        raise InputRefusedError(msg)
    if scalars.GetNumberOfComponents() != 1:
        msg = f"The volume holds {scalars.GetNumberOfComponents()} values in each voxel; one gray value is needed"
        raise InputRefusedError(msg)
    array = vtk_to_numpy(scalars).reshape(_shape(image)).copy()
    return as_image(Volume(array, dhw_to_world(volume_node, local_ijk_to_ras(volume_node))))


def grid_of_node(volume_node: Any) -> Volume:  # vtkMRMLScalarVolumeNode
    """Return an empty labelmap on the grid of a volume node; no voxel of the image is touched.

    Raises:
        InputRefusedError: As `volume_of`, where the node holds no image or a transform bends it.
    """
    image = volume_node.GetImageData()
    if image is None:
        msg = "The volume holds no image; choose another one, or load it again"
        raise InputRefusedError(msg)
    return Volume(np.zeros(_shape(image), np.uint8), dhw_to_world(volume_node, local_ijk_to_ras(volume_node)))


def add_volume(scene: Any, volume: Volume, name: str) -> Any:  # vtkMRMLScalarVolumeNode
    """Add a volume node that holds an image, with the window in which Slicer would show it.

    Whole numbers are held as such, as a scan of a hospital has them: they take half the room.
    """
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetIJKToRASMatrix(matrix_to_vtk(ijk_to_ras(volume.dhw_to_ras)))
    image = vtk.vtkImageData()
    fill_image(image, _as_whole_numbers(volume.array))
    node.SetAndObserveImageData(image)
    node.CreateDefaultDisplayNodes()
    return node


def fill_image(image: Any, array: NDArray[Any], start_ijk: tuple[int, int, int] = (0, 0, 0)) -> None:
    """Copy voxels into a VTK image whose first one has the index `start_ijk`."""
    d, h, w = array.shape
    i, j, k = start_ijk
    image.SetExtent(i, i + w - 1, j, j + h - 1, k, k + d - 1)
    scalars = numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=True)
    scalars.SetName(SCALARS_NAME)
    image.GetPointData().SetScalars(scalars)


def _shape(image: Any) -> tuple[int, int, int]:  # vtkImageData
    w, h, d = image.GetDimensions()
    return d, h, w


def _as_whole_numbers(array: NDArray[Any]) -> NDArray[Any]:
    limits = np.iinfo(np.int16)
    if array.min() < limits.min or array.max() > limits.max:
        return array
    whole = array.astype(np.int16)
    return whole if np.array_equal(whole, array) else array
