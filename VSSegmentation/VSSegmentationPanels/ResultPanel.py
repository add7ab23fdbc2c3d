"""What a surgeon wants to see first: the leading diameter and the volumes, directly below the button Segment."""

from html import escape
from typing import Any

from slicer.i18n import tr as _

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.value import shown_number
from VSSegmentationLib.reporting.report.words import display_policy, display_unit, number_with_unit
from VSSegmentationPanels.Changes import Told, changeSinceEarlier
from VSSegmentationPanels.LiveNumbers import Numbers
from VSSegmentationPanels.Panel import Panel, unbroken

_HEADLINE_SCALE = 1.6


class ResultPanel(Panel):
    """Headline with its reason, volumes, and how they changed. It lies in the section of the button."""

    uiName = "ResultPanel"

    def setup(self) -> None:
        """Listen to the numbers."""
        font = self.ui.headlineLabel.font
        font.setPointSizeF(_HEADLINE_SCALE * font.pointSizeF())
        font.setBold(True)
        self.ui.headlineLabel.font = font
        self.session.outdated.connect(self._onOutdated)
        self.session.measured.connect(self.update)
        self.session.compared.connect(self.update)
        self.update()

    def update(self) -> None:
        """Show the numbers as they are now; nothing while there are none."""
        numbers = self.session.numbers
        self.widget.visible = numbers is not None
        self._setGray(gray=False)
        if numbers is None:
            return
        lead = _headline(numbers)
        change = None if lead is None else changeSinceEarlier(self.session.growth, lead.id)
        self.ui.headlineLabel.text = _headlineText(numbers)
        self.ui.headlineNameLabel.text = unbroken(_named(lead, change))
        self.ui.headlineNameLabel.visible = bool(self.ui.headlineNameLabel.text)
        note = f" {numbers.headline.note}" if numbers.headline.note else ""
        self.ui.reasonLabel.text = unbroken(display_policy(numbers.headline) + note)
        self.ui.volumesLabel.text = self._volumes(numbers)
        self.ui.stateLabel.text = _("For research use only. Measurements must be checked by a qualified reader.")

    def _volumes(self, numbers: Numbers) -> str:
        """Return a table of the main volumes: name, value, unit, change."""
        wanted = self.session.examination.task.main_volumes
        rows = [each for name in wanted for each in numbers.measurements if each.id == name]
        return f'<table width="100%" cellspacing="0" cellpadding="2">{"".join(map(self._row, rows))}</table>'

    def _row(self, measurement: Measurement) -> str:
        name = escape(measurement.name)
        if measurement.value is None:
            return f'<tr><td>{name}</td><td colspan="3" align="right">{escape(_("not measurable"))}</td></tr>'
        value, unit = shown_number(measurement.value, measurement.unit), escape(display_unit(measurement.unit))
        change = changeSinceEarlier(self.session.growth, measurement.id)
        told = "" if change is None else f'<td align="right">{escape(change.text)}</td>'
        return f'<tr><td>{name}</td><td align="right"><b>{value}</b></td><td width="1%">&nbsp;{unit}</td>{told}</tr>'

    def _onOutdated(self) -> None:
        self._setGray(gray=True)
        self.ui.stateLabel.text = _("Measuring …")

    def _setGray(self, *, gray: bool) -> None:
        for widget in (self.ui.headlineLabel, self.ui.headlineNameLabel, self.ui.reasonLabel, self.ui.volumesLabel):
            widget.enabled = not gray


def _headline(numbers: Any) -> Measurement | None:
    """Return the measurement that leads, or None."""
    return next((each for each in numbers.measurements if each.id == numbers.headline.measurement_id), None)


def _headlineText(numbers: Numbers) -> str:
    headline = numbers.headline
    if headline.measurement_id is None:
        return _("No headline diameter")
    return _("not measurable") if headline.value_mm is None else number_with_unit(headline.value_mm, "mm")


def _named(lead: Measurement | None, change: Told | None) -> str:
    if lead is None:
        return ""
    if change is None:
        return lead.name
    absolute, bracket, percent = change.text.partition(" (")
    told = f"{absolute} {display_unit(lead.unit)}{bracket}{percent}"
    return _("{name}; {change} in {days} days").format(name=lead.name, change=told, days=change.days)
