"""Diameters as locked lines in their slices."""

import numpy as np

from Testing.scene.test_segmentations import scan_node
from Testing.scene.test_volumes import MOVE
from Testing.support.phantoms import ice_cream, oblique
from Testing.support.scenes import headless_scene, transform_node
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.scene import add_lines
from VSSegmentationLib.scene.lines import MEASUREMENT_ATTRIBUTE
from VSSegmentationLib.scene.places import matrix_to_vtk
from VSSegmentationLib.volume import Volume

LABELMAP = oblique(ice_cream((1.5, 0.5, 0.5)))
MEASUREMENTS = measure(LABELMAP)


def ends_of(node) -> np.ndarray:
    points = []
    for number in range(node.GetNumberOfControlPoints()):
        point = [0.0, 0.0, 0.0]
        node.GetNthControlPointPositionWorld(number, point)
        points.append(point)
    return np.array(points)


def test_each_measured_length_has_a_locked_line_between_its_ends_and_volumes_have_none():
    with headless_scene() as scene:
        nodes = {node.GetAttribute(MEASUREMENT_ATTRIBUTE): node for node in add_lines(scene, MEASUREMENTS)}
        lengths = {m.id: m for m in MEASUREMENTS if m.end_points_ras_mm is not None}
        assert set(nodes) == set(lengths) - {"aao_size"}  # a mean of two that have lines of their own
        for name, node in nodes.items():
            assert node.IsA("vtkMRMLMarkupsLineNode")
            assert node.GetLocked()
            np.testing.assert_allclose(ends_of(node), lengths[name].end_points_ras_mm, atol=1e-9)


def test_a_line_is_named_with_what_it_measures_its_region_and_its_value():
    with headless_scene() as scene:
        names = [node.GetName() for node in add_lines(scene, MEASUREMENTS)]
    diameter = next(m for m in MEASUREMENTS if m.id == "em_max_axial")
    assert f"Largest axial diameter, extrameatal part: {diameter.value:.1f} mm" in names
    assert all(any(region in name.lower() for region in ("whole", "extrameatal", "intrameatal")) for name in names)


def test_the_value_stands_beside_the_end_that_is_left_anterior_and_superior_where_text_runs_away_from_the_line():
    with headless_scene() as scene:
        for node in add_lines(scene, MEASUREMENTS):
            labels = [node.GetNthControlPointLabel(number) for number in range(2)]
            assert labels[int(np.argmax(ends_of(node) @ (-1, 1, 1)))] == node.GetName().rpartition(": ")[2]
            assert "" in labels
            assert node.GetDisplayNode().GetPointLabelsVisibility()
            assert not node.GetDisplayNode().GetPropertiesLabelVisibility()


def test_slicer_shows_no_length_of_its_own_beside_ours():
    with headless_scene() as scene:
        for node in add_lines(scene, MEASUREMENTS):
            assert not node.GetMeasurement("length").GetEnabled()


def test_a_line_that_was_measured_in_a_slice_lies_in_it():
    with headless_scene() as scene:
        nodes = {node.GetAttribute(MEASUREMENT_ATTRIBUTE): node for node in add_lines(scene, MEASUREMENTS)}
        in_slices = [m for m in MEASUREMENTS if m.slice_axis is not None and m.id in nodes]
        assert len(in_slices) > 5
        for measurement in in_slices:
            ends = np.c_[ends_of(nodes[measurement.id]), np.ones(2)] @ np.linalg.inv(LABELMAP.dhw_to_ras).T
            np.testing.assert_allclose(ends[:, measurement.slice_axis], measurement.slice_index, atol=1e-6)


def test_only_the_chosen_lines_are_shown_at_first():
    with headless_scene() as scene:
        shown = [
            node.GetAttribute(MEASUREMENT_ATTRIBUTE)
            for node in add_lines(scene, MEASUREMENTS, shown={"whole_max_axial"})
            if node.GetDisplayVisibility()
        ]
    assert shown == ["whole_max_axial"]


def test_lines_of_a_moved_scan_are_where_they_were_measured_and_move_along():
    with headless_scene() as scene:
        scan = scan_node(scene, LABELMAP)
        transform = transform_node(scene, MOVE)
        scan.SetAndObserveTransformNodeID(transform.GetID())
        measured = measure(Volume(LABELMAP.array, MOVE @ LABELMAP.dhw_to_ras))
        node = add_lines(scene, measured, scan)[0]
        shown = next(m for m in measured if m.id == node.GetAttribute(MEASUREMENT_ATTRIBUTE))
        expected = np.array(shown.end_points_ras_mm)
        np.testing.assert_allclose(ends_of(node), expected, atol=1e-6)
        transform.SetMatrixTransformToParent(matrix_to_vtk(np.eye(4)))
        back = (np.c_[expected, np.ones(2)] @ np.linalg.inv(MOVE).T)[:, :3]
        np.testing.assert_allclose(ends_of(node), back, atol=1e-6)


def test_without_a_tumor_there_are_no_lines():
    with headless_scene() as scene:
        assert add_lines(scene, measure(LABELMAP.with_array(np.zeros_like(LABELMAP.array)))) == ()
