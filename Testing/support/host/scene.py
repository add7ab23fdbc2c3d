"""The real MRML scene with its application logic and module logics, started as the Slicer application starts them."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer

MODULE_LOGICS = {
    "Annotations": "vtkSlicerAnnotationModuleLogic",
    "Cameras": "vtkSlicerCamerasModuleLogic",
    "Colors": "vtkSlicerColorLogic",
    "CropVolume": "vtkSlicerCropVolumeLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Models": "vtkSlicerModelsLogic",
    "Plots": "vtkSlicerPlotsLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "Sequences": "vtkSlicerSequencesLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Terminologies": "vtkSlicerTerminologiesModuleLogic",
    "Texts": "vtkSlicerTextsLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "Units": "vtkSlicerUnitsLogic",
    "VolumeRendering": "vtkSlicerVolumeRenderingLogic",
    "Volumes": "vtkSlicerVolumesLogic",
}
SLICE_VIEW_MANAGERS = (
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLTransformsDisplayableManager2D",
)
THREE_D_VIEW_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLThreeDReformatDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager3D",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLVolumeRenderingDisplayableManager",
)


@dataclass(frozen=True)
class Scene:
    """A scene and what works on it; nothing in here is a stand-in."""

    mrml: Any  # vtkMRMLScene
    application_logic: Any  # vtkSlicerApplicationLogic
    logics: dict[str, Any]  # by the name of the module
    io: tuple[Any, ...]  # remote and data IO, kept alive


def start_scene() -> Scene:
    """Return a new scene, connected as `qSlicerCoreApplication` connects it."""
    mrml = slicer.vtkMRMLScene()
    mrml.SetRootDirectory(str(Path.cwd()))
    application_logic = slicer.vtkSlicerApplicationLogic()
    application_logic.SetTemporaryPath(tempfile.gettempdir())
    io = _connect_io(mrml, application_logic)
    application_logic.SetMRMLScene(mrml)
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    mrml.AddNode(crosshair)
    logics = {}
    for name, class_name in MODULE_LOGICS.items():
        logic = logics[name] = getattr(slicer, class_name)()
        logic.SetMRMLApplicationLogic(application_logic)
        logic.SetMRMLScene(mrml)
        application_logic.SetModuleLogic(name, logic)
    application_logic.SetColorLogic(logics["Colors"])
    for factory_class, managers in (
        (slicer.vtkMRMLSliceViewDisplayableManagerFactory, SLICE_VIEW_MANAGERS),
        (slicer.vtkMRMLThreeDViewDisplayableManagerFactory, THREE_D_VIEW_MANAGERS),
    ):
        factory = factory_class.GetInstance()
        factory.SetMRMLApplicationLogic(application_logic)
        for manager in managers:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(mrml)
    return Scene(mrml, application_logic, logics, io)


def _connect_io(mrml: Any, application_logic: Any) -> tuple[Any, ...]:
    cache, manager = slicer.vtkCacheManager(), slicer.vtkDataIOManager()
    cache.SetRemoteCacheDirectory(tempfile.mkdtemp(prefix="slicer_host_cache_"))
    mrml.SetCacheManager(cache)
    remote, data = slicer.vtkMRMLRemoteIOLogic(), slicer.vtkDataIOManagerLogic()
    remote.SetMRMLApplicationLogic(application_logic)
    data.SetMRMLApplicationLogic(application_logic)
    data.SetAndObserveDataIOManager(manager)
    mrml.SetDataIOManager(manager)
    application_logic.SetMRMLSceneDataIO(mrml, remote, data)
    return cache, manager, remote, data
