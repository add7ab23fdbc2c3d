"""What a network said of each voxel, as a volume in colors that lies over the scan."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.scene.volumes import add_volume
from VSSegmentationLib.volume import Volume, crop

MAP_ATTRIBUTE = "VSSegmentation.Map"
"""Which map a volume node is: `probability`, `attention_1`, ..."""
LEAST_SHOWN = 0.05
"""Below it nothing is drawn, so that the scan is seen where the network said next to nothing."""
_COLORS_TAG = "VSSegmentationMapColors"
_STOPS = (0.0, 0.25, 0.5, 0.75, 1.0)
_STOPS_RGB = ((20, 11, 84), (124, 29, 155), (221, 70, 85), (251, 154, 38), (252, 253, 150))
"""From dark blue to light yellow, ever lighter: read alike by every eye, and in gray."""


def map_colors(count: int = 256) -> NDArray[np.uint8]:
    """Return (count, 3) RGB colors of values from 0 to 1."""
    at = np.linspace(0, 1, count)
    return np.stack([np.interp(at, _STOPS, channel) for channel in np.array(_STOPS_RGB).T], axis=1).round().astype("u1")


def add_map(volume: Volume, name: str, title: str, volume_node: Any) -> Any:  # vtkMRMLScalarVolumeNode
    """Add a map under the transform of its scan, in color, not yet shown in any view.

    What is 0 all around is cut away: it holds nothing, and a map of a whole head takes as much memory as the scan. The
    voxels that stay are those of the scan.

    Args:
        volume: float32 from 0 to 1 on the grid of the scan, in the scan's own coordinates before its transforms.
        name: `probability`, `attention_1`, ...
        title: What people read.
        volume_node: The scan.
    """
    scene = volume_node.GetScene()
    node = add_volume(scene, _without_rim(volume), title)
    node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
    node.SetAttribute(MAP_ATTRIBUTE, name)
    node.SetHideFromEditors(True)  # it is no scan that could be chosen
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(_colors(scene).GetID())
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0.0, 1.0)
    display.SetInterpolate(False)  # each voxel as the network gave it
    display.SetApplyThreshold(True)
    display.SetThreshold(LEAST_SHOWN, 2.0)
    return node


def _without_rim(volume: Volume) -> Volume:
    filled = np.argwhere(volume.array)
    if not len(filled):
        return crop(volume, (0, 0, 0), (1, 1, 1))
    (d, h, w), (depth, height, width) = filled.min(axis=0).tolist(), (filled.max(axis=0) + 1).tolist()
    return crop(volume, (d, h, w), (depth, height, width))


def _colors(scene: Any) -> Any:  # vtkMRMLColorTableNode
    node = scene.GetSingletonNode(_COLORS_TAG, "vtkMRMLColorTableNode")
    if node is None:
        node = scene.CreateNodeByClass("vtkMRMLColorTableNode")
        node.UnRegister(None)
        node.SetSingletonTag(_COLORS_TAG)
        node.SetName("Network map")
        node.SetTypeToUser()
        node.SetHideFromEditors(True)
        colors = map_colors() / 255
        node.SetNumberOfColors(len(colors))
        for index, (red, green, blue) in enumerate(colors.tolist()):
            node.SetColor(index, str(index), red, green, blue, 1.0)
        node = scene.AddNode(node)
    return node
