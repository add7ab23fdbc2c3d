"""Open the module beside real views on the embedded sample, work with it, and leave a picture of every step.

    python tools/make_module_pictures.py gui_demo_output

Runs on the Qt host of the tests (docs/testing_the_module.md), with the real worker and the embedded networks. Prints
how long the first and the second click took, and how long numbers take after an edit.
"""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from Testing.support.host import host as hosting
from Testing.support.host import offscreen

MODULE = Path(__file__).resolve().parents[1] / "VSSegmentation" / "VSSegmentation.py"
SAMPLE = Path(__file__).resolve().parents[1] / "VSSegmentationLib" / "models" / "sample"
PATIENCE_SECONDS = 600
SAMPLE_DAYS = 380
"""Between the two examinations of the sample, as its files are made."""


class Demo:
    """The module on the host, and a folder for pictures."""

    def __init__(self, folder: Path) -> None:
        self.host = hosting.start()
        self.folder = folder
        self.host.window.resize(1500, 1000)
        self.widget = self.host.load_module(MODULE)

    @property
    def sections(self) -> list[Any]:
        """The panels that can be folded."""
        return [panel for panel in self.widget.panels if _section(panel) is not None]

    def segment(self, number: int) -> float:
        """Load an examination of the sample, press Segment, and return the seconds until it is shown."""
        import slicer  # noqa: PLC0415 -- complete once the host has started

        path = SAMPLE / f"exam{number}_t2.nii.gz"
        node = slicer.util.loadVolume(str(path), properties={"name": f"Synthetic head {number} T2"})
        slicer.util.setSliceViewerLayers(background=node, fit=True)
        self.widget.casePanel.ui.inputSelector.setCurrentNode(node)
        return self.press_segment()

    def press_segment(self) -> float:
        """Press Segment and return the seconds until the result is shown."""
        begun = time.perf_counter()
        self.widget.segmentPanel.ui.segmentButton.click()
        self.wait(lambda: not self.widget.session.segmenter.isRunning)
        assert self.widget.session.examination is not None, self.widget.segmentPanel.ui.statusLabel.text
        self.wait(lambda: not self.widget.client.isBusy)
        return time.perf_counter() - begun

    def wait(self, until: Callable[[], Any]) -> None:
        """Let the program go on until something is so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not until():
            assert time.monotonic() < end, "it did not come to that in time"
            self.host.app.processEvents()
            time.sleep(0.01)

    def window(self, name: str) -> None:
        """Keep a picture of the whole window."""
        self.host.screenshot(self.folder / f"{name}.png")

    def open_only(self, *panels: Any) -> None:  # noqa: ANN401
        """Open some panels and fold the others."""
        for panel in self.sections:
            _section(panel).collapsed = panel not in panels
        self.host.process_events()

    def panel(self, panel: Any) -> None:  # noqa: ANN401 -- of the module, which is loaded later
        """Keep a picture of one panel, opened, under its own name."""
        _section(panel).collapsed = False
        self.host.process_events()
        name = re.sub("(?<!^)([A-Z])", r"_\1", panel.uiName.removesuffix("Panel")).lower()
        assert panel.widget.grab().save(str(self.folder / f"panel_{name}.png"))

    def close_up(self, width_mm: float) -> None:
        """Show the slices round the middle of the plane as wide as told."""
        import slicer  # noqa: PLC0415 -- complete once the host has started

        where = self.widget.session.examination.plane.origin_ras_mm
        slicer.modules.markups.logic().JumpSlicesToLocation(*where, True)  # noqa: FBT003 -- Slicer's own call
        for name in ("Red", "Green", "Yellow"):
            node = slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode()
            width, height, _ = node.GetDimensions()
            node.SetFieldOfView(width_mm, width_mm * height / width, 1.0)


def _section(panel: Any) -> Any:  # noqa: ANN401
    return next((child for child in panel.widget.children() if child.className() == "ctkCollapsibleButton"), None)


def main(folder: Path) -> None:
    """Make all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    demo = Demo(folder)
    widget = demo.widget
    demo.window("module_empty")
    widget.mapsPanel.ui.keepBox.click()
    cold = demo.segment(1)
    first = widget.session.examination.segmentationNode
    warm = demo.segment(2)
    ui = widget.followUpPanel.ui
    ui.priorSelector.setCurrentNode(first)
    ui.daysEdit.text = str(SAMPLE_DAYS)
    ui.addPriorButton.click()
    row = next(i for i, m in enumerate(widget.session.numbers.measurements) if m.id == "em_max_axial")
    widget.measurementsPanel.ui.measurementTable.selectRow(row)
    widget.measurementsPanel._jump(row)
    demo.window("module_segmented")
    demo.open_only(widget.segmentPanel, widget.editPanel)
    demo.close_up(60.0)
    widget.editPanel.ui.showPlaneBox.click()
    begun = time.perf_counter()
    widget.editPanel.ui.plusButton.click()
    edit = time.perf_counter() - begun
    demo.window("module_plane")
    widget.editPanel.ui.showPlaneBox.click()
    demo.open_only(widget.mapsPanel)
    widget.mapsPanel.ui.showMapBox.click()
    demo.window("module_maps")
    widget.mapsPanel.ui.showMapBox.click()
    for panel in demo.sections:
        demo.panel(panel)
    demo.open_only(widget.followUpPanel)
    ui.growthTable.selectRow(0)
    ui.linkButton.click()
    demo.window("module_side_by_side")
    ui.linkButton.click()
    print(f"first click {cold:.1f} s, second click {warm:.1f} s, plane moved to new numbers {edit:.2f} s")
    demo.host.unload_module("VSSegmentation")
    failures = demo.host.take_failures()
    demo.host.close()
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    offscreen.check()
    main(Path(sys.argv[1]))
