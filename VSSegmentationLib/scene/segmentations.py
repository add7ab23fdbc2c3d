"""Labelmaps as segmentation nodes: named, colored, coded segments on the exact grid of the scan; and back."""

from typing import Any

import numpy as np
import slicer
from numpy.typing import NDArray

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.imageio.terminology import terminology_entry
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement.regions import crop_to_labels
from VSSegmentationLib.scene.places import local_ijk_from_world, matrix_to_vtk
from VSSegmentationLib.scene.segment_voxels import paste_segment
from VSSegmentationLib.scene.volumes import fill_image, grid_of_node
from VSSegmentationLib.tasks import DEFAULT_TASK, Task, task_named
from VSSegmentationLib.volume import Volume

AUTOMATIC_ATTRIBUTE = "VSSegmentation.Automatic"
"""Set to "1" on a segmentation node that holds a model's untouched answer."""
_AUTOMATIC_ROLE = "vsSegmentationAutomatic"
TASK_ATTRIBUTE = "VSSegmentation.Task"
"""Name of the task whose labels a segmentation node holds; nodes from before there were several have none."""

SIDE_ATTRIBUTE = "VSSegmentation.Side"
"""`left` or `right` of the patient on a segmentation node; without it, the side is not determined."""


def add_segmentation(
    scene: Any,  # vtkMRMLScene
    labelmap: Volume,
    volume_node: Any = None,  # vtkMRMLScalarVolumeNode
    *,
    name: str | None = None,
    side: str | None = None,
    task: Task = DEFAULT_TASK,
) -> Any:  # vtkMRMLSegmentationNode
    """Add a labelmap as a segmentation with a surface for the 3D view, under the transform of its scan.

    Args:
        scene: Where to.
        labelmap: uint8 values of the labels of the task, on the grid of the scan.
        volume_node: The scan; None where there is none in the scene, and the labelmap gives the grid.
        name: Of the node; None takes that of the task.
        side: `left` or `right` of the patient, for the codes.
        task: What kind of tumor it is; the node remembers it.

    Raises:
        GeometryError: If the labelmap is not on the grid of the scan.
    """
    if volume_node is not None and not labelmap.same_grid(grid_of_node(volume_node)):
        msg = f"a labelmap must be on the grid of its scan, got shape {labelmap.shape} or another place; resample it"
        raise GeometryError(msg)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name or task.title)
    node.SetAttribute(TASK_ATTRIBUTE, task.name)
    set_side(node, side)
    node.CreateDefaultDisplayNodes()
    if volume_node is None:
        _set_own_grid(node, labelmap)
    else:
        node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
    write_labelmap(node, labelmap, side=side)
    node.CreateClosedSurfaceRepresentation()
    return node


def task_of(segmentation_node: Any) -> Task:  # vtkMRMLSegmentationNode
    """Return the task whose labels a segmentation node holds; the default one where it does not say.

    Raises:
        UsageError: If no task of that name is installed.
    """
    name = segmentation_node.GetAttribute(TASK_ATTRIBUTE)
    return DEFAULT_TASK if name is None else task_named(name)


def set_side(segmentation_node: Any, side: str | None) -> None:
    """Keep with a segmentation on which side of the patient the tumor is; None where that is not determined."""
    if side is None:
        segmentation_node.RemoveAttribute(SIDE_ATTRIBUTE)
    else:
        segmentation_node.SetAttribute(SIDE_ATTRIBUTE, side)


def side_of(segmentation_node: Any) -> str | None:  # vtkMRMLSegmentationNode
    """Return `left` or `right` of the patient as a segmentation node tells it; None where it does not."""
    told = segmentation_node.GetAttribute(SIDE_ATTRIBUTE)
    return told if told in ("left", "right") else None


def unmeasured_segments(segmentation_node: Any) -> tuple[str, ...]:  # vtkMRMLSegmentationNode
    """Return the names of the segments that are none of the labels of the node's task: nothing measures them."""
    segmentation = segmentation_node.GetSegmentation()
    return tuple(segmentation.GetSegment(each).GetName() for each in _unmeasured(segmentation_node))


def unmeasured_mask(segmentation_node: Any, volume_node: Any) -> NDArray[np.bool_] | None:
    """Return the voxels of those segments on the grid of a scan, (D, H, W); None where there is no such segment."""
    identities = _unmeasured(segmentation_node)
    if not identities:
        return None
    grid = grid_of_node(volume_node)
    array = np.zeros(grid.shape, np.uint8)
    for identity in identities:
        paste_segment(segmentation_node, identity, grid, 1, array)
    return np.asarray(array != 0)


def _unmeasured(segmentation_node: Any) -> list[str]:
    segmentation, label_set = segmentation_node.GetSegmentation(), task_of(segmentation_node).label_set
    known = {label_set.segment_id(entry) for entry in label_set.entries}
    identities = (segmentation.GetNthSegmentID(index) for index in range(segmentation.GetNumberOfSegments()))
    return [each for each in identities if each not in known]


def write_labelmap(segmentation_node: Any, labelmap: Volume, *, side: str | None = None) -> None:
    """Put a labelmap in the place of the segments that this library knows; the surface follows, other segments stay.

    Args:
        segmentation_node: As `add_segmentation` made it.
        labelmap: uint8 values of the labels of its task, on the grid of the scan.
        side: As for `add_segmentation`; used for segments that are new.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of these labels.
    """
    segmentation = segmentation_node.GetSegmentation()
    label_set = task_of(segmentation_node).label_set
    around = crop_to_labels(labelmap, label_set)  # the whole of an empty one, which is as good
    for entry in label_set.entries:
        identity = label_set.segment_id(entry)
        mask = (around.volume.array == entry.value).astype(np.uint8)
        is_new = segmentation.GetSegment(identity) is None
        # Parts of the tumor are there even when they are empty: a person may want to paint into them.
        if is_new and ((entry.is_tumor and not entry.undivided) or mask.any()):
            _add_segment(segmentation, label_set, entry, side)
        if mask.any() or not is_new:
            _write_mask(segmentation_node, identity, mask, around.start_dhw, labelmap.dhw_to_ras)


def labelmap_of(segmentation_node: Any, volume_node: Any) -> Volume:
    """Return the segments that this library knows as one labelmap on the grid of a scan.

    What a person lets overlap goes to the tumor before organs, to the inner of two nested parts, and to the later of
    two others.
    A segment that lies on another grid is brought over by the nearest voxel.

    Raises:
        InputRefusedError: If the scan holds no image, or a transform bends scan or segmentation.
    """
    grid = grid_of_node(volume_node)
    array = np.zeros(grid.shape, np.uint8)
    label_set = task_of(segmentation_node).label_set
    for entry in sorted(label_set.entries, key=lambda entry: _rank(label_set, entry)):
        identity = label_set.segment_id(entry)
        if segmentation_node.GetSegmentation().GetSegment(identity) is not None:
            paste_segment(segmentation_node, identity, grid, entry.value, array)
    return grid.with_array(array)


def keep_automatic(segmentation_node: Any, labelmap: Volume, volume_node: Any = None) -> Any:
    """Keep a model's untouched answer beside the segmentation that a person edits, hidden but saved with the scene."""
    scene, task = segmentation_node.GetScene(), task_of(segmentation_node)
    kept = add_segmentation(scene, labelmap, volume_node, name="Automatic result, untouched", task=task)
    for entry in task.label_set.tumor:
        segment = kept.GetSegmentation().GetSegment(task.label_set.segment_id(entry))
        if segment is not None:
            segment.SetTag("DICOM.SegmentAlgorithmType", "AUTOMATIC")
    kept.SetAttribute(AUTOMATIC_ATTRIBUTE, "1")
    kept.GetDisplayNode().SetVisibility(False)
    kept.SetHideFromEditors(True)
    kept.SetSelectable(False)
    segmentation_node.SetNodeReferenceID(_AUTOMATIC_ROLE, kept.GetID())
    return kept


def automatic_of(segmentation_node: Any) -> Any:  # vtkMRMLSegmentationNode
    """Return the node that holds the untouched answer to a segmentation; None where none was kept."""
    return segmentation_node.GetNodeReference(_AUTOMATIC_ROLE)


def _rank(label_set: LabelSet, entry: LabelEntry) -> tuple[bool, bool, int]:
    """Return what sorts labels so that later ones win where segments overlap: organs first, the innermost part last."""
    depth, parent = 0, entry.parent
    while parent is not None:
        depth, parent = depth + 1, label_set.of_key(parent).parent
    return entry.is_tumor, not entry.undivided, depth


def _add_segment(segmentation: Any, label_set: LabelSet, entry: LabelEntry, side: str | None) -> None:
    identity = label_set.segment_id(entry)
    segmentation.AddEmptySegment(identity, entry.name, [component / 255 for component in entry.color_rgb])
    segment = segmentation.GetSegment(identity)
    segment.SetNameAutoGenerated(False)  # or Slicer names and colors it anew when its code is chosen
    segment.SetColorAutoGenerated(False)
    segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry(label_set, entry, side))
    segment.SetTag("DICOM.SegmentAlgorithmType", "SEMIAUTOMATIC")
    segment.SetTag("DICOM.SegmentAlgorithmName", "vs-segmentation")


def _write_mask(
    segmentation_node: Any, identity: str, mask: NDArray[np.uint8], start_dhw: Shape, dhw_to_ras: Affine
) -> None:
    """Write one segment; the mask is a part, from `start_dhw` on, of the grid of the scan, whose affine is given."""
    image = slicer.vtkOrientedImageData()
    image.SetImageToWorldMatrix(matrix_to_vtk(local_ijk_from_world(segmentation_node, dhw_to_ras)))
    fill_image(image, mask, (start_dhw[2], start_dhw[1], start_dhw[0]))
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    if not logic.SetBinaryLabelmapToSegment(image, segmentation_node, identity, logic.MODE_REPLACE):
        msg = f"the segment {identity!r} could not be written; it may have been removed"
        raise GeometryError(msg)


def _set_own_grid(segmentation_node: Any, labelmap: Volume) -> None:
    d, h, w = labelmap.shape
    matrix = matrix_to_vtk(local_ijk_from_world(segmentation_node, labelmap.dhw_to_ras))
    converter = slicer.vtkSegmentationConverter
    text = converter.SerializeImageGeometry(matrix, [0, w - 1, 0, h - 1, 0, d - 1])
    segmentation_node.GetSegmentation().SetConversionParameter(converter.GetReferenceImageGeometryParameterName(), text)
