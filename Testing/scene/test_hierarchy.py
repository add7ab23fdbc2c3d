"""Nodes under the study of their patient."""

import slicer

from Testing.scene.test_segmentations import scan_node
from Testing.support.phantoms import ice_cream
from Testing.support.scenes import headless_scene, hierarchy_paths
from VSSegmentationLib.scene import add_measurement_table, add_segmentation, add_study, place_beside
from VSSegmentationLib.scene.hierarchy import add_folder, place_in

LABELMAP = ice_cream((1.5, 0.7, 0.7))


def test_results_come_under_the_study_in_which_the_scan_is():
    with headless_scene() as scene:
        scan = scan_node(scene, LABELMAP)
        place_in(scene, add_study(scene, "Patient 7", "Follow-up"), scan)
        node = add_segmentation(scene, LABELMAP, scan)
        place_beside(scan, node, add_measurement_table(scene, ()))
        paths = hierarchy_paths(scene)
        assert paths["Scan"] == paths[node.GetName()] == paths["Measurements"] == "Patient 7/Follow-up"


def test_results_of_a_scan_without_a_study_come_beside_it():
    with headless_scene() as scene:
        scan = scan_node(scene, LABELMAP)
        node = add_segmentation(scene, LABELMAP, scan)
        place_beside(scan, node)
        assert hierarchy_paths(scene)[node.GetName()] == ""


def test_placing_twice_makes_no_second_item():
    with headless_scene() as scene:
        scan = scan_node(scene, LABELMAP)
        study = add_study(scene, "Patient 7", "Follow-up")
        for _ in range(2):
            place_in(scene, study, scan)
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        assert hierarchy.GetNumberOfItems() == 3


def test_every_item_has_the_plugin_that_owns_it_in_the_application():
    with headless_scene() as scene:
        scan = scan_node(scene, LABELMAP)
        study = add_study(scene, "Patient 7", "Follow-up")
        node = add_segmentation(scene, LABELMAP, scan)
        place_in(scene, add_folder(scene, study, "Results"), scan, node)
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        owners = {
            name: hierarchy.GetItemOwnerPluginName(hierarchy.GetItemByName(name)) for name in hierarchy_paths(scene)
        }
        assert owners == {
            "Patient 7": "DICOM", "Follow-up": "DICOM", "Results": "Folder", "Scan": "Volumes",
            node.GetName(): "Segmentations",
        }  # fmt: skip
