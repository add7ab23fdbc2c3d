"""The real module on the host, with a scripted worker; and hands that click, type and wait."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from Testing.support.scripted_worker import SAMPLE, ScriptedWorker, truth
from Testing.support.toy_models import toy_refiner
from VSSegmentationLib.inference import save_model
from VSSegmentationLib.models import ModelCard, card_path, write_card

MODULE = Path(__file__).resolve().parents[3] / "VSSegmentation" / "VSSegmentation.py"
PATIENCE_SECONDS = 60


class Hands:
    """What a user does with a panel."""

    def __init__(self, host: Any) -> None:
        self._host = host

    def click(self, widget: Any) -> None:
        """Click into the middle of a widget with the left button, after scrolling to it."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        self.show(widget)
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        self._host.process_events()

    def tick(self, box: Any) -> None:
        """Click on the little square of a check box."""
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        self.show(box)
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height // 2))
        self._host.process_events()

    def show(self, widget: Any) -> None:
        """Unfold the sections that a widget lies in, and scroll to it."""
        area = widget.parentWidget()
        while area is not None and area.className() != "QScrollArea":
            if area.className() == "ctkCollapsibleButton" and area.collapsed:
                area.collapsed = False
                self._host.process_events()
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(widget)
        widget.window().activateWindow()  # as a window manager does at a click; off screen there is none
        self._host.process_events()

    def type(self, widget: Any, text: str) -> None:
        """Type into a widget."""
        from PySide6.QtTest import QTest

        self.show(widget)
        widget.setFocus()
        QTest.keyClicks(widget, text)
        self._host.process_events()

    def process(self) -> None:
        """Let everything be heard that was done."""
        self._host.process_events()

    def drag(self, view: Any, start_ras: Any, end_ras: Any) -> None:
        """Drag in a slice view with the left button, from one point of the world (RAS, mm) to another."""
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        def place(ras: Any) -> QPoint:
            x, y, _ = view.convertRASToXYZ(tuple(ras))
            return QPoint(round(x), view.height - 1 - round(y))

        start, end = place(start_ras), place(end_ras)
        QTest.mouseMove(view, start)
        self._host.process_events()
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, 11):
            QTest.mouseMove(view, start + (end - start) * step / 10)
            self._host.process_events()
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
        self._host.process_events()

    def wait(self, until: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> None:
        """Let the program go on until something is so."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, "it did not come to that in time"
            self._host.app.processEvents()


@pytest.fixture
def hands(slicer_host: Any) -> Hands:
    return Hands(slicer_host)


@pytest.fixture
def worker() -> ScriptedWorker:
    return ScriptedWorker()


@pytest.fixture
def widget(slicer_host: Any, module_widget: Any, worker: ScriptedWorker) -> Iterator[Any]:
    """The module's widget, opened, with the scripted worker."""
    slicer_host.app.userSettings().clear()
    made = module_widget(MODULE)
    made.client._startProcess = made.studyClient._startProcess = worker.start
    yield made
    if slicer_host.app.moduleManager().module("VSSegmentation") is not None:
        slicer_host.window.moduleSelector().selectModule("")


@pytest.fixture
def load_sample(widget: Any) -> Callable[[int], Any]:
    """Load one of the two examinations of the sample, and choose it."""

    def load(number: int) -> Any:
        import slicer

        node = slicer.util.loadVolume(str(SAMPLE / f"exam{number}_t2.nii.gz"), properties={"name": f"Head {number} T2"})
        slicer.util.setSliceViewerLayers(background=node, fit=True)
        widget.casePanel.ui.inputSelector.setCurrentNode(node)
        return node

    return load


@pytest.fixture
def segmented(widget: Any, hands: Hands, load_sample: Callable[[int], Any]) -> Any:
    """The module after the first examination of the sample was segmented."""
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    return widget


@pytest.fixture
def compared(segmented: Any, worker: ScriptedWorker, hands: Hands, load_sample: Callable[[int], Any]) -> Any:
    """The second examination at hand, with the first as an earlier one."""
    first = segmented.session.examination.segmentationNode
    worker.labelmap = truth(2)
    load_sample(2)
    hands.wait(lambda: segmented.session.examination is None)
    hands.wait(lambda: not segmented.client.isBusy)
    hands.click(segmented.segmentPanel.ui.segmentButton)
    hands.wait(lambda: segmented.session.examination is not None)
    ui = segmented.followUpPanel.ui
    ui.followUpSection.collapsed = False
    ui.priorSelector.setCurrentNode(first)
    hands.type(ui.daysEdit, "400")
    hands.click(ui.addPriorButton)
    return segmented


@pytest.fixture
def refiner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that answers clicks, in a folder of models."""
    path = tmp_path / "toy-refiner.pt"
    sha256 = save_model(path, toy_refiner())
    card = ModelCard(
        name="toy-refiner", version="1", role="refiner", sha256=sha256, modality="unknown", labels={"4": "tumor"},
        spacing_dhw_mm=(1.5, 0.5, 0.5), trained_on="nothing", license="Apache-2.0",
    )  # fmt: skip
    write_card(card_path(path), card)
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", str(tmp_path))
    return path


@pytest.fixture
def armed(refiner: Path, segmented: Any, hands: Hands) -> Any:
    """The module taking clicks to add."""
    segmented.editPanel.ui.editSection.collapsed = False
    hands.click(segmented.editPanel.ui.addHereButton)
    assert segmented.editPanel.ui.addHereButton.checked
    return segmented
