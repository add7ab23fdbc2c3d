"""The module VSSegmentation of 3D Slicer: what it is called, its settings, and how its panels are put together."""

import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import qt
import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

try:
    import VSSegmentationLib
except ModuleNotFoundError:  # a module path of a developer: Slicer knows this folder only, not the one beside it
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    import VSSegmentationLib

from VSSegmentationPanels.CasePanel import CasePanel
from VSSegmentationPanels.Corrections import Corrections
from VSSegmentationPanels.EditPanel import EditPanel
from VSSegmentationPanels.FollowUpPanel import FollowUpPanel
from VSSegmentationPanels.ManyScansPanel import ManyScansPanel
from VSSegmentationPanels.MapsPanel import MapsPanel
from VSSegmentationPanels.MeasurementsPanel import MeasurementsPanel
from VSSegmentationPanels.PyTorchSetup import missingTorch
from VSSegmentationPanels.ReportFields import takeUpFormerNames, withReportFields
from VSSegmentationPanels.ReportPanel import ReportPanel
from VSSegmentationPanels.ResultPanel import ResultPanel
from VSSegmentationPanels.Samples import registerSamples
from VSSegmentationPanels.Segmenter import Segmenter
from VSSegmentationPanels.SegmentPanel import SegmentPanel
from VSSegmentationPanels.SelfTest import runSelfTest
from VSSegmentationPanels.Session import Session
from VSSegmentationPanels.StudyRunner import StudyRunner
from VSSegmentationPanels.WorkerClient import WorkerClient
from VSSegmentationPanels.WorkerProcess import WorkerProcess

from VSSegmentationLib.tasks import DEFAULT_TASK

TERMINOLOGY_FILES = ("VSSegmentation.term.json", "Glioma.term.json")
DOCUMENTATION = "https://github.com/ORGANIZATION/SlicerVestibularSchwannoma/blob/main/docs/user_guide/installation.md"


class VSSegmentation(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.parent.title = _("Vestibular Schwannoma Segmentation")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        self.parent.dependencies = ["Segmentations", "SegmentEditor", "SubjectHierarchy", "Markups", "Tables", "Plots"]
        self.parent.contributors = ["The VSSegmentation developers"]
        self.parent.helpText = _(
            "Segments a vestibular schwannoma on a T2 or contrast-enhanced T1 MRI, divides it at the porus into its "
            "intrameatal and extrameatal part, measures both and writes a report. For Slicer 5.10 to 5.13, on Windows, "
            "macOS and Linux. For research use only: not a medical device. "
            "<a href='{address}'>How to install it, and what to do if something fails</a>"
        ).format(address=DOCUMENTATION)
        self.parent.acknowledgementText = _(
            "Built on 3D Slicer. The embedded networks were trained on synthetic images only; see the card of each "
            "model."
        )
        slicer.app.connect("startupCompleted()", self._onStartup)

    def _onStartup(self) -> None:
        """Make terminology and sample known; neither opens a window nor reads a network."""
        for file in TERMINOLOGY_FILES:
            slicer.modules.terminologies.logic().LoadTerminologyFromFile(self.resourcePath(file))
        registerSamples(self.resourcePath("Icons/VSSegmentation.png"))


@parameterNodeWrapper
@withReportFields
class VSSegmentationParameterNode:
    """The settings that are saved with the scene, and the fields of the report that a person fills in."""

    inputVolume: vtkMRMLScalarVolumeNode
    segmentation: vtkMRMLSegmentationNode
    policy: Annotated[str, Choice(list(DEFAULT_TASK.headline_policies))] = DEFAULT_TASK.default_policy
    caseName: str = ""
    treatment: Annotated[str, Choice(["none", "radiosurgery", "surgery"])] = "none"
    treatmentDays: Annotated[int, WithinRange(0, 20000)] = 0
    reader: str = ""
    fieldsOf: vtkMRMLScalarVolumeNode
    """The scan that the fields shown were typed for."""
    fieldsAreOwn: bool = False
    """Whether the fields follow the scan; not so in scenes of earlier versions."""


class VSSegmentationWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panels, one below the other."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self._parameterNode: Any = None
        self._shownIn: Any = None
        """The parameter node that the widgets are connected with, by these tags."""
        self._guiTags: list[int] = []

    def setup(self) -> None:
        """Build the panels; called when the module is opened for the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        logging.info(
            "VSSegmentationLib %s from %s", VSSegmentationLib.__version__, Path(VSSegmentationLib.__file__).parent
        )
        self.logic = VSSegmentationLogic()
        self.client = WorkerClient(WorkerProcess, qt.QTimer.singleShot)
        self.session = Session(Segmenter(self.client), slicer.app.userSettings())
        self.casePanel = CasePanel(self.session, self.resourcePath)
        self.segmentPanel = SegmentPanel(
            self.session, self.resourcePath, self.client, lambda: str(self.casePanel.modality)
        )
        self.resultPanel = ResultPanel(self.session, self.resourcePath)
        self.segmentPanel.ui.resultFrame.layout().addWidget(self.resultPanel.widget)
        self.editPanel = EditPanel(self.session, self.resourcePath, Corrections(self.client))
        self.mapsPanel = MapsPanel(self.session, self.resourcePath)
        self.measurementsPanel = MeasurementsPanel(self.session, self.resourcePath)
        self.followUpPanel = FollowUpPanel(self.session, self.resourcePath)
        self.reportPanel = ReportPanel(self.session, self.resourcePath, self.followUpPanel.growth)
        self.studyClient = WorkerClient(WorkerProcess, qt.QTimer.singleShot)
        self.manyScansPanel = ManyScansPanel(self.session, self.resourcePath, StudyRunner(self.studyClient))
        sections = (
            self.casePanel, self.segmentPanel, self.editPanel, self.mapsPanel, self.measurementsPanel,
            self.followUpPanel, self.reportPanel, self.manyScansPanel,
        )  # fmt: skip
        for panel in sections:
            self.layout.addWidget(panel.widget)
        self.panels = (*sections, self.resultPanel)
        self.layout.addStretch(1)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.NodeRemovedEvent, self.onNodeRemoved)
        self.initializeParameterNode()

    def enter(self) -> None:
        """Take up work; called each time the user opens the module."""
        self.initializeParameterNode()
        for panel in self.panels:
            panel.enter()

    def exit(self) -> None:
        """Leave no effect and no key behind; called when the user opens another module."""
        for panel in self.panels:
            panel.exit()
        self.setParameterNode(None)

    def cleanup(self) -> None:
        """End the worker and let go of everything; called when Slicer closes or the module is reloaded."""
        self.setParameterNode(None)
        self._disconnectWidgets()
        self.removeObservers()
        for panel in self.panels:
            panel.cleanup()
        self.client.shutDown()

    def onReload(self) -> None:
        """Read the packages anew, too; called by the developer's button Reload."""
        for name in [each for each in sys.modules if each.startswith(("VSSegmentationLib", "VSSegmentationPanels"))]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def onSceneStartClose(self, _caller: Any, _event: str) -> None:
        """Let go of nodes; called just before the scene closes."""
        for panel in self.panels:
            panel.sceneCloses()
        self.setParameterNode(None)

    def onSceneEndClose(self, _caller: Any, _event: str) -> None:
        """Begin anew, if the module is open; called just after the scene has closed."""
        if self.parent.isEntered:
            self.enter()

    def onSceneEndImport(self, _caller: Any, _event: str) -> None:
        """Look at what a loaded scene brought along."""
        if self.parent.isEntered:
            self.setParameterNode(None)
            # Values are cached, and a node that one refers to may have come after the node that holds the reference.
            self.logic.getParameterNode().parameterNode.Modified()
            self.enter()

    def onNodeRemoved(self, _caller: Any, _event: str) -> None:
        """Let go of an examination whose scan or segmentation was removed."""
        examination = self.session.examination
        if examination is not None and not examination.isAlive:
            self.session.chooseVolume()

    def initializeParameterNode(self) -> None:
        """Make sure that there is a parameter node, and show it."""
        self.setParameterNode(self.logic.getParameterNode())

    def setParameterNode(self, parameterNode: Any) -> None:
        """Connect the widgets of all panels with a parameter node, or with none."""
        if (
            parameterNode is not None
            and self._parameterNode is not None
            and (parameterNode.parameterNode is self._parameterNode.parameterNode)
        ):
            return
        if self._parameterNode is not None:
            self.removeObserver(
                self._parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified
            )
        self.session.setParameterNode(None)
        self._parameterNode = parameterNode
        if parameterNode is not None:
            self._connectWidgets(parameterNode)
            self.session.setParameterNode(parameterNode)
            self.addObserver(parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified)

    def _connectWidgets(self, parameterNode: Any) -> None:
        """Connect the widgets of all panels with a parameter node, once: they stay so while another module is open.

        Slicer 5.10 leaves an observer behind for each time that widgets are disconnected.
        """
        if parameterNode is not self._shownIn:
            self._disconnectWidgets()
            self._guiTags = [parameterNode.connectGui(panel.ui) for panel in self.panels]
            self._shownIn = parameterNode

    def _disconnectWidgets(self) -> None:
        for tag in self._guiTags:
            self._shownIn.disconnectGui(tag)
        self._guiTags, self._shownIn = [], None

    def onParameterNodeModified(self, _caller: Any, _event: str) -> None:
        """Follow a change of the scan, of the headline policy, or of what is typed."""
        if slicer.mrmlScene.IsImporting():  # half of a scene; what it brought is looked at when it is there
            return
        self.session.chooseVolume()
        self.session.choosePolicy()


class VSSegmentationLogic(ScriptedLoadableModuleLogic):
    """What the module does without widgets lies in the panels' package, in Segmenter, Examination and LiveNumbers."""

    def __init__(self) -> None:
        super().__init__()
        self._wrapper: Any = None

    def getParameterNode(self) -> VSSegmentationParameterNode:
        """Return the settings of the scene; always the same object for the same node, since each one observes it."""
        node = super().getParameterNode()
        takeUpFormerNames(node)
        if self._wrapper is None or self._wrapper.parameterNode is not node:
            self._wrapper = VSSegmentationParameterNode(node)
        return self._wrapper


class VSSegmentationTest(ScriptedLoadableModuleTest):
    """A run through the module that a person starts with Reload and Test."""

    def setUp(self) -> None:
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self) -> None:
        """Load the sample, segment it with the embedded network, move the plane, take it back."""
        missing = missingTorch()
        if missing and slicer.app.testingEnabled():
            self.skipTest(missing)
        if missing:  # started by a person, whom a skipped test would look like an error to
            self.delayDisplay(missing)
            return
        self.setUp()
        runSelfTest(self.delayDisplay)
