"""Earlier examinations of the same patient: values, change, curve, and both scans side by side."""

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.measurement.growth import Growth, Reference, Series
from VSSegmentationLib.reporting import display_value
from VSSegmentationLib.reporting.growth.curve import growth_curve_svg
from VSSegmentationLib.reporting.growth.words import change_sentence, leading_series, signed
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Comparison import changeSince, compareWithEarlier, daysBefore, differInCase
from VSSegmentationPanels.Panel import Panel, unbroken
from VSSegmentationPanels.SideBySide import SideBySide

_CURVE_WIDTH = 360


class FollowUpPanel(Panel):
    """Earlier examinations, table, curve, linked views."""

    uiName = "FollowUpPanel"

    def setup(self) -> None:
        """Connect the widgets."""
        self._sideBySide = SideBySide()
        self._growth: Growth | None = None
        self.ui.growthTable.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        self.ui.growthTable.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
        self.ui.growthTable.verticalHeader().visible = False
        self.ui.growthTable.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        header = self.ui.growthTable.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.Stretch)  # every column is in view, however narrow the panel
        header.setSectionResizeMode(0, qt.QHeaderView.ResizeToContents)
        header.highlightSections = False  # bold when selected, a title would be cut off
        self.ui.priorSelector.connect("currentNodeChanged(vtkMRMLNode*)", lambda _node: self._onPrior())
        self.ui.daysEdit.connect("textChanged(QString)", lambda _text: self._updateButtons())
        self.ui.otherCaseCheck.connect("clicked(bool)", self._onOtherCase)
        self.ui.growthTable.connect("itemSelectionChanged()", self._updateButtons)
        self.ui.addPriorButton.connect("clicked()", self._onAdd)
        self.ui.removePriorButton.connect("clicked()", self._onRemove)
        self.ui.linkButton.connect("toggled(bool)", self._onLink)
        self.ui.plotButton.connect("clicked()", self._onPlot)
        self.session.measured.connect(self.update)
        self.update()

    def growth(self) -> Growth | None:
        """Return the comparison with the earlier examinations as it is now; None where there is none.

        Case names and treatment may have been typed since it was shown.
        """
        self.update()
        return self._growth

    def update(self) -> None:
        """Compare, and show what came of it."""
        examination = self.session.examination
        self._growth, problem = None, ""
        if examination is None:
            text = _("Segment a scan first; then add the segmentation of an earlier scan of the same patient.")
        elif not self._earlier():
            text = _(
                "No earlier examination yet. Segment the earlier scan, too, choose this scan again, and add the other."
            )
        else:
            text = ""
            try:
                self._growth = compareWithEarlier(self.session, self._earlier())
            except VSSegmentationError as error:
                problem = str(error)
        self._sayCases()
        self.session.growth = self._growth
        self.session.compared.emit()
        self.ui.followUpLabel.text = problem or text or unbroken(self._sentence())
        self._fill()
        self._drawCurve()
        self._updateButtons()

    def exit(self) -> None:
        """Give the user the former layout back."""
        self.ui.linkButton.checked = False

    def sceneCloses(self) -> None:
        """Leave the linked views."""
        self.ui.linkButton.checked = False
        self._growth = None

    def _earlier(self) -> list[tuple[Any, int]]:
        examination = self.session.examination
        if examination is None or not examination.isAlive:
            return []
        return sorted(SegmentationAttributes.readEarlier(examination.segmentationNode), key=lambda each: -each[1])

    def _selected(self) -> int:
        """Return the number of the selected earlier examination, or -1."""
        row = self.ui.growthTable.currentRow()
        return row if 0 <= row < len(self._earlier()) else -1

    def _sentence(self) -> str:
        """Say how diameter and volume changed since the earliest examination."""
        growth, whole = self._growth, self.session.examination.task.whole_volume
        headline = growth.examinations[0].headline.measurement_id
        told = [growth.of(name) for name in (headline, whole) if name is not None]
        return "\n".join(
            _("{name} since the earliest examination: {change}").format(
                name=each.measurements[0].name, change=change_sentence(each)
            )
            for each in told
        )

    def _days(self) -> int | None:
        """Return the days that were typed, None where that is no number above 0."""
        text = str(self.ui.daysEdit.text).strip()
        return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None

    def _onPrior(self) -> None:
        """Fill in the days where both scans tell their dates; whatever was typed was about another scan."""
        prior, volume = self.ui.priorSelector.currentNode(), self.session.volumeNode
        known = None if prior is None or volume is None else daysBefore(volume, prior)
        self.ui.daysEdit.text = str(known) if known is not None and known > 0 else ""
        self._sayCases()
        self._updateButtons()
        if self.ui.addPriorButton.enabled or not self._isCandidate():
            return
        try:
            change = unbroken(changeSince(self.session, prior))
        except VSSegmentationError as error:
            change = str(error)
        self.ui.followUpLabel.text = _("{change} Enter the days before, to add it with a rate.").format(change=change)

    def _onOtherCase(self, wanted: bool) -> None:
        SegmentationAttributes.setMayDifferInCase(self.session.examination.segmentationNode, wanted)
        self.session.examinationChanged.emit()

    def _sayCases(self) -> None:
        """Ask whether other case names are compared, where there are any."""
        examination, prior = self.session.examination, self.ui.priorSelector.currentNode()
        box = self.ui.otherCaseCheck
        box.visible = examination is not None and differInCase(
            examination.volumeNode,
            [node for node, _days in self._earlier()] + ([prior] if prior is not None else []),
        )
        box.checked = examination is not None and SegmentationAttributes.mayDifferInCase(examination.segmentationNode)

    def _isCandidate(self) -> bool:
        """Tell whether the chosen segmentation is another examination that is not yet in the comparison."""
        examination, prior = self.session.examination, self.ui.priorSelector.currentNode()
        return (
            examination is not None
            and prior is not None
            and prior is not examination.segmentationNode
            and prior not in [node for node, _days in self._earlier()]
        )

    def _onAdd(self) -> None:
        own = self.session.examination.segmentationNode
        SegmentationAttributes.writeEarlier(
            own, [*self._earlier(), (self.ui.priorSelector.currentNode(), self._days())]
        )
        self.ui.daysEdit.clear()
        self.session.examinationChanged.emit()

    def _onRemove(self) -> None:
        earlier = self._earlier()
        del earlier[self._selected()]
        self.ui.linkButton.checked = False
        SegmentationAttributes.writeEarlier(self.session.examination.segmentationNode, earlier)
        self.session.examinationChanged.emit()

    def _onLink(self, on: bool) -> None:
        self.ui.linkLabel.visible = on
        if not on:
            self._sideBySide.leave()
        elif self._selected() >= 0:
            segmentation = self._earlier()[self._selected()][0]
            self.ui.linkLabel.text = _("Laying both heads on each other …")
            slicer.app.processEvents()
            with self.attempt("showing side by side", _("The scans cannot be shown side by side.")):
                hidden = self.session.hiddenOf(segmentation)
                self.ui.linkLabel.text = self._sideBySide.show(self.session.examination, segmentation, hidden)

    def _onPlot(self) -> None:
        nodes = scenes.add_growth(slicer.mrmlScene, self._growth, self.session.examination.task)
        scenes.place_beside(self.session.volumeNode, nodes.table)
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotView)
        slicer.util.getNode("vtkMRMLSelectionNodeSingleton").SetReferenceActivePlotChartID(nodes.charts[0].GetID())
        slicer.app.applicationLogic().PropagatePlotChartSelection()

    def _updateButtons(self) -> None:
        examination, prior = self.session.examination, self.ui.priorSelector.currentNode()
        taken = [node for node, _days in self._earlier()]
        if examination is None:
            reason = _("Segment a scan first.")
        elif prior is None:
            reason = _("Choose the segmentation of an earlier scan.")
        elif prior is examination.segmentationNode:
            reason = _("This is the segmentation at hand; choose an earlier one.")
        elif prior in taken:
            reason = _("This examination is in the comparison already.")
        elif self._days() is None:
            reason = _("Enter how many days before this examination the earlier one was.")
        else:
            reason = ""
        self.enable(self.ui.addPriorButton, reason, _("Compare with this earlier examination."))
        nobody = _("Add an earlier examination first.")
        none = nobody if not taken else _("Select an earlier examination in the table first.")
        none = "" if self._selected() >= 0 else none
        self.enable(self.ui.removePriorButton, none, _("Take the selected examination out of the comparison."))
        none = "" if self.ui.linkButton.checked else none
        self.enable(
            self.ui.linkButton,
            none,
            _("Show this and the selected earlier scan beside each other, close to the tumor; again: as before."),
        )
        none = "" if self._growth is not None else nobody
        self.enable(self.ui.plotButton, none, _("Add plots of volume and diameter over time, and show them."))

    def _fill(self) -> None:
        table, growth = self.ui.growthTable, self._growth
        table.visible = growth is not None
        if growth is None:
            table.setRowCount(0)
            return
        shown = leading_series(growth, self.session.examination.task)
        table.setColumnCount(1 + len(shown))
        table.setHorizontalHeaderLabels([_("When"), *map(_title, shown)])
        for column, series in enumerate(shown, start=1):
            table.horizontalHeaderItem(column).setToolTip(series.measurements[0].name)
            font = table.font
            font.setPointSizeF(0.85 * font.pointSizeF())
            table.horizontalHeaderItem(column).setFont(font)
        table.setRowCount(len(growth.examinations) + 1)
        last = growth.examinations[-1].days
        for row, examination in enumerate(growth.examinations):
            when = (
                _("this one")
                if row == len(growth.examinations) - 1
                else _("−{days} d").format(days=last - examination.days)
            )
            table.setItem(row, 0, qt.QTableWidgetItem(when))
            for column, series in enumerate(shown, start=1):
                table.setItem(row, column, _number(display_value(series.measurements[row])))
        table.setItem(len(growth.examinations), 0, qt.QTableWidgetItem(_("change")))
        for column, series in enumerate(shown, start=1):
            table.setItem(len(growth.examinations), column, _number(_change(series)))

    def _drawCurve(self) -> None:
        self.ui.curveLabel.visible = self.ui.growthWarningsLabel.visible = self._growth is not None
        if self._growth is None:
            return
        picture = qt.QPixmap()
        svg = growth_curve_svg(self._growth, self.session.examination.task, stacked=True, width_px=_CURVE_WIDTH)
        if picture.loadFromData(svg.encode(), "SVG"):
            self.ui.curveLabel.setPixmap(picture)
        self.ui.growthWarningsLabel.text = "\n".join(each.text for each in self._growth.warnings)


def _title(series: Series) -> str:
    """Return a short heading; the whole name is its tool tip."""
    measurement = series.measurements[0]
    if measurement.unit == "mm":
        return _("Diameter")
    return measurement.name.removesuffix(" tumor").replace(", ", ",\n")


def _number(text: str) -> Any:
    item = qt.QTableWidgetItem(text)
    item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
    item.setToolTip(text)
    return item


def _change(series: Series) -> str:
    """Return the change since the earliest examination: of a diameter in millimeters, of a volume in percent."""
    change = series.change(Reference.BASELINE, len(series.measurements) - 1)
    figure = change.delta if series.measurements[0].unit == "mm" else change.percent
    if figure.value is None:
        return figure.reason or ""
    return f"{signed(figure.value, figure.unit)} {figure.unit}"
