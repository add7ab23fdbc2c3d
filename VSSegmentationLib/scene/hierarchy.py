"""The subject hierarchy: patient, study, and what belongs to it. Without it, DICOM export loses the patient."""

from typing import Any

import slicer

_OWNERS = (
    ("vtkMRMLSegmentationNode", "Segmentations"),
    ("vtkMRMLScalarVolumeNode", "Volumes"),
    ("vtkMRMLMarkupsNode", "Markups"),
    ("vtkMRMLTableNode", "Tables"),
    ("vtkMRMLTextNode", "Texts"),
    ("vtkMRMLPlotChartNode", "Plots"),
    ("vtkMRMLPlotSeriesNode", "Plots"),
)
"""Which of the application's subject hierarchy plugins owns a node; outside the application nobody else says so."""


def add_study(scene: Any, patient: str, study: str) -> int:  # vtkMRMLScene
    """Add a patient with one study, by the names given, and return the study's item."""
    hierarchy = _hierarchy(scene)
    patient_item = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), patient)
    study_item: int = hierarchy.CreateStudyItem(patient_item, study)
    for item in (patient_item, study_item):
        hierarchy.SetItemOwnerPluginName(item, "DICOM")
    return study_item


def place_in(scene: Any, item: int, *nodes: Any) -> None:
    """Put nodes under an item, such as the study that `add_study` returned."""
    hierarchy = _hierarchy(scene)
    for node in nodes:
        own = hierarchy.GetItemByDataNode(node) or hierarchy.CreateItem(item, node)
        hierarchy.SetItemParent(own, item)
        if not hierarchy.GetItemOwnerPluginName(own):
            owner = next((name for kind, name in _OWNERS if node.IsA(kind)), "")
            hierarchy.SetItemOwnerPluginName(own, owner)


def place_beside(volume_node: Any, *nodes: Any) -> None:
    """Put nodes where a scan is: under its patient's study, if it has one."""
    scene = volume_node.GetScene()
    hierarchy = _hierarchy(scene)
    own = hierarchy.GetItemByDataNode(volume_node)
    place_in(scene, hierarchy.GetItemParent(own) if own else hierarchy.GetSceneItemID(), *nodes)


def add_folder(scene: Any, item: int, name: str) -> int:  # vtkMRMLScene
    """Add a folder under an item and return its item."""
    hierarchy = _hierarchy(scene)
    folder: int = hierarchy.CreateFolderItem(item, name)
    hierarchy.SetItemOwnerPluginName(folder, "Folder")
    return folder


def _hierarchy(scene: Any) -> Any:  # vtkMRMLSubjectHierarchyNode
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
