"""What the panels share: the settings, the examination at hand with its numbers, and who wants to hear of changes."""

import logging
from typing import Any

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.measurement import Headline, Measurement
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.reporting import withheld_headline
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Examination import Examination, segmentationOf
from VSSegmentationPanels.Journal import Journal
from VSSegmentationPanels.LiveNumbers import LiveNumbers, Numbers
from VSSegmentationPanels.OwnFields import keepFields, showFields
from VSSegmentationPanels.Segmenter import Segmenter
from VSSegmentationPanels.Signal import Signal

DEVICE_SETTING = "VSSegmentation/device"
"""What networks run on, as it was chosen last."""


class Session:
    """One for each module widget."""

    def __init__(self, segmenter: Segmenter, settings: Any) -> None:
        self.segmenter = segmenter
        self.settings = settings
        """A QSettings: what is remembered from one run of Slicer to the next."""
        self.journal = Journal()
        self.parameterNode: Any = None
        self.live: LiveNumbers | None = None
        self._volumeNode: Any = None
        self._chosenBy: tuple[str, bool] = (DEFAULT_TASK.default_policy, False)
        self._hidden: dict[Any, tuple[Any, ...]] = {}
        self.examinationChanged = Signal()
        self.furtherInputs: dict[str, Any] = {}
        self.optionalInputs: tuple[str, ...] = ()
        """Of a model that takes several scans: the node that is chosen for each after the first, or None, by name."""
        self.wantsAlignment = False
        """Whether those that do not lie on the first are moved onto it; else they are refused."""
        self.inputsChosen = Signal()
        self.modelChosen = Signal()
        """With the card of the model, or None for the embedded ones."""
        self.outdated = Signal()
        self.measured = Signal()
        self.wantsMaps = False
        """Whether the next segmentation keeps what the network said of each voxel."""
        self.growth: Growth | None = None
        """The comparison with earlier examinations, None where there is none."""
        self.compared = Signal()
        self.modalityChosen = Signal()
        self.weightingQuestion = ""
        """Why a person has to say the weighting of the scan that is chosen; empty while nothing was asked."""
        self.weightingAsked = Signal()
        segmenter.succeeded.connect(lambda examination, _sentence: self._onSegmented(examination))

    @property
    def volumeNode(self) -> Any:
        """The scan that is chosen, or None."""
        return self.parameterNode.inputVolume if self.parameterNode is not None else None

    @property
    def examination(self) -> Examination | None:
        """The examination of that scan, once it is segmented."""
        return self.live.examination if self.live is not None else None

    @property
    def numbers(self) -> Numbers | None:
        """What was measured last."""
        return self.live.numbers if self.live is not None else None

    def setParameterNode(self, parameterNode: Any) -> None:
        """Take the settings of another scene, or None while there is none."""
        self.forget()
        self.parameterNode = parameterNode
        self._hidden.clear()
        self._take(_examinationOf(self.volumeNode))

    def askWeighting(self, question: str) -> None:
        """Ask for the weighting of the scan that is chosen, or take the question back with an empty one."""
        if question != self.weightingQuestion:
            self.weightingQuestion = question
            self.weightingAsked.emit()

    def chooseVolume(self) -> None:
        """Look at the scan that is chosen now, and keep what was typed for it."""
        volumeNode = self.volumeNode
        current = self.examination
        if volumeNode is self._volumeNode and (current is None or current.isAlive):
            if self.parameterNode is not None:
                keepFields(self.parameterNode)
            return
        self._take(_examinationOf(volumeNode))

    def forget(self) -> None:
        """Let go of all nodes, as before a scene closes."""
        if self.live is not None:
            self.live.stop()
            self.live = None

    def hiddenOf(self, segmentationNode: Any) -> tuple[Any, ...]:
        """Return what is hidden of another examination while its scan is not the chosen one."""
        return self._hidden.get(segmentationNode, ())

    def choosePolicy(self) -> None:
        """Choose the headline anew, if what it depends on has changed."""
        if self.live is not None and self._policy() != self._chosenBy:
            self.live.catchUp()

    def _onSegmented(self, examination: Examination) -> None:
        if self.parameterNode is not None and examination.volumeNode is self.volumeNode:
            self._take(examination, isNew=True)

    def _take(self, examination: Examination | None, *, isNew: bool = False) -> None:
        self._leaveOther()
        self.forget()
        self._volumeNode = self.volumeNode
        if self.parameterNode is not None:  # before anything is measured: a surgery decides which diameter leads
            own = None if examination is None else examination.segmentationNode
            showFields(self.parameterNode, self._volumeNode, own)
        if examination is not None:
            for node in self._hidden.pop(examination.segmentationNode, ()):
                node.SetDisplayVisibility(True)
            examination.reader = lambda: self.parameterNode.reader if self.parameterNode is not None else ""
            live = self.live = LiveNumbers(examination, lambda measured: self._chooseHeadline(examination, measured))
            live.outdated.connect(self.outdated.emit)
            live.measured.connect(self._onMeasured)
            live.edited.connect(self._onEdited)
            if isNew and live.numbers.headline.measurement_id is not None:
                live.lines.show(live.numbers.headline.measurement_id, visible=True)
            self.parameterNode.segmentation = examination.segmentationNode
            self.journal.note("an examination is at hand")
        elif self.parameterNode is not None:
            self.parameterNode.segmentation = None
        self.examinationChanged.emit()

    def _leaveOther(self) -> None:
        """Hide what belongs to the examination at hand if another scan was chosen: over that one it would mislead."""
        if self.live is None or not self.live.examination.isAlive or self._volumeNode is self.volumeNode:
            return
        segmentation, plane = self.live.examination.segmentationNode, self.live.examination.planeNode
        nodes = (segmentation, *self.live.lines.nodes(), *(() if plane is None else (plane,)))
        self._hidden[segmentation] = tuple(node for node in nodes if node.GetDisplayVisibility())
        for node in self._hidden[segmentation]:
            node.SetDisplayVisibility(False)

    def _policy(self) -> tuple[str, bool]:
        node = self.parameterNode
        return (node.policy, node.treatment == "surgery") if node is not None else self._chosenBy

    def _chooseHeadline(self, examination: Examination, measurements: tuple[Measurement, ...]) -> Headline:
        task = examination.task
        policy, afterSurgery = self._chosenBy = self._policy()
        chosen = task.choose_headline(measurements, policyOf(task, policy), after_surgery=afterSurgery)
        doubts = SegmentationAttributes.readFacts(examination.segmentationNode).doubts
        return withheld_headline(chosen) if doubts else chosen

    def _onMeasured(self) -> None:
        self.live.observePlane()
        self.measured.emit()

    def _onEdited(self) -> None:
        """Take away what was checked before the edit."""
        if (
            self.examination is not None
            and SegmentationAttributes.readReview(self.examination.segmentationNode) is not None
        ):
            SegmentationAttributes.writeReview(self.examination.segmentationNode, None)


def policyOf(task: Task, chosen: str) -> str:
    """Return the headline policy that was chosen, or the default one where the task has none of that name."""
    return chosen if chosen in task.headline_policies else task.default_policy


def _examinationOf(volumeNode: Any) -> Examination | None:
    segmentationNode = segmentationOf(volumeNode) if volumeNode is not None else None
    if segmentationNode is None:
        return None
    try:
        return Examination(volumeNode, segmentationNode)
    except UsageError:
        logging.warning("A segmentation is of a kind of tumor that is not installed here; it is left as it is.")
        return None
