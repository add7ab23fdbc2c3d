"""Start the host once in a process, and load scripted modules on it."""

import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer
from PySide6 import QtCore, QtWidgets

from Testing.support.host import (
    application,
    attributes,
    namespaces,
    offscreen,
    parameter_node,
    scripted_module,
    slots,
    subject_hierarchy,
    translation,
    vtk_errors,
)
from Testing.support.host.files import qSlicerCoreIOManager, temporary_folder
from Testing.support.host.immortal_none import make_none_immortal
from Testing.support.host.layout import qSlicerLayoutManager
from Testing.support.host.scene import start_scene
from Testing.support.host.standin import state


@dataclass
class Host:
    """A running host. There is one in a process, since Qt, VTK and `slicer` are one each."""

    app: application.qSlicerApplication
    scene: Any
    window: application.qSlicerMainWindow

    def load_module(self, path: Path) -> Any:
        """Load a scripted module from its file, open its panel and return its Python widget object."""
        python = scripted_module.import_module_file(path)
        module = application.qSlicerScriptedLoadableModule()
        module.name, module.path = path.stem, str(path)
        getattr(python, path.stem)(module)
        state(module)["make_panel"] = lambda: _panel(getattr(python, f"{path.stem}Widget"))
        state(self.app.moduleManager()).setdefault("modules", {})[path.stem] = module
        setattr(slicer.modules, path.stem.lower(), module)
        self.window.moduleSelector().selectModule(path.stem)
        return module.widgetRepresentation().self()

    def unload_module(self, name: str) -> None:
        """Leave a module and let it clean up, as when Slicer ends."""
        module = self.app.moduleManager().module(name)
        selector = self.window.moduleSelector()
        if selector.selectedModule == name:
            selector.selectModule("")
        self.app.moduleManager().moduleAboutToBeUnloaded.emit(name)
        if "panel" in state(module):
            module.widgetRepresentation().deleteLater()
        del state(self.app.moduleManager())["modules"][name]
        delattr(slicer.modules, name.lower())
        settings = self.scene.mrml.GetSingletonNode(name, "vtkMRMLScriptedModuleNode")
        if settings is not None:  # where Slicer ends, too; here whatever observes it would go on for the next module
            self.scene.mrml.RemoveNode(settings)
        self.process_events()

    def process_events(self) -> None:
        """Let Qt do what is waiting, and what that brings about."""
        for _ in range(3):
            self.app.processEvents()
            self.app.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete.value)

    def screenshot(self, path: Path) -> None:
        """Write a picture of the whole window with everything drawn."""
        self.window.show()
        self.process_events()
        slicer.util.forceRenderAllViews()
        self.process_events()
        path.parent.mkdir(parents=True, exist_ok=True)
        assert self.window.grab().save(str(path)), path

    @contextmanager
    def message_boxes(self) -> Iterator[None]:
        """Show message boxes in the block, as Slicer does for users; outside they are only logged."""
        state(self.app)["testing"] = False
        try:
            yield
        finally:
            state(self.app)["testing"] = True

    def take_failures(self) -> list[str]:
        """Return exceptions from slots and observers, and error lines of VTK, since the last call."""
        return slots.failures.take() + vtk_errors.lines.take()

    def close(self) -> None:
        """End the render windows."""
        self.app.layoutManager()._finalize()


def _panel(widget_class: type) -> application.qSlicerScriptedLoadableModuleWidget:
    frame = application.qSlicerScriptedLoadableModuleWidget()
    QtWidgets.QVBoxLayout(frame)
    made = state(frame)["python"] = widget_class(frame)
    made.setup()
    return frame


_started: list[Host] = []


def start() -> Host:
    """Return the host, started at the first call.

    Raises:
        NoOffscreenRenderingError: If VTK could not render; it would end the process instead of saying so.
        RuntimeError: If another QApplication is there already.
    """
    if _started:
        return _started[0]
    make_none_immortal()
    offscreen.check()
    if QtWidgets.QApplication.instance() is not None:
        msg = "the host must make the QApplication itself: ask for `slicer_host` before `qtbot` or `qapp`"
        raise RuntimeError(msg)
    attributes.install()
    app = application.qSlicerApplication([])
    app.setApplicationName("Slicer")
    app.setOrganizationName("slicer.org")
    with vtk_errors.expected_at_start():
        scene = start_scene()
    slicer.mrmlScene, slicer.app = scene.mrml, app
    subject_hierarchy.add_new_nodes(scene.mrml)
    slicer.modules = types.SimpleNamespace(
        **{name.lower(): application.core_module(name, logic) for name, logic in scene.logics.items()}
    )
    namespaces.install(parameter_node, scripted_module, translation)
    layout = qSlicerLayoutManager(scene.mrml, scene.application_logic)
    app._start(scene, layout, application.qSlicerModuleManager(), qSlicerCoreIOManager(scene), temporary_folder())
    window = application.qSlicerMainWindow(layout.viewport())
    state(app)["window"] = window
    _started.append(Host(app, scene, window))
    window.show()
    app.startupCompleted.emit()
    return _started[0]
