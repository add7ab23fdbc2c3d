"""All numbers, live: a table to jump by, lines to show and to draw by hand."""

from typing import Any

import numpy as np
import qt
import slicer
from slicer.i18n import tr as _

from VSSegmentationLib import geometry
from VSSegmentationLib.measurement import Measurement, Uncertainty
from VSSegmentationLib.measurement.value import shown_number
from VSSegmentationLib.reporting import clinical_sentence, make_report
from VSSegmentationLib.reporting.report.words import display_uncertainty, display_unit, display_value
from VSSegmentationPanels.Camera import lookAt
from VSSegmentationPanels.Changes import changeSinceEarlier
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.Panel import Panel
from VSSegmentationPanels.ReportContents import reportContent

_NAME, _VALUE, _UNIT, _BY_HAND, _LIMIT, _CHANGE = range(6)
_RIGHT = (_VALUE, _BY_HAND, _LIMIT, _CHANGE)


class MeasurementsPanel(Panel):
    """Table, manual lines, the sentence."""

    uiName = "MeasurementsPanel"

    def setup(self) -> None:
        """Make the table's columns."""
        table = self.ui.measurementTable
        table.setColumnCount(6)
        table.setHorizontalHeaderLabels(
            [_("Measurement"), _("Value"), _("Unit"), _("By hand"), _("Limit"), _("Change")]
        )
        table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(_NAME, qt.QHeaderView.Stretch)  # names need the room
        table.horizontalHeader().highlightSections = False  # bold when selected, a title would be cut off
        table.verticalHeader().visible = False
        table.verticalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)  # as many lines as a name takes
        table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
        table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        table.connect("cellClicked(int,int)", lambda row, _column: self._jump(row))
        table.connect("itemChanged(QTableWidgetItem*)", self._onItemChanged)
        table.connect("itemSelectionChanged()", self._updateButtons)
        self.ui.manualButton.connect("clicked()", self._onManual)
        self.ui.copyButton.connect("clicked()", self._onCopy)
        self._isFilling = False
        self.session.outdated.connect(self._onOutdated)
        self.session.measured.connect(self.update)
        self.session.compared.connect(self.update)
        self.session.segmenter.succeeded.connect(lambda examination, _sentence: self._onSegmented(examination))
        self.update()

    def update(self) -> None:
        """Show the numbers as they are now."""
        numbers = self.session.numbers
        self._setGray(gray=False)
        self._showPolicies()
        self._fill(() if numbers is None else numbers.measurements)
        self.ui.stateLabel.text = (
            _("Measurements appear here as soon as a scan is segmented, and follow every edit.")
            if numbers is None
            else ""
        )
        self.ui.stateLabel.visible = numbers is None
        self.ui.measurementTable.visible = numbers is not None
        self._updateButtons()

    def _showPolicies(self) -> None:
        """Offer the policies of the module where they are those of the examination's kind of tumor."""
        examination, node = self.session.examination, self.session.parameterNode
        fits = examination is None or node is None or node.policy in examination.task.headline_policies
        self.ui.policyBox.visible = self.ui.policyBoxLabel.visible = fits

    def _onSegmented(self, examination: Any) -> None:
        """Bring the views to what was found, the slices to that of the headline diameter where there is one."""
        if examination is not self.session.examination:
            return  # of a scan that is not the chosen one any more
        wanted = self.session.numbers.headline.measurement_id
        ids = [each.id for each in self.session.numbers.measurements]
        self._jump(ids.index(wanted) if wanted in ids else ids.index(examination.task.whole_volume))
        lookAt(examination.segmentationNode)

    def _onOutdated(self) -> None:
        self._setGray(gray=True)

    def _setGray(self, *, gray: bool) -> None:
        self.ui.measurementTable.enabled = not gray

    def _fill(self, measurements: tuple[Measurement, ...]) -> None:
        table = self.ui.measurementTable
        manual = {each.measurement_id: each.value for each in self.session.numbers.manual} if measurements else {}
        self._isFilling = True
        table.clearSpans()
        table.setRowCount(len(measurements))
        for row, measurement in enumerate(measurements):
            table.setItem(row, _NAME, self._nameItem(measurement))
            for column, (text, tip) in self._cells(measurement, manual.get(measurement.id)).items():
                item = qt.QTableWidgetItem(text)
                item.setToolTip(tip)
                if column in _RIGHT:
                    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                table.setItem(row, column, item)
            if measurement.value is None:
                table.setSpan(row, _VALUE, 1, 2)
        for column in (_BY_HAND, _LIMIT, _CHANGE):  # what is empty from top to bottom takes no room from the names
            table.setColumnHidden(column, not any(table.item(row, column).text() for row in range(len(measurements))))
        self._isFilling = False

    def _nameItem(self, measurement: Measurement) -> Any:
        """Return the cell of a name, with a tick where there is a line to show."""
        name, flags, lines = (
            qt.QTableWidgetItem(measurement.name), qt.Qt.ItemIsSelectable | qt.Qt.ItemIsEnabled, self.session.live.lines
        )  # fmt: skip
        if lines.nodeOf(measurement.id) is not None:
            flags |= qt.Qt.ItemIsUserCheckable
            name.setCheckState(qt.Qt.Checked if lines.isShown(measurement.id) else qt.Qt.Unchecked)
        name.setFlags(flags)
        name.setToolTip(measurement.method)
        return name

    def _cells(self, measurement: Measurement, byHand: float | None) -> dict[int, tuple[str, str]]:
        """Return text and tool tip of each cell beside the name."""
        unit, limit = measurement.unit, measurement.uncertainty
        change = changeSinceEarlier(self.session.growth, measurement.id)
        isMeasured = measurement.value is not None
        return {
            _VALUE: (
                shown_number(measurement.value, unit) if isMeasured else display_value(measurement),
                measurement.reason or "",
            ),
            _UNIT: (display_unit(unit) if isMeasured else "", ""),
            _BY_HAND: ("" if byHand is None else shown_number(byHand, unit), ""),
            _LIMIT: (_limit(limit), limit.source if limit else ""),
            _CHANGE: ("", "") if change is None else (change.text.replace(" (", "\n("), change.wording),
        }

    def _selected(self) -> Measurement | None:
        row = self.ui.measurementTable.currentRow()
        numbers = self.session.numbers
        return numbers.measurements[row] if numbers is not None and 0 <= row < len(numbers.measurements) else None

    def _updateButtons(self) -> None:
        measurement, live = self._selected(), self.session.live
        if live is None:
            none = _("Segment a scan first.")
        elif measurement is None:
            none = _("Select a diameter in the table first.")
        elif live.lines.nodeOf(measurement.id) is None:
            none = _("This measurement has no line: {reason}.").format(
                reason=measurement.reason or _("it is no length between two points")
            )
        else:
            none = ""
        self.enable(
            self.ui.manualButton,
            none,
            _("Add a copy of the selected line that you can drag; its length stands beside the automatic value."),
        )
        self.enable(
            self.ui.copyButton,
            "" if live is not None else _("Segment a scan first."),
            _("Copy one sentence with side, diameter and volumes."),
        )

    def _jump(self, row: int) -> None:
        measurement = self.session.numbers.measurements[row]
        point = _place(measurement, self.session.examination)
        if point is not None:
            slicer.modules.markups.logic().JumpSlicesToLocation(*point, True)

    def _onItemChanged(self, item: Any) -> None:
        if self._isFilling or item.column() != _NAME or self.session.live is None:
            return
        measurement = self.session.numbers.measurements[item.row()]
        self.session.live.lines.show(measurement.id, visible=item.checkState() == qt.Qt.Checked)

    def _onManual(self) -> None:
        live = self.session.live
        live.observeManual(live.lines.addManual(self._selected()))
        live.catchUp()

    def _onCopy(self) -> None:
        with self.attempt("making the sentence", _("The sentence could not be made.")):
            text = clinical_sentence(make_report(reportContent(self.session)))
            slicer.app.clipboard().setText(text)
            self.ui.stateLabel.text = _("Copied: {sentence}").format(sentence=text)
            self.ui.stateLabel.visible = True


def _limit(uncertainty: Uncertainty | None) -> str:
    """Return a limit as short as the column is narrow, empty for none; its tool tip says whose it is, or why not."""
    if uncertainty is None or uncertainty.value is None:
        return ""
    return display_uncertainty(uncertainty).partition(" (")[0]


def _place(measurement: Measurement, examination: Examination) -> tuple[float, float, float] | None:
    """Return where to look for a measurement: the middle of its line, or of the tumor or part that it speaks of."""
    if measurement.end_points_ras_mm is not None:
        r, a, s = np.mean(measurement.end_points_ras_mm, axis=0).tolist()
        return r, a, s
    labelmap, labels = examination.labelmap, examination.task.label_set
    part = examination.task.entry_of_region(measurement.region)
    array = labelmap.array
    voxels = np.argwhere(labels.tumor_mask(array) if part is None else labels.region_mask(array, part.key))
    if not len(voxels):
        return None
    r, a, s = geometry.transform_points(labelmap.dhw_to_ras, voxels.mean(axis=0)).tolist()
    return r, a, s
