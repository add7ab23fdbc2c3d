"""Numbers that follow every change: grayed at once, measured again a moment later."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import qt
import slicer

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.measurement import Headline, Measurement, MeatalPlane
from VSSegmentationLib.reporting import ManualOverride
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.Lines import Lines
from VSSegmentationPanels.Signal import Signal
from VSSegmentationPanels.Smoothing import smoothedLabelmap

DELAY_MS = 5
"""From the first change to measuring, so that the several events of one stroke are taken up at once. Not from the last
one: while a plane is dragged, numbers are to follow."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What was measured last."""

    measurements: tuple[Measurement, ...]
    headline: Headline
    manual: tuple[ManualOverride, ...]


class LiveNumbers:
    """Watches segmentation, plane and lines of one examination."""

    def __init__(self, examination: Examination, choose: Callable[[tuple[Measurement, ...]], Headline]) -> None:
        """Measure, and watch from now on.

        Args:
            examination: What is measured.
            choose: Chooses the headline.
        """
        self.outdated = Signal()
        self.measured = Signal()
        self.edited = Signal()
        """A person has changed something that counts."""
        self.saveForUndo: Callable[[], None] = lambda: None
        """Keeps the state before a change of the plane; the panel with the editor sets it."""
        self.toolName: Callable[[], str] = lambda: "edit"
        self.examination = examination
        self.lines = Lines(examination.volumeNode, examination.segmentationNode)
        self.isOutdated = False
        self._choose = choose
        self._planeMoved = False
        self._planeBefore: MeatalPlane | None = None
        self._observed: list[tuple[Any, int]] = []
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.connect("timeout()", self.catchUp)
        self.numbers = self._measure()
        self._observe()

    def stop(self) -> None:
        """Watch no more."""
        self._timer.stop()
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed.clear()

    def catchUp(self) -> None:
        """Take up what has changed and measure, now."""
        self._timer.stop()
        if not self.examination.isAlive:
            return
        planeMoved, self._planeMoved = self._planeMoved, False
        if planeMoved:
            self.examination.setPlane(scenes.meatal_plane_of(self.examination.planeNode))
        elif self.examination.takeUp(self.toolName()):
            self.edited.emit()
        self.follow()

    def takeUp(self) -> None:
        """Take up what has changed, if anything has: every change is heard of at once, and waits to be measured."""
        if self.isOutdated:
            self.catchUp()

    def follow(self) -> None:
        """Measure what the examination holds, which this object or its owner has just changed."""
        self.numbers = self._measure()
        self.isOutdated = False
        self.measured.emit()

    def changePlane(self, change: Callable[[MeatalPlane], None]) -> None:
        """Carry out a change of the plane as one step of undo: mask, plane and numbers go back together."""
        self.catchUp()
        before = self.examination.plane
        if not isinstance(before, MeatalPlane):
            return
        self.saveForUndo()
        change(before)
        self.examination.logPlane(before)
        self.edited.emit()
        self.catchUp()

    def smooth(self) -> bool:
        """Smooth the outline as one step of undo; return whether anything changed."""
        self.catchUp()
        before = self.examination.labelmap
        after = smoothedLabelmap(self.examination)
        if np.array_equal(before.array, after.array):
            return False
        self.saveForUndo()
        self.examination.smooth(after)
        self.edited.emit()
        self.catchUp()
        return True

    def nudge(self, towardBrainMm: float) -> None:
        """Move the plane along its normal."""
        self.changePlane(lambda before: self.examination.setPlane(_moved(before, towardBrainMm)))

    def flip(self) -> None:
        """Turn the plane round: what was extrameatal becomes intrameatal."""
        self.changePlane(lambda before: self.examination.setPlane(_flipped(before)))

    def refit(self) -> None:
        """Go back to the model's division."""
        self.changePlane(lambda _before: self.examination.refitPlane())

    def _measure(self) -> Numbers:
        measurements = self.examination.measure()
        table = SegmentationAttributes.tableNode(self.examination.segmentationNode)
        if table is not None:
            scenes.fill_measurement_table(table, measurements)
        with self.examination.changing():
            self.lines.update(measurements)
        return Numbers(measurements=measurements, headline=self._choose(measurements), manual=self.lines.manualValues())

    def _observe(self) -> None:
        segmentation = self.examination.segmentationNode.GetSegmentation()
        events = slicer.vtkSegmentation
        for event in (events.SourceRepresentationModified, events.SegmentAdded, events.SegmentRemoved):
            self._add(segmentation, event, self._onSegmentsChanged)
        self._add(segmentation, events.SegmentModified, self._onSegmentModified)
        self.observePlane()

    def observePlane(self) -> None:
        """Watch the plane, which may come to be only after an edit."""
        plane = self.examination.planeNode
        if plane is None or any(node is plane for node, _tag in self._observed):
            return
        self._add(plane, plane.PointStartInteractionEvent, lambda *_: self.dragBegins())
        self._add(plane, plane.PointModifiedEvent, self._onPlaneMoves)
        self._add(plane, plane.PointEndInteractionEvent, lambda *_: self.dragEnds())

    def observeManual(self, node: Any) -> None:
        """Watch a line that a person drags."""
        if not any(each is node for each, _tag in self._observed):
            self._add(node, node.PointModifiedEvent, self._onManualLine)

    def _add(self, node: Any, event: int, callback: Callable[..., None]) -> None:
        self._observed.append((node, node.AddObserver(event, callback)))

    def _onSegmentsChanged(self, _caller: Any, _event: str) -> None:
        if not self.examination.isChanging:
            self._later()

    def _onSegmentModified(self, _caller: Any, _event: str) -> None:
        # Undo and redo tell of nothing else; but so do a new name, a new color and saving for undo.
        if not self.examination.isChanging and self.examination.isAtAnotherEdit:
            self._later()

    def dragBegins(self) -> None:
        """Keep what there is for undo: a person takes hold of the plane."""
        self.catchUp()
        before = self.examination.plane
        self._planeBefore = before if isinstance(before, MeatalPlane) else None
        self.saveForUndo()

    def _onPlaneMoves(self, _caller: Any, _event: str) -> None:
        if not self.examination.isChanging:
            self._planeMoved = True
            self._later()

    def dragEnds(self) -> None:
        """Measure, and write one entry into the log: the plane was let go."""
        if self._planeMoved:
            self.catchUp()
        if self._planeBefore is not None:
            self.examination.logPlane(self._planeBefore)
            self._planeBefore = None
            self.edited.emit()

    def _onManualLine(self, _caller: Any, _event: str) -> None:
        self.lines.labelManual()
        self.edited.emit()
        self._later()

    def _later(self) -> None:
        if not self.isOutdated:
            self.isOutdated = True
            self.outdated.emit()
        if not self._timer.active:
            self._timer.start()


def _moved(plane: MeatalPlane, mm: float) -> MeatalPlane:
    r, a, s = (np.array(plane.origin_ras_mm) + mm * np.array(plane.normal_ras)).tolist()
    return MeatalPlane(origin_ras_mm=(r, a, s), normal_ras=plane.normal_ras, rms_mm=0.0, source="user")


def _flipped(plane: MeatalPlane) -> MeatalPlane:
    r, a, s = plane.normal_ras
    return MeatalPlane(origin_ras_mm=plane.origin_ras_mm, normal_ras=(-r, -a, -s), rms_mm=0.0, source="user")
