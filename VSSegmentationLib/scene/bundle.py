"""A finished scene as one file (.mrb): scan, segments, numbers, lines, plane and growth, each in its place."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.frames import ijk_to_ras
from VSSegmentationLib.geometry import AxisOrder, Triplet
from VSSegmentationLib.measurement import Measurement, MeatalPlane
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.scene.growth import add_growth
from VSSegmentationLib.scene.headless import HeadlessScene, collected_errors
from VSSegmentationLib.scene.hierarchy import add_folder, add_study, place_in
from VSSegmentationLib.scene.lines import add_lines
from VSSegmentationLib.scene.planes import add_meatal_plane
from VSSegmentationLib.scene.segmentations import add_segmentation, keep_automatic
from VSSegmentationLib.scene.tables import add_measurement_table
from VSSegmentationLib.scene.views import point_views_at
from VSSegmentationLib.scene.volumes import add_volume
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationLib.volume import Volume, reorder


@dataclass(frozen=True, kw_only=True, eq=False)
class SceneContent:
    """Everything that a finished scene shows."""

    image: Volume | None
    """The scan; None where only a labelmap was measured."""
    labelmap: Volume
    automatic_labelmap: Volume | None
    """The model's untouched answer; None where no model segmented."""
    measurements: tuple[Measurement, ...]
    headline_id: str | None
    """Which line is shown at first."""
    plane: MeatalPlane | None
    side: str | None
    case: str
    """A pseudonym, never a patient's name."""
    growth: Growth | None
    task: Task = DEFAULT_TASK
    notes: tuple[str, ...]
    """What every reader has to know: the notice, status and warnings."""


def write_scene_bundle(path: Path, content: SceneContent) -> None:
    """Write a scene that Slicer opens with everything in place.

    Args:
        path: Ends in .mrb.
        content: What is in it.

    Raises:
        VSSegmentationError: If a node could not be made, or the file not be written.
    """
    with collected_errors() as errors:
        headless = HeadlessScene()
        try:
            fill_scene(headless.scene, content)
            written = headless.scene.WriteToMRB(str(path))
        finally:
            headless.close()
    if errors or not written or not zipfile.is_zipfile(path):
        if path.is_file():
            path.unlink()
        msg = f"the scene could not be written ({len(errors)} errors of MRML); is there room on the disk?"
        raise VSSegmentationError(msg)


def fill_scene(scene: Any, content: SceneContent) -> None:  # vtkMRMLScene
    """Add everything to an empty scene without views."""
    study = add_study(scene, content.case or "Patient", "Examination")
    scan = None if content.image is None else add_volume(scene, _right_handed(content.image), "Scan")
    segmentation = add_segmentation(scene, _right_handed(content.labelmap), scan, side=content.side, task=content.task)
    if content.automatic_labelmap is not None:
        keep_automatic(segmentation, _right_handed(content.automatic_labelmap), scan)
    table = add_measurement_table(scene, content.measurements)
    shown = () if content.headline_id is None else (content.headline_id,)
    lines = add_lines(scene, content.measurements, scan, shown=shown, task=content.task)
    notes = scene.AddNewNodeByClass("vtkMRMLTextNode", "Notes")
    notes.SetText("\n".join(content.notes))
    place_in(scene, study, *(node for node in (scan, segmentation, table, notes) if node is not None))
    if content.plane is not None and content.task.boundary is not None:
        place_in(scene, study, add_meatal_plane(scene, content.plane, scan, name=content.task.boundary.name))
    if lines:
        place_in(scene, add_folder(scene, study, "Diameters"), *lines)
    if content.growth is not None:
        growth = add_growth(scene, content.growth, content.task)
        place_in(scene, add_folder(scene, study, "Growth"), growth.table, *growth.charts, *growth.series)
    if scan is not None:
        point_views_at(scene, scan, _where_to_look(content))


def _right_handed(volume: Volume) -> Volume:
    """Return the voxels in a right-handed order: Slicer turns a left-handed scan when it opens it, but no segments."""
    if np.linalg.det(ijk_to_ras(volume.dhw_to_ras)[:3, :3]) > 0:
        return volume
    return reorder(volume, AxisOrder((0, 1, 2), (True, False, False)))


def _where_to_look(content: SceneContent) -> Triplet | None:
    """Return the middle of the headline's line, or else of the tumor."""
    for measurement in content.measurements:
        if measurement.id == content.headline_id and measurement.end_points_ras_mm is not None:
            r, a, s = np.mean(measurement.end_points_ras_mm, axis=0).tolist()
            return r, a, s
    voxels = np.argwhere(content.task.label_set.tumor_mask(content.labelmap.array))
    if not len(voxels):
        return None
    r, a, s = geometry.transform_points(content.labelmap.dhw_to_ras, voxels.mean(axis=0)).tolist()
    return r, a, s
