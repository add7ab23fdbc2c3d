"""Finding the two pori on the whole scan at a coarse resolution, and the box that holds both sides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import number_pieces
from VSSegmentationLib.geometry import Affine, Shape, Triplet
from VSSegmentationLib.inference.config import LocatorConfig, RegionConfig
from VSSegmentationLib.preprocessing import Box, Grid, box_around, field_of_view_mm

Side = Literal["right", "left"]
REGION_FIRST_MARGIN_MM = 14.0
"""Round the region for a model that was made for whole scans: what its answer at the border depends on in effect, far
less than its receptive field in theory (Luo et al. 2016, arXiv:1701.04128). VS_Seg's window then holds it all."""
_WHOLE_HEAD_MM = 120.0
_MIDDLE_MM = 10.0
_SIDE_CLASSES: dict[Side, int] = {"right": 1, "left": 2}
_FUNDUS_CLASSES: dict[Side, int] = {"right": 3, "left": 4}


@dataclass(frozen=True, kw_only=True)
class Pori:
    """Centers of the two pori (the openings of the internal auditory canals); sides are the patient's."""

    right_ras_mm: Triplet | None = None
    left_ras_mm: Triplet | None = None
    assumed: Side | None = None
    """The side that was not seen, and was placed at the usual distance from the other."""
    right_fundus_ras_mm: Triplet | None = None
    """Tip of the fundus: the most lateral fluid of the canal; None where no locator looked for it, or found it."""
    left_fundus_ras_mm: Triplet | None = None

    def landmarks(self) -> dict[str, Triplet]:
        """Return what was found beside the pori, by the names that a task has for its landmarks."""
        found = {"fundus_right": self.right_fundus_ras_mm, "fundus_left": self.left_fundus_ras_mm}
        return {name: point for name, point in found.items() if point is not None}

    def centers_ras_mm(self) -> tuple[Triplet, ...]:
        """Return the known centers, right before left."""
        return tuple(center for center in (self.right_ras_mm, self.left_ras_mm) if center is not None)


def find_pori(probabilities: NDArray[np.float32], grid: Grid, config: LocatorConfig) -> Pori:
    """Return the centers of both pori from the output of a locator.

    Each is the probability-weighted center of the largest component of its class. If the two cannot both be right,
    by their order or distance, the one with more probability stays. A side that is missing is placed at the usual
    distance from the one found.

    Args:
        probabilities: (3, D, H, W), classes background, right porus, left porus; or (5, D, H, W), of a locator that
            looks for the tips of the fundi, too, right before left.
        grid: Its grid, axes to superior, anterior, right.
        config: What counts as found.
    """
    if len(probabilities) <= len(_FUNDUS_CLASSES) + 1:
        return _pori(dict(enumerate(probabilities)), grid, config)
    # The ball of a tip is marked over that of its porus, whose center would else lie too far medial.
    whole = {_SIDE_CLASSES[side]: probabilities[_SIDE_CLASSES[side]] + probabilities[k]
             for side, k in _FUNDUS_CLASSES.items()}  # fmt: skip
    pori = _pori(whole, grid, config)
    right, left = (_fundus(side, pori, probabilities[k], grid, config) for side, k in _FUNDUS_CLASSES.items())
    return replace(pori, right_fundus_ras_mm=right, left_fundus_ras_mm=left)


def _pori(probabilities: Mapping[int, NDArray[np.float32]], grid: Grid, config: LocatorConfig) -> Pori:
    found = {
        side: _largest(probabilities[index], grid, config.probability, config.min_volume_mm3)
        for side, index in _SIDE_CLASSES.items()
    }
    right, left = found["right"], found["left"]
    toward_right = geometry.directions(grid.dhw_to_ras)[:, 2]
    if right is not None and left is not None:
        between = right.center - left.center
        nearest, farthest = config.distance_range_mm
        if between @ toward_right > 0 and nearest <= np.linalg.norm(between) <= farthest:
            return Pori(right_ras_mm=_triplet(right.center), left_ras_mm=_triplet(left.center))
        right, left = (right, None) if right.weight >= left.weight else (None, left)
    if right is not None:
        other = right.center - config.porus_distance_mm * toward_right
        return Pori(right_ras_mm=_triplet(right.center), left_ras_mm=_triplet(other), assumed="left")
    if left is not None:
        other = left.center + config.porus_distance_mm * toward_right
        return Pori(right_ras_mm=_triplet(other), left_ras_mm=_triplet(left.center), assumed="right")
    return Pori()


def _fundus(
    side: Side, pori: Pori, probability: NDArray[np.float32], grid: Grid, config: LocatorConfig
) -> Triplet | None:
    """Return the tip of the fundus of one side, where it is seen, lateral of its own porus and as far as a canal is."""
    porus = pori.right_ras_mm if side == "right" else pori.left_ras_mm
    ball = _largest(probability, grid, config.fundus_probability, config.fundus_min_volume_mm3)
    if ball is None or porus is None or pori.assumed == side:
        return None
    from_porus = ball.center - np.array(porus)
    lateral = from_porus @ geometry.directions(grid.dhw_to_ras)[:, 2] * (1 if side == "right" else -1)
    shortest, longest = config.canal_length_range_mm
    return _triplet(ball.center) if lateral > 0 and shortest <= np.linalg.norm(from_porus) <= longest else None


def on_canvas(array: NDArray[np.float32], canvas_dhw: Shape) -> tuple[NDArray[np.float32], tuple[slice, slice, slice]]:
    """Return the array in the middle of zeros, at least as large as the canvas, and where in it the array is.

    Args:
        array: (D, H, W), normalized: 0 is its mean.
        canvas_dhw: Least size along D, H, W.
    """
    starts = [max(0, least - n) // 2 for n, least in zip(array.shape, canvas_dhw, strict=True)]
    d, h, w = (slice(start, start + n) for start, n in zip(starts, array.shape, strict=True))
    canvas = np.zeros([max(n, least) for n, least in zip(array.shape, canvas_dhw, strict=True)], np.float32)
    canvas[d, h, w] = array
    return canvas, (d, h, w)


@dataclass(frozen=True)
class _Ball:
    center: NDArray[np.float64]  # RAS in mm
    weight: float


def _largest(
    probability: NDArray[np.float32], grid: Grid, least_probability: float, min_volume_mm3: float
) -> _Ball | None:
    components, sizes = number_pieces(probability >= least_probability)
    if not len(sizes):
        return None
    largest = int(np.argmax(sizes)) + 1
    if sizes[largest - 1] * geometry.voxel_volume_mm3(grid.dhw_to_ras) < min_volume_mm3:
        return None
    indices = np.argwhere(components == largest)
    weights = probability[components == largest].astype(np.float64)
    center = geometry.transform_points(grid.dhw_to_ras, weights @ indices / weights.sum())
    return _Ball(center, float(weights.sum()))


def _triplet(point: NDArray[np.float64]) -> Triplet:
    x, y, z = point.tolist()
    return x, y, z


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where the scan is segmented at full resolution."""

    box: Box | None
    """In voxels of the working grid; None is the whole scan."""
    reason: str


def choose_region(pori: Pori, working: Grid, config: RegionConfig, *, margin_mm: float = 0.0) -> Region:
    """Return the box round the middle between the pori, or the whole scan where a box makes no sense.

    Args:
        pori: As far as they were found.
        working: Grid of the whole scan at the segmenter's resolution.
        config: Size of the box.
        margin_mm: What the box is larger by on each side.
    """
    if hardly_larger(working, config):
        return Region(box=None, reason="the scan is hardly larger than the region")
    centers = pori.centers_ras_mm()
    if not centers:
        return Region(box=None, reason="no internal auditory canal was located")
    box = box_around(working, _triplet(np.mean(centers, axis=0)), _wider(config.size_dhw_mm, margin_mm))
    seen = "both canals were located" if pori.assumed is None else f"the {pori.assumed} canal was not seen"
    return Region(box=box, reason=seen)


def _wider(size_mm: Triplet, margin_mm: float) -> Triplet:
    d, h, w = (side + 2 * margin_mm for side in size_mm)
    return d, h, w


def hardly_larger(grid: Grid, config: RegionConfig) -> bool:
    """Return whether the field of view is so small that cropping it to the region would gain little."""
    extent = field_of_view_mm(grid)
    return all(side <= config.whole_scan_factor * size for side, size in zip(extent, config.size_dhw_mm, strict=True))


def side_of(point_ras_mm: Triplet, pori: Pori, scan: Grid) -> Side | None:
    """Return the patient's side of a point: by the middle between the pori, else by that of a scan of a whole head.

    A scan less than 120 mm wide may show one side only, and the middle of one is that of the head within a centimeter:
    nothing is said then, and of a point nearer to it.
    """
    toward_right = geometry.directions(scan.dhw_to_ras)[:, 2]
    centers = pori.centers_ras_mm()
    if centers:
        return "right" if (np.array(point_ras_mm) - np.mean(centers, axis=0)) @ toward_right >= 0 else "left"
    from_middle = (np.array(point_ras_mm) - _center(scan.dhw_to_ras, scan)) @ toward_right
    if field_of_view_mm(scan)[2] < _WHOLE_HEAD_MM or abs(from_middle) < _MIDDLE_MM:
        return None
    return "right" if from_middle > 0 else "left"


def _center(dhw_to_ras: Affine, grid: Grid) -> NDArray[np.float64]:
    return geometry.transform_points(dhw_to_ras, (np.array(grid.shape) - 1) / 2)
