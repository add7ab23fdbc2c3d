"""What the module's printing sees of Slicer: `qt`, `slicer` and a web widget as Slicer's own source has it.

Runs in an environment of its own (`make test-webengine`): Qt's web engine comes with another PySide6 than the one that
the tests of the module are pinned to. Read in Slicer's Base/QTGUI/qSlicerWebWidget.cxx: `url` is set by a text,
`printToPdf` hands path and layout on, and both signals are the web engine's own.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
web = pytest.importorskip(
    "PySide6.QtWebEngineWidgets", reason="Qt's web engine is in an environment of its own: make test-webengine"
)
from PySide6 import QtGui, QtWidgets  # noqa: E402 - only where the web engine is

ROOT = Path(__file__).resolve().parents[2]


class qSlicerWebWidget(QtWidgets.QWidget):  # noqa: N801 - Slicer's name
    """A web view with the few names of Slicer's that the module uses."""

    def __init__(self) -> None:
        super().__init__()
        self._view = web.QWebEngineView(self)

    def connect(self, signal: str, slot: Callable[..., None]) -> None:
        getattr(self._view.page(), signal.partition("(")[0]).connect(slot)

    def setUrl(self, url: str) -> None:
        self._view.setUrl(QtCore.QUrl(url))

    url = property(None, setUrl)

    def setHtml(self, html: str) -> None:
        self._view.setHtml(html)

    def printToPdf(self, path: str, *layout: QtGui.QPageLayout) -> None:
        self._view.page().printToPdf(path, *layout)


class _Timer:
    """A timer with PythonQt's `connect`, which PySide has a use of its own for."""

    def __init__(self) -> None:
        self._timer = QtCore.QTimer()
        self.setSingleShot, self.start, self.stop = self._timer.setSingleShot, self._timer.start, self._timer.stop

    def connect(self, _signal: str, slot: Callable[[], None]) -> None:
        self._timer.timeout.connect(slot)


class _Loop(QtCore.QEventLoop):
    def exec_(self) -> int:
        return self.exec()


@pytest.fixture(scope="session")
def application() -> QtWidgets.QApplication:
    return QtWidgets.QApplication.instance() or QtWidgets.QApplication([])


@pytest.fixture
def printing(application: QtWidgets.QApplication) -> Iterator[ModuleType]:
    """The module's file `PdfPrinting`, loaded as Slicer loads it."""
    qt = ModuleType("qt")
    for names in (QtCore, QtGui, QtWidgets):
        vars(qt).update({name: getattr(names, name) for name in dir(names) if name.startswith("Q")})
    qt.QTimer, qt.QEventLoop = _Timer, _Loop
    slicer, i18n = ModuleType("slicer"), ModuleType("slicer.i18n")
    slicer.qSlicerWebWidget, i18n.tr = qSlicerWebWidget, lambda text: text
    stand_ins = {"qt": qt, "slicer": slicer, "slicer.i18n": i18n}
    folder = str(ROOT / "VSSegmentation")
    before = {name: sys.modules.get(name) for name in stand_ins}
    sys.modules.update(stand_ins)
    sys.path.insert(0, folder)
    try:
        import VSSegmentationPanels.PdfPrinting as module  # noqa: PLC0415 - after the stand-ins

        yield module
    finally:
        QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete.value)  # before Qt itself goes
        sys.path.remove(folder)
        sys.modules.pop("VSSegmentationPanels.PdfPrinting", None)
        for name, former in before.items():
            if former is None:
                del sys.modules[name]
            else:
                sys.modules[name] = former
