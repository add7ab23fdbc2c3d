"""Labelmaps as segmentation nodes: named, colored, coded segments on the exact grid of the scan; and back."""

from typing import Any

import numpy as np
import slicer
from numpy.typing import NDArray

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.imageio.terminology import segment_id, terminology_entry
from VSSegmentationLib.labels import LABEL_STYLES, TUMOR_LABELS, Label
from VSSegmentationLib.measurement.regions import crop_to_labels
from VSSegmentationLib.scene.places import local_ijk_from_world, matrix_to_vtk
from VSSegmentationLib.scene.segment_voxels import paste_segment
from VSSegmentationLib.scene.volumes import fill_image, grid_of_node
from VSSegmentationLib.volume import Volume

AUTOMATIC_ATTRIBUTE = "VSSegmentation.Automatic"
"""Set to "1" on a segmentation node that holds a model's untouched answer."""
_AUTOMATIC_ROLE = "vsSegmentationAutomatic"
_ALWAYS = (Label.EXTRAMEATAL, Label.INTRAMEATAL)
"""Segments that are there even when they are empty: a person may want to paint into them."""
_LATER_WINS = (Label.COCHLEA, Label.UNDIVIDED_TUMOR, Label.EXTRAMEATAL, Label.INTRAMEATAL)
"""Of segments that a person let overlap, the last one here gets the voxel."""


def add_segmentation(
    scene: Any,  # vtkMRMLScene
    labelmap: Volume,
    volume_node: Any = None,  # vtkMRMLScalarVolumeNode
    *,
    name: str = "Vestibular schwannoma",
    side: str | None = None,
) -> Any:  # vtkMRMLSegmentationNode
    """Add a labelmap as a segmentation with a surface for the 3D view, under the transform of its scan.

    Args:
        scene: Where to.
        labelmap: uint8 `Label` values on the grid of the scan.
        volume_node: The scan; None where there is none in the scene, and the labelmap gives the grid.
        name: Of the node.
        side: `left` or `right` of the patient, for the codes.

    Raises:
        GeometryError: If the labelmap is not on the grid of the scan.
    """
    if volume_node is not None and not labelmap.same_grid(grid_of_node(volume_node)):
        msg = f"a labelmap must be on the grid of its scan, got shape {labelmap.shape} or another place; resample it"
        raise GeometryError(msg)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    if volume_node is None:
        _set_own_grid(node, labelmap)
    else:
        node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
    write_labelmap(node, labelmap, side=side)
    node.CreateClosedSurfaceRepresentation()
    return node


def write_labelmap(segmentation_node: Any, labelmap: Volume, *, side: str | None = None) -> None:
    """Put a labelmap in the place of the segments that this library knows; the surface follows, other segments stay.

    Args:
        segmentation_node: As `add_segmentation` made it.
        labelmap: uint8 `Label` values, on the grid of the scan.
        side: As for `add_segmentation`; used for segments that are new.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of `Label`.
    """
    segmentation = segmentation_node.GetSegmentation()
    around = crop_to_labels(labelmap)  # the whole of an empty one, which is as good
    for label in LABEL_STYLES:
        mask = (around.volume.array == label).astype(np.uint8)
        is_new = segmentation.GetSegment(segment_id(label)) is None
        if is_new and (label in _ALWAYS or mask.any()):
            _add_segment(segmentation, label, side)
        if mask.any() or not is_new:
            _write_mask(segmentation_node, segment_id(label), mask, around.start_dhw, labelmap.dhw_to_ras)


def labelmap_of(segmentation_node: Any, volume_node: Any) -> Volume:
    """Return the segments that this library knows as one labelmap on the grid of a scan.

    What a person lets overlap goes to the tumor before the cochlea, and to the intrameatal part before the extrameatal.
    A segment that lies on another grid is brought over by the nearest voxel.

    Raises:
        InputRefusedError: If the scan holds no image, or a transform bends scan or segmentation.
    """
    grid = grid_of_node(volume_node)
    array = np.zeros(grid.shape, np.uint8)
    for label in _LATER_WINS:
        if segmentation_node.GetSegmentation().GetSegment(segment_id(label)) is not None:
            paste_segment(segmentation_node, segment_id(label), grid, int(label), array)
    return grid.with_array(array)


def keep_automatic(segmentation_node: Any, labelmap: Volume, volume_node: Any = None) -> Any:
    """Keep a model's untouched answer beside the segmentation that a person edits, hidden but saved with the scene."""
    scene = segmentation_node.GetScene()
    kept = add_segmentation(scene, labelmap, volume_node, name="Automatic result, untouched")
    for label in TUMOR_LABELS:
        segment = kept.GetSegmentation().GetSegment(segment_id(label))
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


def _add_segment(segmentation: Any, label: Label, side: str | None) -> None:
    style = LABEL_STYLES[label]
    segmentation.AddEmptySegment(segment_id(label), style.name, [component / 255 for component in style.color_rgb])
    segment = segmentation.GetSegment(segment_id(label))
    segment.SetNameAutoGenerated(False)  # or Slicer names and colors it anew when its code is chosen
    segment.SetColorAutoGenerated(False)
    segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry(label, side))
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
