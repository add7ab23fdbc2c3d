"""On which side of the patient a tumor lies that was outlined already: as told, as the canals show, or not determined.

The sign of a header's coordinate decides nothing: files of research are cropped, and their origin is that of no
patient.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Labelmap
from VSSegmentationLib.measurement.one_side import Side, middle_between_ears, of_one_ear
from VSSegmentationLib.measurement.regions import find_tumor
from VSSegmentationLib.models import EMBEDDED_FOLDER, default_locator, find_model
from VSSegmentationLib.preprocessing import head_mask
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationLib.volume import Volume

SideSource = Literal[
    "stated by a person",
    "the segmentation",
    "the file",
    "the canals in the scan",
    "the tumors of both ears",
    "the field of view",
]

NO_TUMOR = "there is no tumor"
NOT_TOLD = "neither the file nor a person tells it"
NO_ORIENTATION = "the labelmap does not state how it lies in the patient"
_NO_ORIENTATION_WARNING = (
    "The labelmap does not state how it lies in the patient: superior, posterior and left were assumed for its axes, "
    "so directions may be exchanged, and the side of the tumor is not determined unless somebody states it."
)
_EITHER_OF_TWO = (
    "the labelmap holds tumor of both ears and does not state how it lies in the patient, so nothing tells which of "
    "the two is on the side asked for; give one that states it, or one with a single tumor"
)
_WHOLE_HEAD_MM, _HEAD_MM = 150.0, (110.0, 200.0)
"""A field of view as wide as a head, and how wide heads are that are seen from ear to ear."""
_MARGIN_MM = 2.0
"""Of air on either side of a head that is seen wholly."""
_MIDDLE_MM = 10.0
"""A tumor this near to the middle has no certain side; the pori are about 25 mm from it."""


@dataclass(frozen=True, kw_only=True)
class TumorSide:
    """Left or right of the patient, who says so, or why nobody can."""

    side: Side | None = None
    source: SideSource | None = None
    reason: str | None = None
    """Why it is not determined; None where it is."""
    warnings: tuple[str, ...] = ()
    """Full sentences."""

    __repr__ = short_repr


def stated_side(side: str | None) -> TumorSide:
    """Return what a person says of the side: left, right, or that it is not determined."""
    if side not in get_args(Side):
        return TumorSide(reason=NOT_TOLD)
    return TumorSide(side="left" if side == "left" else "right", source="stated by a person")


def decided_side(
    given: Labelmap, scan: Volume | None, task: Task = DEFAULT_TASK, *, stated: Side | None = None
) -> tuple[Volume, TumorSide]:
    """Return the labelmap that is to be measured and the side of its tumor.

    Of tumors of both ears, the one on the stated side is measured; the other is left out, and a warning says so.

    Args:
        given: As it was read; on the grid of the scan.
        scan: float32, or None.
        task: What kind of tumor it is.
        stated: By a person.

    Raises:
        UsageError: If one of two tumors is asked for, and nothing tells which of them is on that side.
    """
    own = None if stated is None else of_one_ear(given.volume, stated, task.label_set)
    if own is None:
        return given.volume, side_of_labelmap(
            given.volume, scan, task, stated=stated, told=given.side, is_told_of_these_voxels=given.is_untouched
        )
    if given.volume.axes_assumed:
        raise UsageError(_EITHER_OF_TWO)
    warning = f"The labelmap holds tumor of both ears: only what lies on the {stated} is measured, as was asked for."
    return own, TumorSide(side=stated, source="stated by a person", warnings=(warning,))


def side_of_labelmap(
    labelmap: Volume,
    scan: Volume | None,
    task: Task = DEFAULT_TASK,
    *,
    stated: Side | None = None,
    told: Side | None = None,
    is_told_of_these_voxels: bool = False,
    locate: bool = True,
) -> TumorSide:
    """Return on which side the largest tumor of a labelmap lies.

    Args:
        labelmap: (D, H, W) of values of the labels of the task.
        scan: float32, on the same grid; None where there is none.
        task: What kind of tumor it is; its locator is asked.
        stated: By a person, who is right.
        told: By the file of the labelmap.
        is_told_of_these_voxels: Whether nobody changed a label since the file told it; what is told of others is
            compared with what can be seen, and where that is the other side, it is not determined.
        locate: Whether the canals may be looked for in the scan, which takes seconds and torch; without torch they are
            not.
    """
    warnings = (_NO_ORIENTATION_WARNING,) if labelmap.axes_assumed else ()
    if stated is not None:
        return TumorSide(side=stated, source="stated by a person", warnings=(*warnings, *_contradiction(stated, told)))
    tumor = find_tumor(labelmap, task.label_set)
    if told is not None and (is_told_of_these_voxels or tumor is None or labelmap.axes_assumed):
        return TumorSide(side=told, source="the file", warnings=warnings)
    if tumor is None:
        return TumorSide(reason=NO_TUMOR, warnings=warnings)
    if labelmap.axes_assumed:
        return TumorSide(reason=NO_ORIENTATION, warnings=warnings)
    points = geometry.transform_points(tumor.labelmap.dhw_to_ras, np.argwhere(tumor.labelmap.array))
    seen = _seen(labelmap, scan if locate else None, points, task)
    if told is not None:
        return _told_beside(told, seen)
    return seen or side_in_view(labelmap, scan, float(points[:, 0].mean()))


def _seen(labelmap: Volume, scan: Volume | None, points_ras_mm: NDArray[np.float64], task: Task) -> TumorSide | None:
    """Return the side by what lies beside the tumor, not by a header's origin; None if nothing there tells it."""
    if scan is not None and (side := _nearest_canal(scan, points_ras_mm, task)) is not None:
        return TumorSide(side=side, source="the canals in the scan")
    middle_mm = middle_between_ears(labelmap, task.label_set)
    if middle_mm is None:
        return None
    is_right = float(points_ras_mm[:, 0].mean()) > middle_mm
    return TumorSide(side="right" if is_right else "left", source="the tumors of both ears")


def _told_beside(told: Side, seen: TumorSide | None) -> TumorSide:
    if seen is None or seen.side == told:
        return TumorSide(side=told, source="the file")
    reason = f"the file says {told}, and by {seen.source} it is {seen.side}"
    warning = (
        f"The side is not determined: the file of the labelmap says that the tumor is on the {told}, and by "
        f"{seen.source} it is on the {seen.side}. State it, where it is known (--side)."
    )
    return TumorSide(reason=reason, warnings=(warning,))


def side_in_view(labelmap: Volume, scan: Volume | None, right_mm: float) -> TumorSide:
    """Return the side of a point by the middle of a whole head, if one is in view and the point is clear of its middle.

    Where the scan shows a head with air on both sides, its middle counts. Without a scan, the middle of a field of view
    as wide as a head and the middle of the scanner have to agree.

    Args:
        labelmap: Whose grid is the field of view.
        scan: float32 on this grid, or None.
        right_mm: Coordinate of the point toward the patient's right.
    """
    low, high = _extent_mm(labelmap)
    if high - low < _WHOLE_HEAD_MM:
        return TumorSide(reason=f"{NOT_TOLD}, and a field of view of {high - low:.0f} mm need not show both sides")
    middles = ((low + high) / 2, 0.0) if scan is None else _middle_of_head(scan, low, high)
    from_middle = [right_mm - middle for middle in middles]
    if not from_middle:
        return TumorSide(reason=f"{NOT_TOLD}, and the scan does not show a head from side to side")
    if min(from_middle) >= _MIDDLE_MM:
        return TumorSide(side="right", source="the field of view")
    if max(from_middle) <= -_MIDDLE_MM:
        return TumorSide(side="left", source="the field of view")
    return TumorSide(reason=f"{NOT_TOLD}, and the tumor lies too near to the middle of the field of view")


def _contradiction(stated: Side, told: Side | None) -> tuple[str, ...]:
    if told in (None, stated):
        return ()
    return (f"The file of the labelmap says that the tumor is on the {told}; as stated, it is reported as {stated}.",)


def _nearest_canal(scan: Volume, points_ras_mm: NDArray[np.float64], task: Task) -> Side | None:
    name = default_locator(task.name)
    if name is None or find_spec("torch") is None:
        return None
    from VSSegmentationLib.inference import load_model  # noqa: PLC0415 - brings torch
    from VSSegmentationLib.inference.pori import side_nearest  # noqa: PLC0415 - brings torch

    return side_nearest(scan, points_ras_mm, load_model(find_model(name, beside=EMBEDDED_FOLDER), "cpu"))


def _extent_mm(volume: Volume) -> tuple[float, float]:
    """Return how far a grid reaches to the left and to the right, as R coordinates."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in volume.shape], indexing="ij")).reshape(3, -1).T
    across = geometry.transform_points(volume.dhw_to_ras, corners)[:, 0]
    return float(across.min()), float(across.max())


def _middle_of_head(scan: Volume, low_mm: float, high_mm: float) -> tuple[float, ...]:
    """Return the R coordinate of the middle of a head that is seen from side to side; nothing where none is."""
    steps = [max(1, round(3.0 / spacing)) for spacing in scan.spacing_dhw_mm]
    coarse = scan.array[tuple(slice(None, None, step) for step in steps)]
    inside = np.argwhere(head_mask(coarse)) * steps
    across = geometry.transform_points(scan.dhw_to_ras, inside)[:, 0]
    if not across.size:
        return ()
    left, right = np.percentile(across, (0.5, 99.5)).tolist()
    is_whole = left - low_mm >= _MARGIN_MM and high_mm - right >= _MARGIN_MM
    return ((left + right) / 2,) if is_whole and _HEAD_MM[0] <= right - left <= _HEAD_MM[1] else ()
