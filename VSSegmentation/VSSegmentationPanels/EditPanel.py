"""Correcting by hand: Slicer's own Segment Editor for the mask, and a plane for the division, where there is one."""

from collections.abc import Callable
from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.measurement import MeatalPlane, NoPlane
from VSSegmentationLib.scene import unmeasured_segments
from VSSegmentationLib.tasks import DEFAULT_TASK, Boundary
from VSSegmentationPanels.ClickControls import ClickControls
from VSSegmentationPanels.Corrections import Corrections
from VSSegmentationPanels.EditorKeys import EditorKeys
from VSSegmentationPanels.Examination import Examination
from VSSegmentationPanels.Panel import Panel, unbroken
from VSSegmentationPanels.PlaneInViews import PlaneInViews
from VSSegmentationPanels.Session import Session

STEP_MM = 0.5
UNDO_STATES = 20
_EDITOR_TAG = "VSSegmentation"
_EFFECTS = ("Paint", "Draw", "Erase", "Islands", "Smoothing", "Scissors")


class EditPanel(Panel):
    """The embedded editor and the plane between two parts."""

    uiName = "EditPanel"

    def __init__(self, session: Session, resourcePath: Callable[[str], str], corrections: Corrections) -> None:
        self.corrections = corrections
        super().__init__(session, resourcePath)

    def setup(self) -> None:
        """Make the editor, in the order that it needs: node, scene, effects."""
        import qSlicerSegmentationsModuleWidgetsPythonQt  # noqa: F401, PLC0415 -- makes the widget class known

        self._planeInViews: PlaneInViews | None = None
        self.editor = slicer.qMRMLSegmentEditorWidget()
        self.editor.setMaximumNumberOfUndoStates(UNDO_STATES)
        self.editor.setEffectNameOrder(list(_EFFECTS))
        self.editor.unorderedEffectsVisible = False
        self.editor.setSegmentationNodeSelectorVisible(False)
        self.editor.setSourceVolumeNodeSelectorVisible(False)
        self.editor.setSwitchToSegmentationsButtonVisible(False)
        # What is measured are the segments of the label set, all on the grid of the scan and without overlap: no other
        # segments, grids or ways of overwriting are offered. Show 3D only shows.
        self.editor.setAddRemoveSegmentButtonsVisible(False)
        self.editor.setSpecifyGeometryButtonVisible(False)
        self.editor.setMaskingSectionVisible(False)
        self.editor.setMRMLSegmentEditorNode(_editorNode())
        self.editor.setMRMLScene(slicer.mrmlScene)
        self.ui.editorFrame.layout().addWidget(self.editor)
        self.clicks = ClickControls(self, self.corrections)
        self._keys = EditorKeys(self.editor, self.widget, self.clicks.disarm)
        factory = slicer.qSlicerSegmentEditorEffectFactory.instance()
        factory.connect("effectRegistered(QString)", self._onEffectRegistered)
        self.ui.smoothButton.connect("clicked()", self._onSmooth)
        self.ui.minusButton.connect("clicked()", lambda: self._change(lambda: self.session.live.nudge(-STEP_MM)))
        self.ui.plusButton.connect("clicked()", lambda: self._change(lambda: self.session.live.nudge(STEP_MM)))
        self.ui.flipButton.connect("clicked()", lambda: self._change(self.session.live.flip))
        self.ui.refitButton.connect("clicked()", lambda: self._change(self.session.live.refit))
        self.ui.showPlaneBox.connect("toggled(bool)", self._onShowPlane)
        self.session.measured.connect(self._showPlane)
        self.update()

    def update(self) -> None:
        """Show the segmentation at hand in the editor."""
        examination, live = self.session.examination, self.session.live
        self.ui.editorFrame.visible = examination is not None
        self.ui.editEmptyLabel.visible = examination is None
        self.ui.smoothButton.visible = examination is not None
        if self.editor.mrmlSegmentEditorNode() is not None:
            self.editor.setSegmentationNode(examination.segmentationNode if examination is not None else None)
            if examination is not None:
                self.editor.setSourceVolumeNode(examination.volumeNode)
        if live is not None:
            live.saveForUndo = self.editor.saveStateForUndo
            live.toolName = self._toolName
        self.clicks.update()
        self._showPlane()

    def enter(self) -> None:
        """Take the editor's node, keys and effects back."""
        self.editor.setMRMLSegmentEditorNode(_editorNode())
        self.editor.setupViewObservations()
        self._keys.install()
        self.clicks.enter()
        self.editor.updateWidgetFromMRML()
        self.update()

    def exit(self) -> None:
        """Leave no effect, key or observation behind."""
        self.editor.setActiveEffect(None)
        self._keys.uninstall()
        self.clicks.exit()
        self.editor.removeViewObservations()
        self._drawPlane(None)

    def sceneCloses(self) -> None:
        """Forget the nodes."""
        self.clicks.exit()
        self._drawPlane(None)
        self.editor.setSegmentationNode(None)
        self.editor.removeViewObservations()
        self.editor.setMRMLSegmentEditorNode(None)

    def cleanup(self) -> None:
        """Listen to nobody."""
        factory = slicer.qSlicerSegmentEditorEffectFactory.instance()
        factory.disconnect("effectRegistered(QString)", self._onEffectRegistered)

    def _onEffectRegistered(self, _name: str) -> None:
        self.editor.updateEffectList()

    def _toolName(self) -> str:
        effect = self.editor.activeEffect()
        return effect.name.lower() if effect is not None else "edit"

    def _change(self, what: Any) -> None:
        with self.attempt("changing the plane", _("The plane could not be changed.")):
            what()

    def _onSmooth(self) -> None:
        """Smooth the whole tumor; Slicer's own smoothing works on one segment, and makes it smaller."""
        with self.attempt("smoothing", _("The outline could not be smoothed.")):
            if self.session.live.smooth():
                self.session.journal.note("the outline was smoothed")

    def _onShowPlane(self, shown: bool) -> None:
        examination = self.session.examination
        if examination is not None and examination.planeNode is not None:
            examination.planeNode.SetDisplayVisibility(shown)
            self._drawPlane(examination)

    def _drawPlane(self, examination: Examination | None) -> None:
        """Draw the plane of an examination in the slice views, if it is shown; nothing for None."""
        node = examination.planeNode if examination is not None else None
        if node is not None and not node.GetDisplayVisibility():
            node = None
        if self._planeInViews is not None and self._planeInViews.planeNode is not node:
            self._planeInViews.remove()
            self._planeInViews = None
        if node is not None and self._planeInViews is None:
            live = self.session.live
            names = examination.task.boundary.parts
            self._planeInViews = PlaneInViews(node, names, live.dragBegins, live.dragEnds)

    def _showPlane(self) -> None:
        examination = self.session.examination
        boundary = (DEFAULT_TASK if examination is None else examination.task).boundary
        self._showUnmeasured()
        self._drawPlane(examination)
        hasTumor = examination is not None and examination.tumorCm3 > 0
        self.enable(
            self.ui.smoothButton, "" if hasTumor else _("There is no tumor to smooth."),
            _("Take spikes and dents of the outline away; the volume stays, and the parts follow the plane."),
        )  # fmt: skip
        self.ui.planeBox.visible = boundary is not None
        if boundary is not None:
            self._showBoundary(boundary)
        count = len(examination.log.edits) if examination is not None else 0
        self.ui.logLabel.visible = count > 0
        self.ui.logLabel.text = _("Changes by hand so far: {count}. Each is listed in the report.").format(count=count)

    def _showUnmeasured(self) -> None:
        """Name the segments that were added beside the labels: a person may believe that they count."""
        examination = self.session.examination
        names = () if examination is None else unmeasured_segments(examination.segmentationNode)
        self.ui.unmeasuredLabel.visible = bool(names)
        self.ui.unmeasuredLabel.text = _(
            "Not measured, as no part of the tumor: {names}. What is painted into the tumor's own segments counts."
        ).format(names=", ".join(names))

    def _showBoundary(self, boundary: Boundary) -> None:
        examination = self.session.examination
        self.ui.planeBox.title = boundary.name
        plane = examination.plane if examination is not None else NoPlane(reason=_("Segment a scan first"))
        reason = _sentence(boundary, plane.reason) if isinstance(plane, NoPlane) else ""
        for button, tip in (
            (self.ui.minusButton, _("Move the plane 0.5 mm {where}.").format(where=boundary.behind)),
            (self.ui.plusButton, _("Move the plane 0.5 mm {where}.").format(where=boundary.in_front)),
            (self.ui.flipButton, _("Exchange the two sides of the plane.")),
        ):
            self.enable(button, reason, tip)
        ai = examination.automaticPlane if examination is not None else NoPlane(reason=_("Segment a scan first"))
        tip = _("Put the plane and the division back to what the model found; voxels painted by hand stay as painted.")
        self.enable(self.ui.refitButton, _sentence(boundary, ai.reason) if isinstance(ai, NoPlane) else "", tip)
        front, back = boundary.parts
        tip = _("The plane divides the tumor into its {back} and {front} part.").format(back=back, front=front)
        self.enable(self.ui.showPlaneBox, reason, tip)
        self.ui.planeLabel.text = "" if reason else unbroken(_describe(plane))
        self.ui.planeLabel.visible = not reason
        node = examination.planeNode if examination is not None else None
        blocked = self.ui.showPlaneBox.blockSignals(True)
        self.ui.showPlaneBox.checked = node is not None and bool(node.GetDisplayVisibility())
        self.ui.showPlaneBox.blockSignals(blocked)


def _editorNode() -> Any:
    """Return the module's own editor node, made at the first call: the user's Segment Editor keeps its own."""
    node = slicer.mrmlScene.GetSingletonNode(_EDITOR_TAG, "vtkMRMLSegmentEditorNode")
    if node is None:
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
        node.UnRegister(None)
        node.SetSingletonTag(_EDITOR_TAG)
        node = slicer.mrmlScene.AddNode(node)
    return node


def _describe(plane: MeatalPlane) -> str:
    if plane.source == "user":
        return _("Set by hand. Ctrl+Z takes back the plane, the mask and the numbers together.")
    return _("Fitted to the border of the two parts (they part from it by {rms:.1f} mm).").format(rms=plane.rms_mm)


def _sentence(boundary: Boundary, reason: str) -> str:
    name = boundary.name[:1].lower() + boundary.name[1:]
    return _("No {plane}: {reason}.").format(plane=name, reason=reason[:1].lower() + reason[1:])
