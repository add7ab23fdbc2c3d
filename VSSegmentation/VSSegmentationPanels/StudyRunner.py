"""The cases of a study, one after another through a worker of their own, while the user goes on with other things."""

from collections.abc import Iterator
from time import perf_counter
from typing import Any

from slicer.i18n import tr as _

from VSSegmentationLib.batch.comparisons import Comparison
from VSSegmentationLib.batch.fingerprints import content_of
from VSSegmentationLib.batch.studies import OpenStudy, Step
from VSSegmentationPanels.Signal import Signal
from VSSegmentationPanels.WorkerClient import CANCELED, Failure, Job, WorkerClient
from VSSegmentationPanels.WorkerEnd import NOT_STARTED, TORCH_BROKEN


class StudyRunner:
    """Does what a study has to do; no widgets."""

    def __init__(self, client: WorkerClient) -> None:
        self.changed = Signal()
        """A step was begun, has moved on, or came to its end."""
        self.ended = Signal()
        """With a sentence where it ended before all was done, else with an empty one."""
        self.current = ""
        """Name of the case, or of the patient, that is at work."""
        self.fraction, self.stage = 0.0, ""
        self.isStopping = False
        self._client = client
        self._study: OpenStudy | None = None
        self._steps: Iterator[Step] = iter(())
        self._begun = 0.0

    @property
    def isRunning(self) -> bool:
        """Whether something is at work."""
        return self._study is not None

    def start(self, study: OpenStudy, steps: Iterator[Step]) -> None:
        """Begin; `ended` is told when nothing is left."""
        self._study, self._steps, self.isStopping = study, steps, False
        self._next()

    def stop(self) -> None:
        """Let the case that is at work come to its end, and begin no other; a second time, end it at once."""
        if self.isStopping:
            self._client.cancel()
        self.isStopping = True
        self.changed.emit()

    def shutDown(self) -> None:
        """End all at once, without a word; what is done is kept."""
        self._study = None
        self._client.shutDown()

    def _next(self) -> None:
        step = None if self.isStopping else next(self._steps, None)
        if step is None:
            self._end(_("Stopped. What is done is kept; press the button to go on.") if self.isStopping else "")
            return
        self.current = step.of.patient if isinstance(step.of, Comparison) else step.of.case.name
        self.fraction, self.stage, self._begun = 0.0, _("Starting"), perf_counter()
        request = {"do": step.order, **step.job}
        self._client.do(
            Job(request, lambda data: self._onDone(step, data), lambda failure: self._onFailure(step, failure),
                self._onProgress)
        )  # fmt: skip
        self.changed.emit()

    def _onProgress(self, fraction: float, stage: str) -> None:
        self.fraction, self.stage = fraction, stage
        self.changed.emit()

    def _onDone(self, step: Step, data: Any) -> None:
        self._keep(step, {"result": data})

    def _onFailure(self, step: Step, failure: Failure) -> None:
        if failure.exitCode == CANCELED:
            self._end(_("Stopped. What is done is kept; press the button to go on."))
        elif failure.exitCode in (TORCH_BROKEN, NOT_STARTED):  # of no case in particular
            self._end(failure.sentence)
        elif self._client.isWarm:
            self._keep(step, {"error": failure.sentence, "exit_code": failure.exitCode})
        else:
            self._keep(step, {"died": failure.sentence, "exit_code": 1})

    def _keep(self, step: Step, answer: Any) -> None:
        if self._study is None:
            return
        answer["seconds"] = round(perf_counter() - self._begun, 3)
        if not isinstance(step.of, Comparison):
            answer["content"] = content_of(step.of.case.files)
        self._study.keep(step, answer)
        self._next()

    def _end(self, sentence: str) -> None:
        study, self._study = self._study, None
        self.current, self.isStopping = "", False
        if study is not None:
            study.write()
        self._client.shutDown()  # a worker holds as much memory as a case needs
        self.ended.emit(sentence)
