"""Which scan, of which weighting and side."""

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.imageio.evidence import Says
from VSSegmentationLib.imageio.scan import Modality
from VSSegmentationLib.imageio.weighting import name_evidence
from VSSegmentationLib.models import ModelCard
from VSSegmentationLib.scene.volumes import grid_of_node
from VSSegmentationLib.tasks import TaskInput, task_named
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Panel import Panel
from VSSegmentationPanels.Samples import loadSample

_MODALITIES = (Modality.T2, Modality.CE_T1, Modality.T1, Modality.UNKNOWN)
_OF_NAME = {Says.T2: Modality.T2, Says.CE_T1: Modality.CE_T1, Says.T1: Modality.T1}
_SIDES = (None, "left", "right")


class CasePanel(Panel):
    """Scan, weighting, side, pseudonym."""

    uiName = "CasePanel"

    def setup(self) -> None:
        """Fill the boxes."""
        self.ui.modalityBox.addItems(
            [_("T2"), _("T1 with contrast agent"), _("T1 without contrast agent"), _("not known")]
        )
        self.ui.sideBox.addItems([_("not determined"), _("left"), _("right")])
        self.ui.inputSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._onScan)
        self.ui.sideBox.connect("activated(int)", self._onSide)
        self.ui.sampleButton.connect("clicked()", self._onSample)
        self.ui.chooseButton.connect("clicked()", self._onChoose)
        self.ui.modalityBox.currentIndex = _MODALITIES.index(Modality.UNKNOWN)
        self.ui.modalityBox.connect("currentIndexChanged(int)", lambda _index: self._onModality())
        self.session.weightingAsked.connect(self._showQuestion)
        self._showQuestion()
        self._further: dict[str, tuple[Any, Any]] = {}
        self._alignBox: Any = None
        self.session.modelChosen.connect(self._onModel)
        self.session.measured.connect(self._showSide)

    def sceneCloses(self) -> None:
        """Forget the further scans."""
        for _label, selector in self._further.values():
            selector.setCurrentNode(None)

    def _onModel(self, card: ModelCard | None) -> None:
        """Offer a selector for each scan that the chosen model takes beside the first."""
        names = [] if card is None else list(card.inputs)[1:]
        self.session.optionalInputs = () if card is None else card.optional_inputs
        if names == list(self._further):
            self._tellOptional()
            return
        for label, selector in self._further.values():
            for widget in (label, selector):
                widget.setParent(None)
                widget.deleteLater()
        inputs = {each.name: each for each in task_named(card.task).inputs} if names else {}
        titles = {name: each.title for name, each in inputs.items()}
        self._further = {
            name: self._addSelector(name, titles.get(name, name), row) for row, name in enumerate(names, 1)
        }
        self.session.furtherInputs = dict.fromkeys(names)
        self._tellOptional()
        self._offerAlignment(len(names))
        for name, (_label, selector) in self._further.items():
            if name in inputs:
                selector.setCurrentNode(_onlyScanNamed(inputs[name]))

    def _tellOptional(self) -> None:
        """Say of each further scan whether the model runs without."""
        for name, (_label, selector) in self._further.items():
            selector.noneDisplay = _("None (may be left out)") if name in self.session.optionalInputs else _("None")

    def _offerAlignment(self, count: int) -> None:
        """Ask, below the selectors of further scans, whether scans that lie apart are moved onto the first."""
        self.session.wantsAlignment = False
        if self._alignBox is not None:
            self._alignBox.setParent(None)
            self._alignBox.deleteLater()
            self._alignBox = None
        if count:
            box = self._alignBox = qt.QCheckBox(_("Move scans that lie apart onto the first"))
            box.objectName = "alignBox"
            box.toolTip = _("By a rigid registration, which the report states. Else scans that lie apart are refused.")
            box.connect("toggled(bool)", self._onAlign)
            self.ui.caseSection.layout().insertRow(count + 1, "", box)

    def _onAlign(self, wanted: bool) -> None:
        self.session.wantsAlignment = wanted

    def _addSelector(self, name: str, title: str, row: int) -> tuple[Any, Any]:
        label, selector = qt.QLabel(f"{title}:"), slicer.qMRMLNodeComboBox()
        selector.objectName = f"furtherSelector_{name}"
        selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
        selector.noneEnabled, selector.addEnabled, selector.removeEnabled = True, False, False
        selector.toolTip = _("A further scan of the same examination, which the chosen model takes.")
        selector.setMRMLScene(slicer.mrmlScene)
        selector.setCurrentNode(None)
        selector.connect("currentNodeChanged(vtkMRMLNode*)", lambda node: self._onFurther(name, node))
        label.setBuddy(selector)
        self.ui.caseSection.layout().insertRow(row, label, selector)
        return label, selector

    def _onFurther(self, name: str, node: Any) -> None:
        self.session.furtherInputs[name] = node
        self.session.inputsChosen.emit()

    @property
    def modality(self) -> Modality:
        """The weighting as guessed or corrected."""
        return _MODALITIES[self.ui.modalityBox.currentIndex]

    def update(self) -> None:
        """Show scan and side."""
        node, examination = self.session.volumeNode, self.session.examination
        self.ui.scanLabel.text = (
            _describe(node)
            if node is not None
            else _(
                "To begin, load the sample or choose a scan: T2, or T1 with contrast agent. A DICOM folder can be "
                "dragged onto Slicer."
            )
        )
        self.ui.sampleButton.visible = self.ui.chooseButton.visible = node is None
        noScan = "" if node is not None else _("Weighting and side belong to a scan; none is chosen yet.")
        self.enable(
            self.ui.modalityBox,
            noScan,
            _(
                "Guessed from the name of the scan, or, if not known, told by the "
                "image; correct it where the guess is wrong."
            ),
        )
        reason = noScan or ("" if examination is not None else _("The side is known once the scan is segmented."))
        self.enable(self.ui.sideBox, reason, _("Of the canal that the tumor lies in; correct it where it is wrong."))
        earlier = ""
        if examination is not None:
            count = len(SegmentationAttributes.readEarlier(examination.segmentationNode))
            earlier = _("Earlier examinations in the comparison: {count}").format(count=count) if count else ""
        self._showSide()
        self.ui.earlierLabel.text = earlier
        self.ui.earlierLabel.visible = bool(earlier)

    def _showSide(self) -> None:
        examination = self.session.examination
        side = None if examination is None else examination.side
        self.ui.sideBox.currentIndex = _SIDES.index(side)

    def _onScan(self, node: Any) -> None:
        guess = Modality.UNKNOWN if node is None else guessModality(node.GetName())
        self.ui.modalityBox.currentIndex = _MODALITIES.index(guess)
        self.session.askWeighting("")

    def _onModality(self) -> None:
        self.session.modalityChosen.emit()
        if self.modality is not Modality.UNKNOWN:
            self.session.askWeighting("")

    def _showQuestion(self) -> None:
        """Ask for the weighting where neither the scan's name nor its image told it."""
        question = self.session.weightingQuestion
        self.ui.weightingLabel.visible = bool(question)
        if question:
            self.unfold()
        self.ui.weightingLabel.text = (
            _("{question}. Choose it above, then press Segment again.").format(question=question) if question else ""
        )

    def _onSide(self, index: int) -> None:
        examination = self.session.examination
        if examination is None:
            return
        examination.setSide(_SIDES[index])

    def _onSample(self) -> None:
        with self.attempt("loading the sample", _("The sample could not be loaded.")):
            node = loadSample()
            self.ui.inputSelector.setCurrentNode(node)
            slicer.util.setSliceViewerLayers(background=node, fit=True)
            self.session.journal.note("the sample was loaded")

    def _onChoose(self) -> None:
        """Let the user load a scan, and choose it if it is the only new one."""
        before = _scans()
        slicer.util.openAddDataDialog()
        new = [node for node in _scans() if node not in before]
        if len(new) == 1:
            self.ui.inputSelector.setCurrentNode(new[0])
            slicer.util.setSliceViewerLayers(background=new[0], fit=True)
        elif not new and before:
            self.ui.scanLabel.text = _("No scan was loaded. Those that are loaded already stand in the list above.")


def _scans() -> list[Any]:
    return [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if not node.IsA("vtkMRMLLabelMapVolumeNode")
    ]


def _onlyScanNamed(wanted: TaskInput) -> Any:
    """Return the scan whose name tells that it is what an input of a model needs; None if none or several do."""
    named = [node for node in _scans() if wanted.is_named_in(node.GetName())]
    return named[0] if len(named) == 1 else None


def guessModality(name: str) -> Modality:
    """Return the weighting that a scan's name tells; where it does not, the image is asked when it is segmented."""
    return _OF_NAME.get(name_evidence(name).says, Modality.UNKNOWN)


def _describe(node: Any) -> str:
    """Return size and spacing, or why the scan cannot be used."""
    try:
        grid = grid_of_node(node)
    except VSSegmentationError as error:
        return str(error)
    d, h, w = grid.shape
    across, down, right = grid.spacing_dhw_mm
    text = _("{w} × {h} × {d} voxels of {right:.2f} × {down:.2f} × {across:.2f} mm").format(
        w=w, h=h, d=d, right=right, down=down, across=across
    )
    if node.GetParentTransformNode() is not None:
        text += "\n" + _("The scan lies under a transform; results follow it, and lengths are measured as shown.")
    return text
