"""`slicer.app`, its main window and its module manager: a QApplication with a few of the things that Slicer's has."""

from types import SimpleNamespace
from typing import Any, ClassVar

import slicer
from PySide6 import QtCore, QtWidgets

from Testing.support.host.standin import qt_property, state

VERSION = (5, 12)
_DOCUMENTATION = "https://slicer.readthedocs.io/en/5.12"


class qSlicerApplication(QtWidgets.QApplication):
    """The application."""

    cxx_file: ClassVar = "Slicer/Base/QTCore/qSlicerCoreApplication.h and Slicer/Base/QTGUI/qSlicerApplication.h"
    startupCompleted = QtCore.Signal()

    def _start(self, scene: Any, layout_manager: Any, modules: Any, io_manager: Any, folder: str) -> None:
        """Fill the application; not in Slicer, where its own start does it."""
        QtCore.QSettings.setDefaultFormat(QtCore.QSettings.Format.IniFormat)
        for scope in (QtCore.QSettings.Scope.UserScope, QtCore.QSettings.Scope.SystemScope):
            QtCore.QSettings.setPath(QtCore.QSettings.Format.IniFormat, scope, folder)
        state(self).update(
            scene=scene, layout=layout_manager, modules=modules, io=io_manager, folder=folder, testing=True,
            settings=QtCore.QSettings(),
        )  # fmt: skip

    def mrmlScene(self) -> Any:
        """Return the scene."""
        return state(self)["scene"].mrml

    def applicationLogic(self) -> Any:
        """Return the vtkSlicerApplicationLogic."""
        return state(self)["scene"].application_logic

    def moduleLogic(self, name: str) -> Any:
        """Return the logic of a module."""
        return state(self)["scene"].logics.get(name)

    def layoutManager(self) -> Any:
        """Return the layout manager."""
        return state(self)["layout"]

    def moduleManager(self) -> Any:
        """Return the module manager."""
        return state(self)["modules"]

    def coreIOManager(self) -> Any:
        """Return what reads and writes files."""
        return state(self)["io"]

    def extensionsManagerModel(self) -> "qSlicerExtensionsManagerModel":
        """Return what installs extensions."""
        return state(self).setdefault("extensions", qSlicerExtensionsManagerModel())

    def userSettings(self) -> QtCore.QSettings:
        """Return the settings, which begin empty and are thrown away."""
        return state(self)["settings"]

    settings = userSettings

    def testingEnabled(self) -> bool:
        """Tell whether message boxes are left out, as with Slicer's option --testing."""
        return state(self)["testing"]

    def startupEnvironment(self) -> QtCore.QProcessEnvironment:
        """Return the environment that Slicer was started in."""
        return QtCore.QProcessEnvironment.systemEnvironment()

    environment = startupEnvironment

    def pauseRender(self) -> None:
        """Draw nothing for now."""
        self.applicationLogic().PauseRender()

    def resumeRender(self) -> None:
        """Draw again."""
        self.applicationLogic().ResumeRender()

    def moduleDocumentationUrl(self, name: str) -> str:
        """Return the page about a module."""
        return f"{_DOCUMENTATION}/user_guide/modules/{name.lower()}.html"

    majorVersion = QtCore.Property(int, lambda _: VERSION[0])
    minorVersion = QtCore.Property(int, lambda _: VERSION[1])
    documentationBaseUrl = QtCore.Property(str, lambda _: _DOCUMENTATION)
    temporaryPath = QtCore.Property(str, lambda self: state(self)["folder"])
    slicerHome = QtCore.Property(str, lambda self: state(self)["folder"])


class qSlicerScriptedLoadableModule(QtCore.QObject):
    """What Slicer's module manager knows of a scripted module; `parent` in its constructor."""

    cxx_file: ClassVar = "Slicer/Base/QTCore/qSlicerAbstractCoreModule.h"
    name = qt_property("QString", "name", "")
    path = qt_property("QString", "path", "")
    title = qt_property("QString", "title", "")
    categories = qt_property("QStringList", "categories", ())
    dependencies = qt_property("QStringList", "dependencies", ())
    contributors = qt_property("QStringList", "contributors", ())
    helpText = qt_property("QString", "helpText", "")
    acknowledgementText = qt_property("QString", "acknowledgementText", "")
    hidden = qt_property("bool", "hidden", False)
    icon = QtCore.Property(
        "QIcon", lambda self: state(self).get("icon"), lambda self, new: state(self).update(icon=new)
    )

    def widgetRepresentation(self) -> Any:
        """Return the module's panel, made when it is first asked for."""
        if "panel" not in state(self):
            state(self)["panel"] = state(self)["make_panel"]()
        return state(self)["panel"]


class qSlicerScriptedLoadableModuleWidget(QtWidgets.QWidget):
    """The frame of a scripted module's panel; `parent` in the constructor of its widget class."""

    cxx_file: ClassVar = "Slicer/Base/QTGUI/qSlicerScriptedLoadableModuleWidget.h"
    isEntered = QtCore.Property(bool, lambda self: state(self).get("entered", False))

    def self(self) -> Any:
        """Return the Python object."""
        return state(self).get("python")

    def enter(self) -> None:
        """Tell the module that its panel is shown."""
        state(self)["entered"] = True
        self._call("enter")

    def exit(self) -> None:
        """Tell the module that its panel is left."""
        state(self)["entered"] = False
        self._call("exit")

    def _call(self, name: str) -> None:
        what = getattr(self.self(), name, None)
        if what is not None:
            what()


class qSlicerExtensionsManagerModel(QtCore.QObject):
    """Installs extensions. There is no server here, so it fails as it does without a network."""

    cxx_file: ClassVar = "Slicer/Base/QTCore/qSlicerExtensionsManagerModel.h"

    def installExtensionFromServer(self, name: str, restart: bool = True, update: bool = False) -> bool:
        """Return whether an extension was installed."""
        return False


class qSlicerModuleManager(QtCore.QObject):
    """The modules that there are."""

    cxx_file: ClassVar = "Slicer/Base/QTCore/qSlicerModuleManager.h"
    moduleAboutToBeUnloaded = QtCore.Signal(str)

    def module(self, name: str) -> Any:
        """Return a module by its name, or None."""
        return state(self).setdefault("modules", {}).get(name)


class qSlicerMainWindow(QtWidgets.QMainWindow):
    """The module's panel on the left, the views on the right."""

    cxx_file: ClassVar = "Slicer/Base/QTApp/qSlicerMainWindow.h"

    def __init__(self, viewport: QtWidgets.QWidget) -> None:
        super().__init__()
        self.setObjectName("qSlicerMainWindow")
        self.setWindowTitle("3D Slicer (test host)")
        split, panel = QtWidgets.QSplitter(), QtWidgets.QScrollArea()
        panel.setWidgetResizable(True)
        panel.setMinimumWidth(420)
        split.addWidget(panel)
        split.addWidget(viewport)
        split.setStretchFactor(1, 1)
        self.setCentralWidget(split)
        state(self).update(panel=panel, selector=qSlicerModuleSelectorToolBar())
        self.resize(1280, 800)

    def moduleSelector(self) -> "qSlicerModuleSelectorToolBar":
        """Return what chooses the module."""
        return state(self)["selector"]


class qSlicerModuleSelectorToolBar(QtCore.QObject):
    """Chooses the module whose panel is shown."""

    cxx_file: ClassVar = "Slicer/Base/QTGUI/qSlicerModuleSelectorToolBar.h"
    selectedModule = qt_property("QString", "selectedModule", "")

    def selectModule(self, name: str) -> None:
        """Leave the module that is shown and enter another; an empty name only leaves."""
        manager, panel = slicer.app.moduleManager(), state(slicer.util.mainWindow())["panel"]
        if self.selectedModule and manager.module(self.selectedModule) is not None:
            manager.module(self.selectedModule).widgetRepresentation().exit()
            panel.takeWidget()
        state(self)["selectedModule"] = ""
        if name:
            frame = manager.module(name).widgetRepresentation()
            state(self)["selectedModule"] = name
            panel.setWidget(frame)
            frame.show()
            frame.enter()


def core_module(name: str, logic: Any) -> SimpleNamespace:
    """Return what `slicer.modules` has for a C++ module: its name and its real logic."""
    return SimpleNamespace(name=name, logic=lambda: logic)
