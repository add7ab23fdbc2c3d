"""Clicking on a tumor in slice views of the module with a real mouse."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from Testing.support.scripted_worker import truth
from Testing.support.view_pixels import second_of_two_clicks
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS


def center(labelmap: Any) -> NDArray[np.float64]:
    """The middle of a tumor (RAS, mm)."""
    index = np.argwhere(labelmap.array > 0).mean(axis=0)
    return labelmap.dhw_to_ras[:3, :3] @ index + labelmap.dhw_to_ras[:3, 3]


def beside(r: float, a: float, s: float) -> NDArray[np.float64]:
    """So many mm from the middle of the tumor."""
    return center(truth(1)) + np.array([r, a, s])


def view_at(name: str, place: Any, width_mm: float = 60) -> Any:
    """A slice view that shows a place, close enough to work in."""
    import slicer  # noqa: PLC0415 -- there once the host has started

    view = slicer.app.layoutManager().sliceWidget(name).sliceView()
    view.mrmlSliceNode().SetFieldOfView(width_mm, width_mm * view.height / view.width, 1)
    view.mrmlSliceNode().JumpSliceByCentering(*place)
    view.forceRender()
    return view


def point_at(view: Any, ras: Any) -> Any:
    """Where in a view a place is."""
    from PySide6.QtCore import QPoint  # noqa: PLC0415 -- there once the host has started

    x, y, _ = view.convertRASToXYZ(tuple(ras))
    return QPoint(round(x), view.height - 1 - round(y))


def click(hands: Any, view: Any, ras: Any, *, twice: bool = False, modifier: Any = None) -> None:
    """Click once, or twice in quick succession, perhaps with a key held."""
    from PySide6.QtCore import Qt  # noqa: PLC0415 -- there once the host has started
    from PySide6.QtTest import QTest  # noqa: PLC0415 -- there once the host has started

    held = modifier or Qt.KeyboardModifier.NoModifier
    place = point_at(view, ras)
    QTest.mouseMove(view, place)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, held, place)
    if twice:
        second_of_two_clicks(view, place)
    hands.process()


def requests(worker: Any) -> list[dict[str, Any]]:
    """Those that ask to correct."""
    return [each for each in worker.requests if each["do"] == "refine"]


def tumor(widget: Any) -> NDArray[np.bool_]:
    """(D, H, W) as the module has it now."""
    return VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(widget.session.examination.labelmap.array)


def volume(widget: Any) -> float:
    """The whole tumor's, as measured last."""
    return next(m.value for m in widget.session.numbers.measurements if m.id == "vol_total")
