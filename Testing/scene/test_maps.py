"""A network's map in the scene: in its place under any transform, in color, cut to what holds something."""

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from Testing.scene.test_volumes import MOVE
from Testing.support.lying_scans import GRIDS, empty_scan
from Testing.support.scenes import headless_scene, transform_node
from VSSegmentationLib.geometry import transform_points
from VSSegmentationLib.scene import add_map, add_volume, volume_of
from VSSegmentationLib.scene.maps import LEAST_SHOWN, MAP_ATTRIBUTE, map_colors
from VSSegmentationLib.scene.places import dhw_to_world, local_ijk_to_ras


def with_peak(scan, index):
    array = np.zeros(scan.shape, np.float32)
    array[tuple(slice(i - 2, i + 3) for i in index)] = 0.2
    array[index] = 0.9
    return scan.with_array(array)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("moved", [False, True])
def test_peak_lies_in_the_voxel_of_the_scan_where_it_was_put(grid, moved):
    scan = empty_scan(grid, (30.0, 26.0, 34.0))
    index = (5, 12, 9)
    with headless_scene() as scene:
        scan_node = add_volume(scene, scan, "Scan")
        if moved:
            scan_node.SetAndObserveTransformNodeID(transform_node(scene, MOVE).GetID())
        node = add_map(with_peak(scan, index), "probability", "Probability of tumor", scan_node)
        shown = volume_of(node)
        assert shown.shape == (5, 5, 5)  # what is 0 all around is cut away
        peak = np.unravel_index(shown.array.argmax(), shown.shape)
        expected = transform_points(dhw_to_world(scan_node, local_ijk_to_ras(scan_node)), np.array(index))
        np.testing.assert_allclose(transform_points(shown.dhw_to_ras, np.array(peak)), expected, atol=1e-9)
        assert shown.array.max() == pytest.approx(0.9)
        assert node.GetAttribute(MAP_ATTRIBUTE) == "probability"


def test_map_is_colored_from_0_to_1_and_lets_the_scan_through_where_it_says_nothing():
    scan = empty_scan("oblique", (30.0, 26.0, 34.0))
    with headless_scene() as scene:
        scan_node = add_volume(scene, scan, "Scan")
        first, second = (add_map(with_peak(scan, (5, 12, n)), "attention_1", "x", scan_node) for n in (9, 11))
        display = first.GetDisplayNode()
        assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0.0, 1.0)
        assert display.GetApplyThreshold()
        assert display.GetLowerThreshold() == pytest.approx(LEAST_SHOWN)
        assert display.GetUpperThreshold() > 1.0
        assert display.GetColorNode() is second.GetDisplayNode().GetColorNode()
        color = [0.0] * 4
        display.GetColorNode().GetColor(255, color)
        assert color[:3] == pytest.approx(map_colors()[255] / 255, abs=1 / 255)
        assert first.GetHideFromEditors()  # it is no scan that could be chosen


def test_map_without_anything_in_it_is_one_voxel_of_0():
    scan = empty_scan("axial", (30.0, 26.0, 34.0))
    with headless_scene() as scene:
        node = add_map(scan, "probability", "x", add_volume(scene, scan, "Scan"))
        assert volume_of_array(node).tolist() == [[[0.0]]]


def volume_of_array(node):
    image = node.GetImageData()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])


def test_colors_grow_ever_lighter():
    """So that they are read without color, too: relative luminance of sRGB (IEC 61966-2-1)."""
    linear = (map_colors() / 255.0) ** 2.2
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(luminance) > -1e-3).all()
    assert luminance[-1] > 20 * luminance[0]
