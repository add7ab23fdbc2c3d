"""Headless scenes for tests: a fresh one, and one read back from a written bundle."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk

from VSSegmentationLib.scene.headless import HeadlessScene, collected_errors
from VSSegmentationLib.scene.places import matrix_to_vtk

_KNOWN = "GetSliceOrientationPreset: invalid orientation preset name: Reformat"
"""What MRML says whenever it reads a view that was saved along oblique planes; the view is right all the same."""


@contextmanager
def headless_scene() -> Iterator[Any]:
    """An empty scene; any error that MRML prints meanwhile fails the test."""
    with collected_errors() as errors:
        headless = HeadlessScene()
        yield headless.scene
        headless.close()
    unknown = [error for error in errors if _KNOWN not in error]
    assert not unknown, unknown


@contextmanager
def opened_bundle(path: Path, folder: Path) -> Iterator[Any]:
    """A scene as the application has it after opening an .mrb file."""
    with zipfile.ZipFile(path) as bundle:
        bundle.extractall(folder)
    (mrml,) = folder.glob("*/*.mrml")
    with headless_scene() as scene:
        scene.SetURL(str(mrml))
        assert scene.Connect()
        yield scene


def nodes_of(scene: Any, kind: str) -> list[Any]:
    """The nodes of a class, in the order of the scene."""
    collection = scene.GetNodesByClass(kind)
    collection.UnRegister(None)
    return [collection.GetItemAsObject(i) for i in range(collection.GetNumberOfItems())]


def transform_node(scene: Any, matrix: np.ndarray) -> Any:
    """A linear transform in the scene."""
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Moved")
    node.SetMatrixTransformToParent(matrix_to_vtk(matrix))
    return node


def hierarchy_paths(scene: Any) -> dict[str, str]:
    """Each item of the subject hierarchy with the names of what it lies in, from the patient."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)  # noqa: FBT003 - recursive
    paths = {}
    for number in range(items.GetNumberOfIds()):
        item = items.GetId(number)
        names, parent = [], hierarchy.GetItemParent(item)
        while parent != hierarchy.GetSceneItemID():
            names.insert(0, hierarchy.GetItemName(parent))
            parent = hierarchy.GetItemParent(parent)
        paths[hierarchy.GetItemName(item)] = "/".join(names)
    return paths
