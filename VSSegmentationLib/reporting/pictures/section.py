"""A flat picture of a report: which plane, cut out how, and where a point of the patient lies on it."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.geometry import Affine, AxisOrder, Triplet
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement.axial import Grid, axial_grid, is_too_tilted, sample
from VSSegmentationLib.measurement.regions import Tumor, find_tumor
from VSSegmentationLib.volume import Volume, crop, reorder

WINDOW_MM = 60.0
"""Side of the square picture round the tumor: wide enough for the cistern, too small for a face."""
MAX_WINDOW_MM = 80.0
"""No tumor, and no wrong mask, makes the picture wider than this."""
_MARGIN_MM = 8.0


class _Look(NamedTuple):
    name: str
    axes: tuple[int, int, int]
    """What runs along the plane's normal, down the page and across it: 0 superior, 1 anterior, 2 right."""
    left_right_top_bottom: str
    """Letters of the patient at the edges of the picture."""


class View(Enum):
    """The three planes as radiologists look at them; in each, superior or anterior is up."""

    AXIAL = _Look("axial", (0, 1, 2), "RLAP")
    CORONAL = _Look("coronal", (1, 0, 2), "RLSI")
    SAGITTAL = _Look("sagittal", (2, 0, 1), "APSI")


NO_LETTERS = "????"
"""In the place of R, L, A, P, S and I, where a scan does not state how it lies in the patient."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A square of one plane in radiological view.

    On the page x grows to the right and y down, both in mm from the top left corner of the window.
    """

    view: View
    side_mm: float
    resliced: bool
    """Whether the plane was cut through a tilted scan, instead of being one of its own."""
    image: NDArray[np.float32] | None
    """(rows, columns); None when there is no scan."""
    masks: dict[LabelEntry, NDArray[np.bool_]]
    """Regions of the tumor that occur on this plane, each with everything inside it; (rows, columns)."""
    pixel_mm: tuple[float, float]
    """Height and width of a pixel."""
    corner_mm: tuple[float, float]
    """x and y on the page of the top left corner of pixel (0, 0)."""
    page_from_ras: Affine
    """(4, 4): RAS in mm to x, y on the page and the distance from the plane, all in mm."""
    axes_assumed: bool = False
    """Whether the scan does not state how it lies in the patient, so that no end of the picture has a name."""

    @property
    def letters(self) -> str:
        """What is on the left, on the right, above and below."""
        return NO_LETTERS if self.axes_assumed else self.view.value.left_right_top_bottom

    def page_point(self, point_ras_mm: Triplet) -> tuple[float, float]:
        """Return where on the page, x and y in mm, a point of the patient lies."""
        x, y, _ = geometry.transform_points(self.page_from_ras, np.array(point_ras_mm)).tolist()
        return x, y

    def page_from_pixel(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2) x and y on the page of (n, 2) rows and columns of pixel centers."""
        return (pixels[:, ::-1] + 0.5) * self.pixel_mm[::-1] + self.corner_mm


def plane_section(
    image: Volume | None,
    labelmap: Volume,
    through_ras_mm: Triplet,
    view: View = View.AXIAL,
    *,
    label_set: LabelSet,
    window_on: Volume | None = None,
) -> Section:
    """Cut a plane through a point, and of it a square round the largest tumor.

    The plane is one of the scan's own voxel planes, or a resliced one where the scan is tilted too much.

    Args:
        image: The scan on the grid of the labelmap, if there is one.
        labelmap: Values of the set, tumor among them.
        through_ras_mm: A point of the plane, near the tumor.
        view: Which of the three planes.
        label_set: What the values mean.
        window_on: Another labelmap on the same grid whose tumor the square lies round, so that pictures of several
            labelmaps show the same place.

    Raises:
        EmptyMaskError: If there is no tumor.
    """
    tumor = find_tumor(labelmap if window_on is None else window_on, label_set)
    if tumor is None:
        msg = "plane_section: the labelmap holds no tumor to be shown"
        raise EmptyMaskError(msg)
    resliced = is_too_tilted(labelmap.dhw_to_ras)
    if resliced:
        center, half = np.array(through_ras_mm), np.full(3, MAX_WINDOW_MM)
        half[2 - view.value.axes[0]] = 0.0  # a single plane: RAS counts right first
        grid = axial_grid(labelmap.dhw_to_ras, center - half, center + half)
        parts = {
            entry: _resliced(labelmap.with_array(label_set.region_mask(labelmap.array, entry.key)), grid)
            for entry in label_set.tumor
        }
        main = _resliced(tumor.labelmap.with_array(tumor.labelmap.array > 0), grid)
        order = _page_order(main.dhw_to_ras, view)
        parts = {entry: _plane(part, order, through_ras_mm) for entry, part in parts.items()}
        main = _plane(main, order, through_ras_mm)
        scan = None if image is None else _plane(sample(image, grid), order, through_ras_mm)
    else:
        order = _page_order(labelmap.dhw_to_ras, view)
        shown = _plane(labelmap, order, through_ras_mm)
        parts = {entry: shown.with_array(label_set.region_mask(shown.array, entry.key)) for entry in label_set.tumor}
        main = _plane(_uncropped(tumor, labelmap), order, through_ras_mm)
        scan = None if image is None else _plane(image, order, through_ras_mm)
    return _window(scan, parts, main, view=view, resliced=resliced)


def _plane(volume: Volume, order: AxisOrder, through_ras_mm: Triplet) -> Volume:
    """Return the one plane through a point, its normal first."""
    ordered = reorder(volume, order)
    ras_to_dhw = np.asarray(np.linalg.inv(ordered.dhw_to_ras), dtype=np.float64)
    level = geometry.transform_points(ras_to_dhw, np.array(through_ras_mm))[0]
    index = int(np.clip(round(float(level)), 0, ordered.shape[0] - 1))
    return crop(ordered, (index, 0, 0), (index + 1, *ordered.shape[1:]))


def _page_order(dhw_to_ras: Affine, view: View) -> AxisOrder:
    """Return the order that brings the normal of a view first, then what runs up the page, then across."""
    straight = geometry.superior_anterior_right_order(dhw_to_ras)
    first, second, third = view.value.axes
    permutation, flipped = straight
    return AxisOrder(
        (permutation[first], permutation[second], permutation[third]),
        (flipped[first], flipped[second], flipped[third]),
    )


def busiest_point(labelmap: Volume, label_set: LabelSet) -> Triplet:
    """Return the center, in RAS mm, of the largest tumor in the axial plane that holds most of its voxels.

    Raises:
        EmptyMaskError: If there is no tumor.
    """
    tumor = find_tumor(labelmap, label_set)
    if tumor is None:
        msg = "busiest_point: the labelmap holds no tumor"
        raise EmptyMaskError(msg)
    mask = tumor.labelmap.array > 0
    axis = geometry.axial_axis(labelmap.dhw_to_ras)
    index = int(np.argmax(mask.sum(axis=tuple(i for i in range(3) if i != axis))))
    inside = np.argwhere(np.take(mask, index, axis))
    point = np.insert(np.asarray(inside.mean(axis=0), dtype=np.float64), axis, index)
    right, anterior, superior = geometry.transform_points(tumor.labelmap.dhw_to_ras, point).tolist()
    return right, anterior, superior


def _resliced(mask: Volume, grid: Grid) -> Volume:
    onto = sample(mask, grid)
    return onto.with_array(onto.array >= 0.5)


def _uncropped(tumor: Tumor, labelmap: Volume) -> Volume:
    mask = np.zeros(labelmap.shape, dtype=np.bool_)
    window = tuple(slice(a, a + n) for a, n in zip(tumor.start_dhw, tumor.labelmap.shape, strict=True))
    mask[window] = tumor.labelmap.array > 0
    return labelmap.with_array(mask)


def _window(
    scan: Volume | None, parts: dict[LabelEntry, Volume], main: Volume, *, view: View, resliced: bool
) -> Section:
    """Cut the square out of the planes, each a volume of one slice."""
    _, rows, columns = main.shape
    pixel_mm = np.array(main.spacing_dhw_mm[1:])
    low, high = _extent(main.array[0, ::-1, ::-1])
    center = (low + high) / 2  # in pixels from the top left corner of the slice
    wanted_mm = float(((high - low) * pixel_mm).max()) + 2 * _MARGIN_MM
    side_mm = min(max(WINDOW_MM, wanted_mm), MAX_WINDOW_MM)
    first = np.maximum(np.floor(center - side_mm / 2 / pixel_mm), 0).astype(int)
    last = np.minimum(np.ceil(center + side_mm / 2 / pixel_mm), (rows, columns)).astype(int)
    cut = (slice(first[0], last[0]), slice(first[1], last[1]))
    y, x = (side_mm / 2 - (center - first) * pixel_mm).tolist()
    masks = {label: part.array[0, ::-1, ::-1][cut] for label, part in parts.items()}
    return Section(
        view=view,
        side_mm=side_mm,
        resliced=resliced,
        image=None if scan is None else scan.array[0, ::-1, ::-1][cut].astype(np.float32),
        masks={label: mask for label, mask in masks.items() if mask.any()},
        pixel_mm=(float(pixel_mm[0]), float(pixel_mm[1])),
        corner_mm=(x, y),
        page_from_ras=_page_from_ras(main, center, side_mm),
        axes_assumed=main.axes_assumed,
    )


def _extent(mask: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return first and last edge of a mask along rows and columns, in pixels; of the whole slice if it is empty."""
    inside = np.argwhere(mask)
    if not inside.size:
        return np.zeros(2), np.array(mask.shape, dtype=np.float64)
    return inside.min(axis=0).astype(np.float64), (inside.max(axis=0) + 1).astype(np.float64)


def _page_from_ras(frame: Volume, center: NDArray[np.float64], side_mm: float) -> Affine:
    slice_mm, row_mm, column_mm = frame.spacing_dhw_mm
    _, rows, columns = frame.shape
    page_from_dhw = np.zeros((4, 4))  # the picture runs against both axes of the plane: anterior up, right on the left
    page_from_dhw[0, 2], page_from_dhw[0, 3] = -column_mm, side_mm / 2 + (columns - 0.5 - center[1]) * column_mm
    page_from_dhw[1, 1], page_from_dhw[1, 3] = -row_mm, side_mm / 2 + (rows - 0.5 - center[0]) * row_mm
    page_from_dhw[2, 0] = slice_mm
    page_from_dhw[3, 3] = 1
    page_from_ras = page_from_dhw @ np.linalg.inv(frame.dhw_to_ras)
    page_from_ras[3] = (0, 0, 0, 1)
    return geometry.as_affine(page_from_ras)
