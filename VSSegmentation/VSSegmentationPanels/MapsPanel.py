"""Seeing why: what the network said of each voxel and where it looked, as colors over the scan; off by default."""

from collections.abc import Callable
from typing import Any

import qt
from slicer.i18n import tr as _

from VSSegmentationLib.scene.maps import LEAST_SHOWN, MAP_ATTRIBUTE, map_colors
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.MapOverlay import MapOverlay
from VSSegmentationPanels.MapWords import legendOf, meaningOf, titleOf
from VSSegmentationPanels.Panel import Panel
from VSSegmentationPanels.Session import Session

_KEEP_SETTING = "VSSegmentation/keepMaps"
_BAR_WIDTH, _BAR_HEIGHT = 256, 14


class MapsPanel(Panel):
    """Keep, choose, show, opacity, and what it means."""

    uiName = "MapsPanel"

    def __init__(self, session: Session, resourcePath: Callable[[str], str]) -> None:
        self.overlay = MapOverlay()
        super().__init__(session, resourcePath)

    def setup(self) -> None:
        """Draw the bar of colors and connect the widgets."""
        self.ui.barLabel.setPixmap(_bar())
        self.ui.lowLabel.text = _("{least} little; below, nothing is drawn").format(least=LEAST_SHOWN)
        self.ui.highLabel.text = _("much 1.0")
        self.session.wantsMaps = self.session.settings.value(_KEEP_SETTING) == "1"
        self.ui.keepBox.checked = self.session.wantsMaps
        self.ui.keepBox.connect("toggled(bool)", self._onKeep)
        self.ui.mapBox.connect("currentIndexChanged(int)", lambda _index: self._show())
        self.ui.showMapBox.connect("toggled(bool)", lambda _on: self._show())
        self.ui.opacitySlider.connect("valueChanged(int)", lambda value: self.overlay.setOpacity(value / 100))
        self.update()

    def update(self) -> None:
        """Offer the maps of the examination at hand, or say why there are none; none is shown unasked."""
        self.ui.showMapBox.checked = False
        box = self.ui.mapBox
        blocked = box.blockSignals(True)
        box.clear()
        for node in self._maps():
            name = node.GetAttribute(MAP_ATTRIBUTE)
            box.addItem(titleOf(name), name)
        box.blockSignals(blocked)
        reason = self._reason()
        for widget, tip in (
            (self.ui.showMapBox, _("Lay the chosen map over the scan, in the slice views that show this scan.")),
            (box, _("What is shown.")),
            (self.ui.opacitySlider, _("How much of the scan is seen through the map.")),
        ):
            self.enable(widget, reason, tip)
        self._say()

    def exit(self) -> None:
        """Take the colors away when the user opens another module."""
        self.ui.showMapBox.checked = False

    def sceneCloses(self) -> None:
        """Let go of nodes."""
        self.ui.showMapBox.checked = False

    def _maps(self) -> list[Any]:
        examination = self.session.examination
        return [] if examination is None else SegmentationAttributes.mapNodes(examination.segmentationNode)

    def _reason(self) -> str:
        if self.session.examination is None:
            return _("Segment a scan first.")
        if not self._maps():
            return _("No map was kept with this segmentation. Tick the box above, and press Segment again.")
        return ""

    def _onKeep(self, wanted: bool) -> None:
        self.session.wantsMaps = wanted
        self.session.settings.setValue(_KEEP_SETTING, "1" if wanted else "0")

    def _show(self) -> None:
        self.overlay.hide()
        node = next((n for n in self._maps() if n.GetAttribute(MAP_ATTRIBUTE) == self.ui.mapBox.currentData), None)
        if self.ui.showMapBox.checked and node is not None:
            title = legendOf(node.GetAttribute(MAP_ATTRIBUTE))
            opacity = self.ui.opacitySlider.value / 100
            examination = self.session.examination
            self.overlay.show(node, examination.volumeNode, examination.segmentationNode, title, opacity)
        self._say()

    def _say(self) -> None:
        chosen = self.ui.mapBox.currentData
        self.ui.meaningLabel.visible = bool(chosen)
        self.ui.meaningLabel.text = meaningOf(chosen) if chosen else ""
        examination = self.session.examination
        lacking = SegmentationAttributes.noAttention(examination.segmentationNode) if examination is not None else ""
        self.ui.lackingLabel.visible = bool(lacking)
        self.ui.lackingLabel.text = lacking


def _bar() -> Any:
    """Return the colors from low to high as a picture."""
    image = qt.QImage(_BAR_WIDTH, _BAR_HEIGHT, qt.QImage.Format_RGB32)
    for x, (red, green, blue) in enumerate(map_colors(_BAR_WIDTH).tolist()):
        color = qt.QColor(red, green, blue)
        for y in range(_BAR_HEIGHT):
            image.setPixelColor(x, y, color)
    return qt.QPixmap.fromImage(image)
