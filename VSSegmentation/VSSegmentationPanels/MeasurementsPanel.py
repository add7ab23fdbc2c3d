"""The numbers, live: a headline with its reason, a table to jump by, lines to show and to draw by hand."""

from typing import Any

import numpy as np
import qt
import slicer
from slicer.i18n import tr as _

from VSSegmentationLib import geometry
from VSSegmentationLib.measurement import Measurement, Uncertainty
from VSSegmentationLib.reporting import clinical_sentence, display_value, make_report
from VSSegmentationLib.reporting.report.words import display_policy, display_uncertainty, number_with_unit
from VSSegmentationPanels.Camera import lookAt
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.Panel import Panel, enable
from VSSegmentationPanels.ReportContents import reportContent

_NAME, _VALUE, _UNCERTAINTY, _BY_HAND = range(4)


class MeasurementsPanel(Panel):
    """Headline, table, manual lines, the sentence."""

    uiName = "MeasurementsPanel"

    def setup(self) -> None:
        """Make the table's columns."""
        table = self.ui.measurementTable
        table.setColumnCount(4)
        table.setHorizontalHeaderLabels([_("Measurement"), _("Value"), _("Uncertainty"), _("By hand")])
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
        font = self.ui.headlineLabel.font
        font.setPointSizeF(1.4 * font.pointSizeF())
        font.setBold(True)
        self.ui.headlineLabel.font = font
        self.ui.manualButton.connect("clicked()", self._onManual)
        self.ui.copyButton.connect("clicked()", self._onCopy)
        self._isFilling = False
        self.session.outdated.connect(self._onOutdated)
        self.session.measured.connect(self.update)
        self.session.segmenter.succeeded.connect(lambda examination, _sentence: self._onSegmented(examination))
        self.update()

    def update(self) -> None:
        """Show the numbers as they are now."""
        numbers = self.session.numbers
        self._setGray(gray=False)
        self._showPolicies()
        self._fill(() if numbers is None else numbers.measurements)
        if numbers is None:
            self.ui.headlineLabel.text = _("No measurements yet")
            self.ui.reasonLabel.text = _("They appear here as soon as a scan is segmented, and follow every edit.")
            self.ui.stateLabel.text = ""
        else:
            self.ui.headlineLabel.text = _headline(numbers)
            note = f" {numbers.headline.note}" if numbers.headline.note else ""
            self.ui.reasonLabel.text = display_policy(numbers.headline) + note
            self.ui.stateLabel.text = _("For research use only. Measurements must be checked by a qualified reader.")
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
        self.ui.stateLabel.text = _("Measuring …")

    def _setGray(self, *, gray: bool) -> None:
        for widget in (self.ui.measurementTable, self.ui.headlineLabel, self.ui.reasonLabel):
            widget.enabled = not gray

    def _fill(self, measurements: tuple[Measurement, ...]) -> None:
        table, live = self.ui.measurementTable, self.session.live
        manual = {each.measurement_id: each.value for each in self.session.numbers.manual} if measurements else {}
        self._isFilling = True
        table.setRowCount(len(measurements))
        for row, measurement in enumerate(measurements):
            name = qt.QTableWidgetItem(measurement.name)
            flags = qt.Qt.ItemIsSelectable | qt.Qt.ItemIsEnabled
            if live.lines.nodeOf(measurement.id) is not None:
                name.setFlags(flags | qt.Qt.ItemIsUserCheckable)
                name.setCheckState(qt.Qt.Checked if live.lines.isShown(measurement.id) else qt.Qt.Unchecked)
            else:
                name.setFlags(flags)
            name.setToolTip(measurement.method)
            value = qt.QTableWidgetItem(display_value(measurement))
            value.setToolTip(measurement.reason or "")
            uncertainty = qt.QTableWidgetItem(_limit(measurement.uncertainty))
            uncertainty.setToolTip(measurement.uncertainty.source if measurement.uncertainty else "")
            byHand = manual.get(measurement.id)
            own = qt.QTableWidgetItem("" if byHand is None else number_with_unit(byHand, measurement.unit))
            for column, item in enumerate((name, value, uncertainty, own)):
                if column in (_VALUE, _BY_HAND):
                    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                table.setItem(row, column, item)
        self._isFilling = False

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
        enable(
            self.ui.manualButton,
            none,
            _("Add a copy of the selected line that you can drag; its length stands beside the automatic value."),
        )
        enable(
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
        with slicer.util.tryWithErrorDisplay(_("The sentence could not be made."), waitCursor=True):
            text = clinical_sentence(make_report(reportContent(self.session)))
            slicer.app.clipboard().setText(text)
            self.ui.stateLabel.text = _("Copied: {sentence}").format(sentence=text)


def _limit(uncertainty: Uncertainty | None) -> str:
    """Return a limit as short as the column is narrow; its tool tip says whose it is, or why there is none."""
    if uncertainty is not None and uncertainty.value is None:
        return _("none")
    return display_uncertainty(uncertainty).partition(" (")[0]


def _headline(numbers: Any) -> str:
    headline = numbers.headline
    if headline.measurement_id is None:
        return _("No headline diameter")
    name = next(each.name for each in numbers.measurements if each.id == headline.measurement_id)
    value = _("not measurable") if headline.value_mm is None else number_with_unit(headline.value_mm, "mm")
    return f"{name}: {value}"


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
