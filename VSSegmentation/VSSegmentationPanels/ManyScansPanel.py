"""Many scans: a folder, how far it is, and each case to look at and to correct."""

from collections.abc import Callable
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.batch.studies import OpenStudy, open_study
from VSSegmentationLib.batch.study.page import PAGE
from VSSegmentationLib.batch.study.rows import WAITING, StudyRow
from VSSegmentationLib.batch.study.worklist import look_at
from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationPanels.Panel import Panel, unbroken
from VSSegmentationPanels.PyTorchSetup import missingTorch
from VSSegmentationPanels.Session import Session
from VSSegmentationPanels.StudyCases import caseOf, closeCase, correctCase, isChanged, openCase, openedNode
from VSSegmentationPanels.StudyRunner import StudyRunner

_SCANS_SETTING = "VSSegmentation/scansFolder"
_STUDY_SETTING = "VSSegmentation/studyFolder"
_CASE, _STATUS, _VOLUME, _TOLD = range(4)


class ManyScansPanel(Panel):
    """Folders, progress, list of cases."""

    uiName = "ManyScansPanel"

    def __init__(self, session: Session, resourcePath: Callable[[str], str], runner: StudyRunner) -> None:
        self._runner = runner
        self._study: OpenStudy | None = None
        self._rows: tuple[StudyRow, ...] = ()
        self._opened = ""
        super().__init__(session, resourcePath)

    def setup(self) -> None:
        """Connect the widgets."""
        table = self.ui.casesTable
        table.setColumnCount(4)
        table.setHorizontalHeaderLabels([_("Case"), _("Status"), _("Volume"), _("To look at")])
        table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
        table.setSelectionMode(qt.QAbstractItemView.SingleSelection)
        table.verticalHeader().visible = False
        table.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        for column in (_CASE, _STATUS, _VOLUME):
            table.horizontalHeader().setSectionResizeMode(column, qt.QHeaderView.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(_TOLD, qt.QHeaderView.Stretch)
        self.ui.manyBar.format = _("%v of %m cases")
        table.accessibleName = _("Cases of the study")
        for button, setting in ((self.ui.scansButton, _SCANS_SETTING), (self.ui.studyButton, _STUDY_SETTING)):
            button.directory = self.session.settings.value(setting) or str(Path.home())
        self.ui.scansButton.connect("directorySelected(QString)", self._onScans)
        self.ui.studyButton.connect("directorySelected(QString)", self._onStudy)
        self.ui.lookButton.connect("clicked()", self._onLook)
        self.ui.runButton.connect("clicked()", self._onRun)
        self.ui.openPageButton.connect("clicked()", self._onPage)
        self.ui.correctButton.connect("clicked()", self._onCorrect)
        table.connect("cellClicked(int,int)", lambda row, _column: self._open(row))
        table.connect("cellActivated(int,int)", lambda row, _column: self._open(row))
        self._runner.changed.connect(self._onProgress)
        self._runner.ended.connect(self._onEnded)
        self.session.outdated.connect(self._updateButtons)
        self.session.measured.connect(self._updateButtons)
        self.update()

    def update(self) -> None:
        """Show the list and what the buttons do now."""
        self._fill()
        self._updateButtons()

    def cleanup(self) -> None:
        """End what runs and let others have the folder."""
        self._runner.shutDown()
        self._close()

    def _close(self) -> None:
        if self._study is not None:
            self._study.close()
            self._study = None

    def _onScans(self, folder: str) -> None:
        self.session.settings.setValue(_SCANS_SETTING, folder)
        chosen = Path(folder)
        self.ui.studyButton.directory = str(chosen.with_name(f"{chosen.name}_study"))
        self._onStudy(str(chosen.with_name(f"{chosen.name}_study")))

    def _onStudy(self, folder: str) -> None:
        self.session.settings.setValue(_STUDY_SETTING, folder)
        self._close()
        self._rows = ()
        self._say("")
        self.update()

    def _onLook(self) -> None:
        """Look for scans, and for what is done already."""
        self._close()
        self._say(_("Looking for scans …"))
        self.ui.manyLabel.repaint()
        if not self._did("Looking for scans", _("The study folder: {reason}."), self._openStudy):
            return
        self.session.journal.note("a folder of scans was looked through")
        self._say("")
        self.update()

    def _openStudy(self) -> None:
        self._study = open_study(Path(self.ui.scansButton.directory), Path(self.ui.studyButton.directory))

    def _onRun(self) -> None:
        if self._runner.isRunning:
            self._runner.stop()
        elif self._study is not None:
            self.session.journal.note("a study was begun")
            self._runner.start(self._study, self._study.steps())
        self.update()

    def _onProgress(self) -> None:
        name = self._runner.current
        waiting = [row.case for row in self._rows if row.status == WAITING]
        if name in waiting or self._isNew():
            self._fill()
        self._updateButtons()
        done = sum(row.status != WAITING for row in self._rows)
        self.ui.manyBar.maximum, self.ui.manyBar.value = max(len(self._rows), 1), done
        stage = _("{case}: {stage} … {percent} %").format(
            case=name, stage=self._runner.stage, percent=round(100 * self._runner.fraction)
        )
        self._say(
            _("{stage}. It is stopped after this case.").format(stage=stage) if self._runner.isStopping else stage
        )

    def _isNew(self) -> bool:
        """Return whether a case has come to its end since the list was filled."""
        return self._study is not None and any(
            row.status == WAITING and row.case in self._study.journal.cases for row in self._rows
        )

    def _onEnded(self, sentence: str) -> None:
        self.session.journal.note("a study has come to its end, or was stopped")
        self._say(sentence)
        self.update()

    def _open(self, index: int) -> None:
        """Bring a case into the scene and choose it."""
        if not 0 <= index < len(self._rows) or self._study is None:
            return
        row = self._rows[index]
        if row.status != "done":
            self._say(self._why(row))
            return
        before = self._opened
        if not self._did("Opening a case", _("Files of the case: {reason}."), lambda: self._bringIn(row.case)):
            return
        if before and before != row.case:
            closeCase(before)
        kept = before and before != row.case and openedNode(before) is not None
        note = _(" {case} stays loaded: its corrections are not in the study.").format(case=before) if kept else ""
        self._say(_("{case} is open.{note}").format(case=row.case, note=note))
        self._updateButtons()

    def _bringIn(self, name: str) -> None:
        """Choose a case, which is brought into the scene unless it is there."""
        node = openedNode(name) or openCase(self._study, name)
        self._opened = name
        parameters = self.session.parameterNode
        parameters.inputVolume = node
        parameters.caseName = str(self._study.planned(name).job["case"])
        slicer.util.setSliceViewerLayers(background=node, fit=True)

    def _why(self, row: StudyRow) -> str:
        if row.status == WAITING:
            return _("{case} has not been segmented yet.").format(case=row.case)
        return _("{case} was {status}: {reason}").format(case=row.case, status=row.status, reason=row.reason)

    def _onCorrect(self) -> None:
        name = caseOf(self.session.examination)
        if not self._did(
            "Correcting a case", _("The study folder: {reason}."), lambda: correctCase(self._study, self.session)
        ):
            return
        self.session.journal.note("a correction was put into the study")
        self._say(_("{case} is corrected: tables and page of the study hold the new numbers.").format(case=name))
        due = [] if self._runner.isRunning else self._study.compare_due()
        if due:
            self._runner.start(self._study, iter(due))
        self.update()

    def _onPage(self) -> None:
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self._pagePath())))

    def _pagePath(self) -> Path:
        return Path(self.ui.studyButton.directory) / PAGE

    def _updateButtons(self) -> None:
        running = self._runner.isRunning
        busy = _("Stop the cases first.") if running else ""
        self.enable(self.ui.scansButton, busy, _("With all its folders: NIfTI, NRRD, MetaImage, DICOM, BIDS."))
        self.enable(self.ui.studyButton, busy, _("For all results; one that was begun before goes on."))
        self.enable(self.ui.lookButton, busy, _("List the scans of the folder, and what is done already."))
        self._updateRun(running=running)
        noPage = "" if self._pagePath().is_file() else _("The page is there once a case is done.")
        self.enable(self.ui.openPageButton, noPage, _("All cases on one page of your web browser, to sort and filter."))
        self.enable(
            self.ui.correctButton,
            self._whyNoCorrection(),
            _("Put the case at hand into the study as it is now; no later run replaces it."),
        )
        self.ui.manyBar.visible = running

    def _updateRun(self, *, running: bool) -> None:
        button = self.ui.runButton
        if running:
            stopping = self._runner.isStopping
            button.text = _("Stop at once") if stopping else _("Stop after this case")
            self.enable(button, "", _("What is done is kept."))
            return
        left = 0 if self._study is None else len(self._study.plan.to_do) - self._ended()
        button.text = _("Segment {count} scans").format(count=left) if left > 0 else _("Segment all")
        if self._study is None:
            reason = _("Look through the folder first.")
        elif left <= 0:
            reason = _("All cases of the folder are done.")
        else:
            reason = _("PyTorch is missing; install it under Segment.") if missingTorch() else ""
        self.enable(button, reason, _("One after another in the background; you can go on with other things."))

    def _ended(self) -> int:
        names = {each.case.name for each in self._study.plan.to_do}
        return sum(row.status != WAITING and row.case in names for row in self._rows)

    def _whyNoCorrection(self) -> str:
        examination = self.session.examination
        name = caseOf(examination)
        if self._study is None or name not in {row.case for row in self._rows}:
            return _("Open a case of the list to correct it.")
        return "" if isChanged(examination) else _("The case at hand is as it is in the study.")

    def _fill(self) -> None:
        self._rows = () if self._study is None else self._study.rows()
        table = self.ui.casesTable
        table.setRowCount(len(self._rows))
        for index, row in enumerate(self._rows):
            for column, text in enumerate(self._texts(row)):
                item = table.item(index, column)
                if item is None:
                    item = qt.QTableWidgetItem()
                    table.setItem(index, column, item)
                if item.text() != text:
                    item.setText(text)
                    item.setToolTip(text)
        table.visible = bool(self._rows)
        self.ui.emptyLabel.text = self._summary()
        self.ui.emptyLabel.visible = bool(self.ui.emptyLabel.text)

    def _texts(self, row: StudyRow) -> tuple[str, ...]:
        status = _("at work") if row.case == self._runner.current else row.status
        if row.corrected:
            status = _("corrected")
        volume = "" if row.volume_cm3 is None else unbroken(f"{row.volume_cm3:.2f} cm³")
        reasons = look_at(row).reasons
        return row.case, status, volume, row.reason or (reasons[0] if reasons else "")

    def _summary(self) -> str:
        if self._study is None:
            return _(
                "Choose a folder with scans and press Look. Each scan becomes a case with its report; all of them "
                "stand on one page."
            )
        counts = {status: sum(row.status == status for row in self._rows) for status in ("done", WAITING)}
        others = len(self._rows) - sum(counts.values())
        return _("{total} cases: {done} done, {left} to do, {others} refused or set aside").format(
            total=len(self._rows), done=counts["done"], left=counts[WAITING], others=others
        )

    def _say(self, sentence: str) -> None:
        self.ui.manyLabel.text = unbroken(sentence)
        self.ui.manyLabel.visible = bool(sentence)

    def _did(self, what: str, aboutFiles: str, work: Callable[[], object]) -> bool:
        """Do something with files; return whether it worked, after telling why it did not.

        Args:
            what: It is, for the journal.
            aboutFiles: Sentence for a failure of the system, with `{reason}`.
            work: Does it.
        """
        with self.attempt(what.lower(), _("This did not work.")):
            try:
                work()
            except VSSegmentationError as error:
                self._failed(what, str(error))
                return False
            except OSError as error:
                self._failed(what, aboutFiles.format(reason=error.strerror))
                return False
        return True

    def _failed(self, what: str, sentence: str) -> None:
        self.session.journal.failed(what, sentence)
        self._say(sentence[:1].upper() + sentence[1:])
        self.update()
