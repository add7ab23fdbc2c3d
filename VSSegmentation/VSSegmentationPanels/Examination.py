"""One scan with its segmentation, and everything that a person does to it; scene only, no widgets."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import slicer
from numpy.typing import NDArray

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.imageio.terminology import terminology_entry
from VSSegmentationLib.measurement import Measurement, MeatalPlane, NoPlane
from VSSegmentationLib.measurement.regions import crop_to_labels, is_same_tumor
from VSSegmentationLib.measurement.volumes import all_tumor_cm3
from VSSegmentationLib.reporting import Correction, Edit, EditLog, ModelFacts, mask_state, read_provenance, with_limits
from VSSegmentationLib.reporting.report.landmarks import landmarks_of, organs_of_model
from VSSegmentationLib.tasks import Boundary
from VSSegmentationLib.volume import Volume
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.EditState import EditState, readState, writeState
from VSSegmentationPanels.UnseenChanges import editBeside, markSeen, takeUpUnseen

UNDO_TOOL = "undo or redo"


class Examination:
    """The nodes of one examination, with the labelmap as it was last seen."""

    def __init__(self, volumeNode: Any, segmentationNode: Any) -> None:
        self.volumeNode = volumeNode
        self.segmentationNode = segmentationNode
        self.task = scenes.task_of(segmentationNode)
        self.labelmap: Volume = scenes.labelmap_of(segmentationNode, volumeNode)
        self.reader: Callable[[], str] = lambda: ""
        """Who edits, if that person wants to be named."""
        self.isChanging = False
        """Whether this object itself is writing: observers then have nothing to take up."""
        self._state = readState(segmentationNode, self.labelmap.shape)
        self._lastNumber = self._state.number
        self._sideOf: tuple[int, str | None] = (-1, None)  # number of a state, and the side of its tumor
        self.planeNode = SegmentationAttributes.planeNode(segmentationNode)
        self._beside = scenes.unmeasured_mask(segmentationNode, volumeNode)
        takeUpUnseen(segmentationNode, volumeNode, self.labelmap, self._beside)
        self._showPlane()

    @property
    def isAlive(self) -> bool:
        """Whether both nodes are still in the scene."""
        return all(node.GetScene() is not None for node in (self.volumeNode, self.segmentationNode))

    @property
    def automaticLabelmap(self) -> Volume | None:
        """The model's untouched answer, where it was kept."""
        node = scenes.automatic_of(self.segmentationNode)
        return None if node is None else scenes.labelmap_of(node, self.volumeNode)

    @property
    def log(self) -> EditLog:
        """Every edit so far."""
        return SegmentationAttributes.readLog(self.segmentationNode)

    @property
    def userPlane(self) -> MeatalPlane | None:
        """The plane, if a person has set it."""
        return self._state.plane

    @property
    def plane(self) -> MeatalPlane | NoPlane:
        """The plane as set, or else as fitted to the division."""
        return self._state.plane or self.task.fitted_plane(self.labelmap)

    @property
    def automaticPlane(self) -> MeatalPlane | NoPlane:
        """The plane as fitted to the model's own division."""
        automatic = self.automaticLabelmap
        return (
            NoPlane(reason="no model segmented this scan") if automatic is None else self.task.fitted_plane(automatic)
        )

    def measure(self) -> tuple[Measurement, ...]:
        """Return all measurements of what is there now, with the limits that hold for it."""
        provenance = read_provenance(SegmentationAttributes.readFacts(self.segmentationNode).provenance)
        points = landmarks_of(provenance, self.task)
        found = self.task.measure(self.labelmap, plane=self._state.plane, points=points)
        measured = organs_of_model(found, provenance, self.task)
        review = SegmentationAttributes.readReview(self.segmentationNode)
        state = mask_state(provenance, self.log, review)
        return with_limits(measured, state, provenance, self.task)

    @property
    def isAtAnotherEdit(self) -> bool:
        """Whether undo or redo was pressed since the segmentation was last looked at."""
        return readState(self.segmentationNode, self.labelmap.shape).number != self._state.number

    def takeUp(self, tool: str = "edit") -> bool:
        """Look at what changed in the segmentation since last time; return whether anything did.

        Args:
            tool: What a person edits with, for the log.
        """
        labelmap = scenes.labelmap_of(self.segmentationNode, self.volumeNode)
        state = readState(self.segmentationNode, labelmap.shape)
        isUndo = state.number != self._state.number
        slices = changedSlices(self.labelmap.array, labelmap.array)
        changed = labelmap.array[slices] != self.labelmap.array[slices]
        besideBefore, self._beside = self._beside, scenes.unmeasured_mask(self.segmentationNode, self.volumeNode)
        further = editBeside(UNDO_TOOL if isUndo else tool, besideBefore, self._beside)
        if not isUndo and not changed.any() and further is None:
            return False
        before, self.labelmap = self.labelmap, labelmap
        planeBefore, self._state = self._state.plane, state
        if isUndo:
            self._log(UNDO_TOOL, before.array[slices], labelmap.array[slices], planeBefore)
        else:
            painted = state.painted.copy()
            drawn = labelmap.array[slices][changed]
            painted[slices][changed] = np.where(np.isin(drawn, self._parts), drawn, 0)
            self._keep(replace(state, painted=painted))
            self._log(tool, before.array[slices], labelmap.array[slices], planeBefore)
        if further is not None:
            self._addToLog(replace(further, at_utc=_now()))  # a log is in the order of time
        markSeen(self.segmentationNode, self.labelmap, self._beside)
        self._showPlane()
        return True

    def setPlane(self, plane: MeatalPlane) -> None:
        """Divide the tumor at a plane. No voxel becomes tumor or stops being it; what was painted by hand stays."""
        self._divide(self._split(crop_to_labels(self.labelmap, self.task.label_set).volume, plane), plane)

    def refitPlane(self) -> None:
        """Go back to the model's division: its own voxels as it had them, others by the plane fitted to it.

        Raises:
            ValueError: If no answer of a model was kept, or it has no plane.
        """
        automatic, fitted = self.automaticLabelmap, self.automaticPlane
        if automatic is None or isinstance(fitted, NoPlane):
            raise ValueError(fitted.reason)
        labels = self.task.label_set
        around, start = crop_to_labels(self.labelmap, labels)
        window = tuple(slice(a, a + n) for a, n in zip(start, around.shape, strict=True))
        divided = self._split(around, fitted).array.copy()
        own = np.isin(automatic.array[window], self._parts) & labels.tumor_mask(divided)
        divided[own] = automatic.array[window][own]
        self._divide(around.with_array(divided), None)

    @property
    def painted(self) -> NDArray[np.uint8]:
        """(D, H, W) label of each voxel that a person painted; 0 elsewhere."""
        return self._state.painted

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """Clicks and scribbles that led to the mask."""
        return self._state.corrections

    @property
    def revision(self) -> int:
        """Unlike that of every other state of the mask."""
        return self._state.number

    @property
    def correctedFromCm3(self) -> float:
        """All tumor voxels before the first of them."""
        return self._state.correctedFromCm3

    @property
    def tumorCm3(self) -> float:
        """All tumor voxels."""
        return all_tumor_cm3(self.labelmap, self.task.label_set)

    def correct(self, labelmap: Volume, corrections: Sequence[Correction], model: ModelFacts) -> None:
        """Take the answer to clicks: mask, clicks and log in one step.

        Args:
            labelmap: On the grid of the scan.
            corrections: One for each click, with what it changed.
            model: The network that answered.
        """
        before = self._state
        origin = before.correctedFromCm3 if before.corrections else self.tumorCm3
        each = (*before.corrections, *corrections)
        self._replace(labelmap, replace(before, corrections=each, correctedFromCm3=origin, correctedBy=model))
        for one in corrections:
            self._addToLog(
                Edit(at_utc=_now(), tool=one.interaction.words, segment="all parts",
                     voxels_added=one.voxels_added, voxels_removed=one.voxels_removed)
            )  # fmt: skip

    def smooth(self, labelmap: Volume) -> None:
        """Take a smoothed labelmap, and write into the log what it changed."""
        before = self.labelmap
        self._replace(labelmap, self._state)
        self._log("smooth", before.array, labelmap.array, self._state.plane)

    @property
    def side(self) -> str | None:
        """`left` or `right` of the patient; None where it is not known, as of a larger tumor started by clicks."""
        told = SegmentationAttributes.readSide(self.segmentationNode)
        stated = SegmentationAttributes.readFacts(self.segmentationNode).sideStated
        if told is None or stated or not self.corrections:
            return told
        if self._sideOf[0] != self.revision:
            automatic = self.automaticLabelmap
            isSame = automatic is None or is_same_tumor(automatic, self.labelmap, self.task.label_set)
            self._sideOf = (self.revision, told if isSame else None)
        return self._sideOf[1]

    def setSide(self, side: str | None) -> None:
        """Keep the side that a person chose with the segmentation and in the terms of its segments."""
        SegmentationAttributes.writeSide(self.segmentationNode, side)
        labels = self.task.label_set
        for entry in labels.entries:
            segment = self.segmentationNode.GetSegmentation().GetSegment(labels.segment_id(entry))
            if segment is not None:
                segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry(labels, entry, side))

    def _replace(self, labelmap: Volume, state: EditState) -> None:
        """Put another labelmap in the place of this one, in one step."""
        with self.changing():
            self.labelmap = self.labelmap.with_array(labelmap.array)
            self._keep(state)
            side = SegmentationAttributes.readSide(self.segmentationNode)
            scenes.write_labelmap(self.segmentationNode, self.labelmap, side=side)
            writeState(self.segmentationNode, self._state)  # also into segments that were empty before
        markSeen(self.segmentationNode, self.labelmap, self._beside)
        self._showPlane()

    def logPlane(self, before: MeatalPlane | None) -> None:
        """Write into the log that the plane was moved from `before` to where it is."""
        after = self.plane
        isPlane = isinstance(after, MeatalPlane) and before is not None
        self._addToLog(
            Edit(at_utc=_now(), tool=self._boundary.name.lower(), segment="all parts",
                 plane_before=before if isPlane else None,
                 plane_after=after if isPlane else None)
        )  # fmt: skip

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Let observers know that what happens in the block is our own doing."""
        before, self.isChanging = self.isChanging, True
        try:
            yield
        finally:
            self.isChanging = before

    @property
    def _boundary(self) -> Boundary:
        assert self.task.boundary is not None  # without one there is no plane to set, to move or to go back to
        return self.task.boundary

    @property
    def _parts(self) -> tuple[int, ...]:
        """Values of the parts that a plane divides the tumor into; none where it is not divided so."""
        boundary, labels = self.task.boundary, self.task.label_set
        return () if boundary is None else tuple(labels.of_key(key).value for key in boundary.parts)

    def _split(self, labelmap: Volume, plane: MeatalPlane) -> Volume:
        return self._boundary.split(labelmap, plane)

    def _divide(self, divided: Volume, plane: MeatalPlane | None) -> None:
        _, start = crop_to_labels(self.labelmap, self.task.label_set)
        window = tuple(slice(a, a + n) for a, n in zip(start, divided.shape, strict=True))
        array, painted = divided.array.copy(), self._state.painted[window]
        kept = (painted > 0) & self.task.label_set.tumor_mask(array)
        array[kept] = painted[kept]
        whole = self.labelmap.array.copy()
        whole[window] = array
        self._replace(self.labelmap.with_array(whole), replace(self._state, plane=plane))

    def _keep(self, state: EditState) -> None:
        self._lastNumber += 1
        self._state = replace(state, number=self._lastNumber)
        with self.changing():
            writeState(self.segmentationNode, self._state)

    def _showPlane(self) -> None:
        """Put the plane node where the plane is; without a plane there is nothing to show."""
        plane = self.plane
        with self.changing():
            if isinstance(plane, NoPlane):
                if self.planeNode is not None:
                    self.planeNode.SetDisplayVisibility(False)
                return
            if self.planeNode is None:
                self.planeNode = scenes.add_meatal_plane(
                    self.segmentationNode.GetScene(), plane, self.volumeNode, name=self._boundary.name
                )
                self.planeNode.SetDisplayVisibility(False)
                SegmentationAttributes.setPlaneNode(self.segmentationNode, self.planeNode)
                scenes.place_beside(self.volumeNode, self.planeNode)
            elif not _isAt(self.planeNode, plane):  # while it is dragged it is there already
                scenes.set_meatal_plane(self.planeNode, plane)

    def _log(
        self, tool: str, before: NDArray[np.uint8], after: NDArray[np.uint8], planeBefore: MeatalPlane | None
    ) -> None:
        moved = planeBefore is not None and self._state.plane is not None and planeBefore != self._state.plane
        for entry in sorted(self.task.label_set.entries, key=lambda entry: entry.value):
            was, now = before == entry.value, after == entry.value
            added, removed = int((now & ~was).sum()), int((was & ~now).sum())
            if added or removed:
                self._addToLog(
                    Edit(at_utc=_now(), tool=tool, segment=entry.key, voxels_added=added,
                         voxels_removed=removed, plane_before=planeBefore if moved else None,
                         plane_after=self._state.plane if moved else None)
                )  # fmt: skip

    def _addToLog(self, edit: Edit) -> None:
        SegmentationAttributes.writeLog(self.segmentationNode, self.log.with_edit(replace(edit, actor=self.reader())))


def changedSlices(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> slice:
    """Return the slices from the first to the last one in which two labelmaps differ; an empty slice where none does.

    A stroke touches few of them, and whatever is done with all voxels of a head takes longer than measuring a tumor.
    """
    differing = [index for index, (one, other) in enumerate(zip(before, after, strict=True)) if (one != other).any()]
    return slice(differing[0], differing[-1] + 1) if differing else slice(0, 0)


def _isAt(planeNode: Any, plane: MeatalPlane) -> bool:
    shown = scenes.meatal_plane_of(planeNode)
    return np.allclose(shown.origin_ras_mm, plane.origin_ras_mm, atol=1e-6) and np.allclose(
        shown.normal_ras, plane.normal_ras, atol=1e-6
    )


def segmentationOf(volumeNode: Any) -> Any:
    """Return the newest segmentation of a scan that a person may edit, or None."""
    found = None
    for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode", volumeNode.GetScene()):
        role = node.GetReferenceImageGeometryReferenceRole()
        if (
            node.GetNodeReference(role) is volumeNode
            and not SegmentationAttributes.isAutomatic(node)
            and not SegmentationAttributes.isReplaced(node)
        ):
            found = node
    return found


def _now() -> datetime:
    return datetime.now(UTC)
