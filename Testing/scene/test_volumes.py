"""Volume nodes and volumes: the same voxels in the same place, on any grid and under any linear transform."""

import numpy as np
import pytest
import slicer
import vtk

from Testing.support.phantoms import axial_affine, left_handed, oblique, rotation_about, sagittal
from Testing.support.scenes import headless_scene, transform_node
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.scene import add_volume, volume_of
from VSSegmentationLib.scene.volumes import grid_of_node
from VSSegmentationLib.volume import Volume

GRIDS = {
    "axial": lambda v: v,
    "oblique": oblique,
    "left-handed": left_handed,
    "sagittal": sagittal,
    "all": lambda v: oblique(left_handed(sagittal(v)), 25.0),
}
MOVE = rotation_about((0.3, 1.0, 0.2), 33.0)
MOVE[:3, 3] = (11.0, -4.0, 7.5)


def scan() -> Volume:
    array = np.random.default_rng(3).normal(size=(4, 5, 6)).astype(np.float32)
    return Volume(array, axial_affine((1.5, 0.6, 0.4), (10.0, -20.0, 30.0)))


@pytest.mark.parametrize("grid", list(GRIDS))
def test_a_volume_comes_back_from_the_scene_voxel_for_voxel_in_its_place(grid: str):
    volume = GRIDS[grid](scan())
    with headless_scene() as scene:
        back = volume_of(add_volume(scene, volume, "Scan"))
    np.testing.assert_array_equal(back.array, volume.array)
    np.testing.assert_allclose(back.dhw_to_ras, volume.dhw_to_ras, atol=1e-12)


def test_the_node_shows_each_voxel_at_the_point_where_the_volume_has_it():
    volume = oblique(scan())
    with headless_scene() as scene:
        node = add_volume(scene, volume, "Scan")
        matrix = vtk.vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        d, h, w = 2, 3, 4
        assert node.GetImageData().GetScalarComponentAsDouble(w, h, d, 0) == volume.array[d, h, w]
        np.testing.assert_allclose(matrix.MultiplyPoint((w, h, d, 1))[:3], (volume.dhw_to_ras @ (d, h, w, 1))[:3])


def test_a_parent_transform_counts_whether_it_is_hardened_or_not():
    volume = oblique(scan())
    with headless_scene() as scene:
        node = add_volume(scene, volume, "Scan")
        node.SetAndObserveTransformNodeID(transform_node(scene, MOVE).GetID())
        under = volume_of(node)
        node.HardenTransform()
        hardened = volume_of(node)
        assert node.GetParentTransformNode() is None
    np.testing.assert_allclose(under.dhw_to_ras, MOVE @ volume.dhw_to_ras, atol=1e-9)
    np.testing.assert_allclose(hardened.dhw_to_ras, under.dhw_to_ras, atol=1e-9)
    np.testing.assert_array_equal(hardened.array, volume.array)


def test_transforms_over_transforms_count():
    with headless_scene() as scene:
        node = add_volume(scene, scan(), "Scan")
        inner, outer = transform_node(scene, MOVE), transform_node(scene, rotation_about((1.0, 0.0, 0.0), 20.0))
        inner.SetAndObserveTransformNodeID(outer.GetID())
        node.SetAndObserveTransformNodeID(inner.GetID())
        expected = rotation_about((1.0, 0.0, 0.0), 20.0) @ MOVE @ scan().dhw_to_ras
        np.testing.assert_allclose(volume_of(node).dhw_to_ras, expected, atol=1e-9)


def test_a_transform_that_bends_is_refused():
    with headless_scene() as scene:
        node = add_volume(scene, scan(), "Scan")
        bending = scene.AddNewNodeByClass("vtkMRMLTransformNode", "Bent")
        spline = vtk.vtkThinPlateSplineTransform()
        points = [vtk.vtkPoints(), vtk.vtkPoints()]
        for number in range(5):
            points[0].InsertNextPoint(number, number**2, 0)
            points[1].InsertNextPoint(number, number**2, number % 2)
        spline.SetSourceLandmarks(points[0])
        spline.SetTargetLandmarks(points[1])
        bending.SetAndObserveTransformToParent(spline)
        node.SetAndObserveTransformNodeID(bending.GetID())
        with pytest.raises(InputRefusedError, match="harden"):
            volume_of(node)


def test_a_node_without_an_image_and_a_colored_one_are_refused():
    with headless_scene() as scene:
        empty = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Empty")
        for read in (volume_of, grid_of_node):
            with pytest.raises(InputRefusedError, match="no image"):
                read(empty)
        colored = scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "Colored")
        image = vtk.vtkImageData()
        image.SetDimensions(2, 2, 2)
        image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
        colored.SetAndObserveImageData(image)
        with pytest.raises(InputRefusedError, match="3 values"):
            volume_of(colored)


@pytest.mark.parametrize("kind", [vtk.VTK_SHORT, vtk.VTK_UNSIGNED_CHAR, vtk.VTK_DOUBLE])
def test_an_image_of_any_number_type_becomes_float32_and_a_later_change_of_the_node_does_not_reach_it(kind: int):
    with headless_scene() as scene:
        node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Scan")
        image = vtk.vtkImageData()
        image.SetDimensions(3, 2, 2)
        image.AllocateScalars(kind, 1)
        image.GetPointData().GetScalars().FillComponent(0, 7)
        node.SetAndObserveImageData(image)
        back = volume_of(node)
        image.GetPointData().GetScalars().FillComponent(0, 9)
    assert back.array.dtype == np.float32
    assert (back.array == 7).all()


def test_a_volume_node_has_a_window_to_be_seen_in():
    with headless_scene() as scene:
        node = add_volume(scene, scan(), "Scan")
        assert isinstance(node.GetDisplayNode(), slicer.vtkMRMLScalarVolumeDisplayNode)
        assert node.GetDisplayNode().GetAutoWindowLevel()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((0, 1, 4095), "short"), ((-1024, 0, 32767), "short"), ((0, 0.5, 3), "float"), ((0, 1, 32768), "float"),
        ((-32769, 0, 1), "float"),
    ],
)  # fmt: skip
def test_whole_numbers_are_held_as_such_and_no_value_changes(values, kind: str):
    volume = Volume(np.resize(np.float32(values), (2, 3, 3)), axial_affine((1.0, 1.0, 1.0)))
    with headless_scene() as scene:
        node = add_volume(scene, volume, "Scan")
        assert node.GetImageData().GetScalarTypeAsString() == kind
        np.testing.assert_array_equal(volume_of(node).array, volume.array)
