"""Where MRML says that something is, in the frame of this library.

The only room where MRML's (i, j, k) order is known; its world is RAS in mm, as ours is.
"""

from typing import Any

import numpy as np
import vtk

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.frames import dhw_to_ras_from_ras, ijk_to_ras
from VSSegmentationLib.geometry import Affine, as_affine


def matrix_from_vtk(matrix: Any) -> Affine:  # vtkMatrix4x4
    """Return a 4 x 4 matrix of VTK as an array."""
    return np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])


def matrix_to_vtk(affine: Affine) -> Any:  # vtkMatrix4x4
    """Return an affine as a 4 x 4 matrix of VTK."""
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(affine.ravel().tolist())
    return matrix


def node_to_world(node: Any) -> Affine:  # vtkMRMLTransformableNode
    """Return what the parent transforms of a node do to its own coordinates; the identity where there are none.

    Raises:
        InputRefusedError: If one of them is not linear.
    """
    parent = node.GetParentTransformNode()
    if parent is None:
        return np.eye(4)
    if not parent.IsTransformToWorldLinear():
        msg = "The volume lies under a transform that bends it; harden the transform on the volume first"
        raise InputRefusedError(msg)
    matrix = vtk.vtkMatrix4x4()
    parent.GetMatrixTransformToWorld(matrix)
    return matrix_from_vtk(matrix)


def local_ijk_to_ras(volume_node: Any) -> Affine:  # vtkMRMLVolumeNode
    """Return the (i, j, k)-to-RAS affine that a volume node holds itself, before any parent transform."""
    matrix = vtk.vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    return matrix_from_vtk(matrix)


def dhw_to_world(node: Any, ijk_to_node: Affine) -> Affine:  # vtkMRMLTransformableNode
    """Return the (d, h, w)-to-RAS affine of voxels that a node holds, with its parent transforms."""
    return dhw_to_ras_from_ras(as_affine(node_to_world(node) @ ijk_to_node))


def local_ijk_from_world(node: Any, dhw_to_ras: Affine) -> Affine:  # vtkMRMLTransformableNode
    """Return the (i, j, k) affine, in the node's own coordinates, of voxels whose place in the world is known."""
    return np.asarray(np.linalg.inv(node_to_world(node)) @ ijk_to_ras(dhw_to_ras))
