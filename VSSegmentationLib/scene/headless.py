"""A scene without the application: what Slicer's logics register at start-up, as far as nodes and files need it."""

from collections.abc import Iterator
from contextlib import contextmanager

import slicer
import vtk

_LOGICS = (
    slicer.vtkMRMLColorLogic,
    slicer.vtkSlicerVolumesLogic,
    slicer.vtkSlicerSegmentationsModuleLogic,
    slicer.vtkSlicerMarkupsLogic,
    slicer.vtkSlicerSubjectHierarchyModuleLogic,
    slicer.vtkSlicerTablesLogic,
    slicer.vtkSlicerPlotsLogic,
)


class HeadlessScene:
    """A scene with the logics that register its kinds of nodes; the application has its own and never needs this."""

    def __init__(self) -> None:
        self.scene = slicer.vtkMRMLScene()
        for kind in ("vtkMRMLSelectionNode", "vtkMRMLInteractionNode"):  # markups ask for both
            node = self.scene.CreateNodeByClass(kind)
            node.UnRegister(None)
            node.SetSingletonTag("Singleton")
            self.scene.AddNode(node)
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene)
        self._logics = [logic() for logic in _LOGICS]  # alive as long as the scene
        for logic in self._logics:
            logic.SetMRMLScene(self.scene)

    def close(self) -> None:
        """Let go of all nodes."""
        self.scene.Clear(1)


@contextmanager
def collected_errors() -> Iterator[list[str]]:
    """Give a list that fills with what VTK and MRML call an error: they print errors and raise none."""
    errors: list[str] = []

    @vtk.calldata_type(vtk.VTK_STRING)  # type: ignore[untyped-decorator]
    def keep(_caller: object, _event: str, text: str) -> None:
        errors.append(text.strip())

    former = vtk.vtkOutputWindow.GetInstance()
    window = vtk.vtkStringOutputWindow()
    window.AddObserver("ErrorEvent", keep)
    vtk.vtkOutputWindow.SetInstance(window)
    vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)  # paths, and paths may name patients
    try:
        yield errors
    finally:
        vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_INFO)
        vtk.vtkOutputWindow.SetInstance(former)
