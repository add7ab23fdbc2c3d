"""Where the frames of a DICOM segmentation lie, and the regular grid that they lie on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.frames import dhw_to_ras_from_lps
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.imageio.declared import MAX_SIDE, check_spacing

_SAME_DIRECTION, _SAME_SPACING_MM = 1e-3, 1e-3
_OFF_GRID = 0.05
"""Share of a voxel by which a frame may miss its place, as slices of a scan may."""
_UNIT = 1e-3


class FramePlace(NamedTuple):
    """How one frame lies in the patient."""

    position_lps_mm: NDArray[np.float64]
    """(3,) of its first pixel."""
    orientation_lps: NDArray[np.float64]
    """(6,): the direction of a row, then that of a column."""
    pixel_mm: NDArray[np.float64]
    """(2,): between rows, between columns."""
    spacing_mm: float | None
    """Between slices, where it is stated."""
    thickness_mm: float | None

    @classmethod
    def of(cls, own: Dataset, shared: Dataset) -> "FramePlace":
        """Return the place that functional groups state.

        Raises:
            InputRefusedError: If they state none, as in segmentations of microscopy.
        """
        measures = _group("PixelMeasuresSequence", own, shared)
        position = _numbers(_group("PlanePositionSequence", own, shared), "ImagePositionPatient", 3)
        orientation = _numbers(_group("PlaneOrientationSequence", own, shared), "ImageOrientationPatient", 6)
        pixel = _numbers(measures, "PixelSpacing", 2)
        if position is None or orientation is None or pixel is None:
            msg = "The frames of the DICOM segmentation do not say where they lie in the patient; export it again"
            raise InputRefusedError(msg)
        return cls(
            position,
            orientation,
            pixel,
            _positive(measures, "SpacingBetweenSlices"),
            _positive(measures, "SliceThickness"),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameGrid:
    """The grid of a segmentation, one empty slice at either end."""

    shape: Shape
    dhw_to_ras: Affine
    slices: tuple[int, ...]
    """Index along D of each frame, in the order of the file."""


def grid_of_frames(places: Sequence[FramePlace], matrix: tuple[int, ...]) -> FrameGrid:
    """Return the regular grid that frames lie on.

    Args:
        places: Of each frame, in the order of the file; several may share one place.
        matrix: Rows and columns of a frame.

    Raises:
        InputRefusedError: If they do not lie on one grid, or it is not known how far its slices are apart.
    """
    if not places:
        msg = "The DICOM segmentation holds no frame, so nothing is segmented in it; give another one"
        raise InputRefusedError(msg)
    row, column, normal = _axes(places)
    between_rows, between_columns = places[0].pixel_mm
    positions = np.array([place.position_lps_mm for place in places])
    sideways = (positions - positions[0]) @ np.stack([row, column], axis=1)
    if np.abs(sideways).max() > _OFF_GRID * min(between_rows, between_columns):
        raise InputRefusedError(_NO_GRID)
    along = positions @ normal
    step = _step_mm(along, places[0])
    check_spacing((step, between_rows, between_columns))
    index = (along - along.min()) / step
    slices = np.rint(index).astype(int)
    if slices.max() > 0:
        step = float(np.ptp(along)) / int(slices.max())  # stated in few digits, a small error adds up
        index = (along - along.min()) / step
    if np.abs(index - slices).max() > _OFF_GRID:
        raise InputRefusedError(_NO_GRID)
    rows, columns = matrix
    shape = (int(slices.max()) + 3, rows, columns)
    if max(shape) > MAX_SIDE:
        msg = f"The DICOM segmentation reaches over {max(shape)} voxels, and at most {MAX_SIDE} per side are read"
        raise InputRefusedError(msg)
    to_lps = np.eye(4)
    to_lps[:3, 0], to_lps[:3, 1], to_lps[:3, 2] = row * between_columns, column * between_rows, normal * step
    to_lps[:3, 3] = places[int(np.argmin(along))].position_lps_mm - normal * step
    return FrameGrid(shape=shape, dhw_to_ras=dhw_to_ras_from_lps(to_lps), slices=tuple((slices + 1).tolist()))


def _axes(places: Sequence[FramePlace]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    first = places[0]
    for place in places:
        if (
            np.abs(place.orientation_lps - first.orientation_lps).max() > _SAME_DIRECTION
            or np.abs(place.pixel_mm - first.pixel_mm).max() > _SAME_SPACING_MM
        ):
            raise InputRefusedError(_NO_GRID)
    row, column = first.orientation_lps[:3], first.orientation_lps[3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if max(abs(length - 1) for length in lengths) > _UNIT or abs(row @ column) > _UNIT:
        msg = "The frames of the DICOM segmentation state directions at no right angle; export it again"
        raise InputRefusedError(msg)
    return row, column, np.cross(row, column)


def _step_mm(along: NDArray[np.float64], place: FramePlace) -> float:
    """Return how far slices are apart: as stated, since slices without a frame tell nothing.

    Where it is not stated, frames that touch or overlap have none between them.
    """
    if place.spacing_mm is not None:
        return place.spacing_mm
    steps = np.diff(np.unique(np.round(along, 3)))
    if place.thickness_mm is None:
        raise InputRefusedError(_NO_STEP)
    if not steps.size:
        return place.thickness_mm
    if steps.min() > (1 + _OFF_GRID) * place.thickness_mm:
        raise InputRefusedError(_NO_STEP)
    return float(steps.min())


def _group(name: str, own: Dataset, shared: Dataset) -> Dataset:
    for groups in (own, shared):
        if groups.get(name):
            return groups[name].value[0]  # type: ignore[no-any-return]
    return Dataset()


def _numbers(group: Dataset, name: str, count: int) -> NDArray[np.float64] | None:
    values = np.array(group.get(name) if group.get(name) is not None else (), dtype=np.float64)
    return values if values.shape == (count,) and np.isfinite(values).all() else None


def _positive(group: Dataset, name: str) -> float | None:
    value = group.get(name)
    number = None if value in (None, "") else float(value)
    return number if number is not None and np.isfinite(number) and number > 0 else None


_NO_GRID = (
    "The frames of the DICOM segmentation do not lie on one regular grid with right angles; export it again from the "
    "series it was drawn on"
)
_NO_STEP = (
    "The DICOM segmentation does not state how far its slices are apart, and its frames leave it open; export it with "
    "the spacing between slices"
)
