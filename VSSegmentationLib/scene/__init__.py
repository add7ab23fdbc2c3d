"""Labelmaps and numbers as nodes of a Slicer scene, and back. Imports slicer and vtk; no Qt.

Works on the scene of the 3D Slicer application and, with the package slicer-core, on one of its own. Every function is
given the scene or the node that it works on; none looks one up by its name.
"""

from VSSegmentationLib.scene.bundle import SceneContent, write_scene_bundle
from VSSegmentationLib.scene.growth import add_growth
from VSSegmentationLib.scene.hierarchy import add_study, place_beside
from VSSegmentationLib.scene.lines import add_lines
from VSSegmentationLib.scene.maps import add_map
from VSSegmentationLib.scene.planes import add_meatal_plane, meatal_plane_of, set_meatal_plane
from VSSegmentationLib.scene.segmentations import (
    add_segmentation,
    automatic_of,
    keep_automatic,
    labelmap_of,
    set_side,
    side_of,
    task_of,
    unmeasured_mask,
    unmeasured_segments,
    write_labelmap,
)
from VSSegmentationLib.scene.tables import add_measurement_table, fill_measurement_table
from VSSegmentationLib.scene.volumes import add_volume, volume_of

__all__ = [
    "SceneContent",
    "add_growth",
    "add_lines",
    "add_map",
    "add_measurement_table",
    "add_meatal_plane",
    "add_segmentation",
    "add_study",
    "add_volume",
    "automatic_of",
    "fill_measurement_table",
    "keep_automatic",
    "labelmap_of",
    "meatal_plane_of",
    "place_beside",
    "set_meatal_plane",
    "set_side",
    "side_of",
    "task_of",
    "unmeasured_mask",
    "unmeasured_segments",
    "volume_of",
    "write_labelmap",
    "write_scene_bundle",
]
