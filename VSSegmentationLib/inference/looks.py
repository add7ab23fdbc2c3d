"""Looking again at an ear in which something was found: in windows that are turned, of which the surest answer counts.

A network answers a little differently for a head that is tilted a little. Of several turned windows the one counts
whose largest connected tumor has the highest mean probability; what the others say of it tells how steady that is.
Everything comes back on the grid of the scan.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import largest_piece, number_pieces
from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.inference.config import LooksConfig, PlausibilityConfig, WindowConfig
from VSSegmentationLib.inference.ears import EarWindow, probabilities_of_ears, unseen_sides, windows_beyond
from VSSegmentationLib.inference.locate import Pori, Side, side_of
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.postprocessing import FoundVoxels
from VSSegmentationLib.inference.scan_inputs import Channel, ScanInputs
from VSSegmentationLib.inference.settings import SegmenterSettings
from VSSegmentationLib.inference.windows import predictor
from VSSegmentationLib.preprocessing import Box, Grid, crop_grid, grid_of, reslice, z_scored
from VSSegmentationLib.volume import Volume, crop

_ROUND = 2 / 3
"""Of a window, rendered beyond each of its faces where a tumor goes on there, so that it can be followed."""
_MOST_ASLANT_DEG = 30.0
"""A line through the pori farther from the scan's own left-right axis says that one of them is wrong."""
_PAD = 8
"""Voxels of the scan round what is rendered, for the smoothing."""


class Frame(NamedTuple):
    """Where one window looks, and what lies round it."""

    grid: Grid
    """Axes about to superior, anterior, right."""
    window: EarWindow
    """In it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ears:
    """What looking again needs, of all ears."""

    scans: ScanInputs
    segmenter: ModelBundle
    channels: tuple[Channel, ...]
    """What the scans are normalized with."""
    part: Grid
    """The region of the working grid that was looked at first."""
    pori: Pori
    device: torch.device
    looks: LooksConfig


class Look(NamedTuple):
    """What one window says."""

    frame: Frame
    parts: NDArray[np.float32]
    """(K, D, H, W): probability of each tumor class on the grid of the frame."""
    surety: float
    """Mean probability of the largest connected tumor; 0 where there is none."""


class Again(NamedTuple):
    """What looking again came to."""

    found: FoundVoxels
    looks: dict[Side, int]
    """How often each ear was looked at; an ear that was not is missing."""


def axes_of_ears(pori: Pori, part: Grid, *, aligned: bool) -> NDArray[np.float64]:
    """Return (3, 3): columns to superior, anterior, right in RAS, at right angles to each other.

    Args:
        pori: As far as known; where both were seen, the axis to the right may run through them.
        part: Whose own axes are taken otherwise.
        aligned: Whether it may.
    """
    superior, anterior, right = geometry.directions(part.dhw_to_ras).T
    if aligned and pori.assumed is None and pori.right_ras_mm is not None and pori.left_ras_mm is not None:
        between = np.subtract(pori.right_ras_mm, pori.left_ras_mm)
        between /= np.linalg.norm(between)
        right = between if between @ right >= np.cos(np.radians(_MOST_ASLANT_DEG)) else right
    superior = superior - (superior @ right) * right
    superior /= np.linalg.norm(superior)
    anterior = anterior - (anterior @ right) * right - (anterior @ superior) * superior
    return np.stack([superior, anterior / np.linalg.norm(anterior), right], axis=1)


def turns(axes: NDArray[np.float64], turn_deg: float) -> Iterator[NDArray[np.float64]]:
    """Yield the axes as they are, and turned about each of them either way; as they are only, where the turn is 0."""
    yield axes
    for axis in axes.T if turn_deg else ():
        for degrees in (turn_deg, -turn_deg):
            yield Rotation.from_rotvec(axis * np.radians(degrees)).as_matrix() @ axes


def frame_at(
    center_ras_mm: Triplet, axes: NDArray[np.float64], spacing_dhw_mm: Triplet, size_dhw: Shape, *, is_left: bool
) -> Frame:
    """Return the frame whose window has its middle at a point, and nothing round it."""
    return _framed(center_ras_mm, axes * spacing_dhw_mm, size_dhw, (0, 0, 0), is_left=is_left)


def _wider(frame: Frame) -> Frame:
    """Return the same window with room round it."""
    size, affine = frame.grid.shape, frame.grid.dhw_to_ras
    r, a, s = geometry.transform_points(affine, (np.array(size) - 1) / 2).tolist()
    d, h, w = (round(_ROUND * n) for n in size)
    return _framed((r, a, s), affine[:3, :3], size, (d, h, w), is_left=frame.window.is_left)


def _framed(
    center_ras_mm: Triplet, columns: NDArray[np.float64], size_dhw: Shape, margin: Shape, *, is_left: bool
) -> Frame:
    shape = [n + 2 * m for n, m in zip(size_dhw, margin, strict=True)]
    affine = np.eye(4)
    affine[:3, :3] = columns
    affine[:3, 3] = np.array(center_ras_mm) - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    grid = Grid((shape[0], shape[1], shape[2]), geometry.as_affine(affine))
    return Frame(grid, EarWindow(margin, is_left))


def look_again(found: FoundVoxels, ears: Ears, on_step: Callable[[float], None]) -> Again:
    """Return what was found, with the surest of the turned answers in place of the first one for each ear looked at.

    Args:
        found: By the first look; not changed.
        ears: What is shown, and to which model.
        on_step: Told the share done before each window; may raise to stop.
    """
    settings = ears.segmenter.settings_as(SegmenterSettings)
    centers = _centers(found, ears, settings.window, settings.plausibility)
    result = found._replace(
        tumor_probability=found.tumor_probability.copy(),
        likeliest_label=found.likeliest_label.copy(),
        mean_over_looks=np.full(found.grid.shape, np.nan, np.float16),
    )
    counts: dict[Side, int] = {}
    for number, (side, center) in enumerate(centers.items()):
        axes = list(turns(axes_of_ears(ears.pori, ears.part, aligned=ears.looks.aligned), ears.looks.turn_deg))
        frames = [
            frame_at(center, each, ears.part.spacing_dhw_mm, settings.window.size_dhw, is_left=side == "left")
            for each in axes
        ]
        looks = []
        for step, frame in enumerate(frames):
            on_step((number + step / len(frames)) / len(centers))
            looks.append(_look(frame, ears, settings.plausibility.probability))
        _put_in(result, looks, _own_side(found.grid, side, ears.pori), ears.segmenter, settings.plausibility)
        counts[side] = len(looks)
    return Again(result, counts)


def _centers(
    found: FoundVoxels, ears: Ears, window: WindowConfig, plausibility: PlausibilityConfig
) -> dict[Side, Triplet]:
    """Return where to look again, by the side."""
    pieces, counts = number_pieces(found.tumor_probability >= plausibility.probability)
    least = plausibility.min_volume_mm3 / geometry.voxel_volume_mm3(found.grid.dhw_to_ras)
    kept = [n for n in np.argsort(-counts) + 1 if counts[n - 1] >= least]
    middles = geometry.transform_points(
        found.grid.dhw_to_ras, np.array(ndimage.center_of_mass(pieces > 0, pieces, kept)).reshape(-1, 3)
    )
    first: dict[Side | None, Triplet] = {}
    for r, a, s in middles.tolist():  # the largest first
        first.setdefault(side_of((r, a, s), ears.pori, ears.scans.grid), (r, a, s))
    right = geometry.directions(ears.part.dhw_to_ras)[:, 2]
    unseen, centers = unseen_sides(ears.pori, ears.part, window), {}
    sides: tuple[tuple[Side, Triplet | None, float], ...] = (
        ("right", ears.pori.right_ras_mm, -1.0), ("left", ears.pori.left_ras_mm, 1.0),
    )  # fmt: skip
    for side, porus, medial in sides:
        if porus is None or side in unseen or not (side in first or ears.looks.every_ear):
            continue
        r, a, s = (np.array(porus) + medial * window.medial_of_porus_mm * right).tolist()
        centers[side] = first.get(side, (r, a, s)) if ears.looks.recentered else (r, a, s)
    return centers


def _look(frame: Frame, ears: Ears, probability: float) -> Look:
    parts = _probabilities(frame, ears)
    beyond = EarWindow((1, 1, 1), frame.window.is_left)  # of an image that goes on beyond every face
    d, h, w = (n + 2 for n in frame.grid.shape)
    if windows_beyond(parts.sum(axis=0), beyond, (d, h, w)):
        frame = _wider(frame)
        parts = _probabilities(frame, ears)
    whole = parts.sum(axis=0)
    mask = whole >= probability
    return Look(frame, parts, float(whole[largest_piece(mask)].mean()) if mask.any() else 0.0)


def _probabilities(frame: Frame, ears: Ears) -> NDArray[np.float32]:
    """Return (K, D, H, W) of the tumor classes on the grid of a frame."""
    segmenter, size = ears.segmenter, ears.segmenter.settings_as(SegmenterSettings).window.size_dhw
    slabs = probabilities_of_ears(
        predictor(segmenter.network, flips=False), _shown(frame.grid, ears), [frame.window], size,
        classes=len(segmenter.labels), organ_classes=segmenter.organ_classes, device=ears.device,
        on_step=lambda _share: None,
    )  # fmt: skip
    return np.concatenate([slab.array[list(segmenter.tumor_classes)] for slab in slabs], axis=1)


def _shown(grid: Grid, ears: Ears) -> NDArray[np.float32]:
    """Return (C, D, H, W), all scans on a grid, z-scored as in the first look; 0, the mean, where there is none."""
    shown = []
    for volume, channel in zip((ears.scans.first, *ears.scans.others), ears.channels, strict=True):
        near = _near(volume, grid)
        here = None if near is None else reslice(near, grid)
        shown.append(
            np.zeros(grid.shape, np.float32)
            if here is None
            else np.where(here.inside, z_scored(here.array, channel.intensity), np.float32(0))
        )
    return np.stack(shown)


def _near(volume: Volume, grid: Grid) -> Volume | None:
    """Return the part of a volume that a grid needs, so that a whole head is not smoothed for one ear."""
    box = _box_round(grid_of(volume), grid, np.ones(grid.shape, np.bool_), _PAD)
    return None if box is None else crop(volume, box.start, box.stop)


def _box_round(target: Grid, source: Grid, mask: NDArray[np.bool_], pad: int) -> Box | None:
    """Return the voxels of a grid round a mask that lies on another; None where there are none."""
    if not mask.any():
        return None
    edges = [np.flatnonzero(mask.any(axis=tuple(k for k in range(3) if k != axis)))[[0, -1]] for axis in range(3)]
    corners = np.array(np.meshgrid(*edges, indexing="ij")).reshape(3, -1).T
    index = geometry.transform_points(np.linalg.inv(target.dhw_to_ras) @ source.dhw_to_ras, corners)
    start = np.clip(np.floor(index.min(axis=0)).astype(int) - pad, 0, target.shape)
    stop = np.clip(np.ceil(index.max(axis=0)).astype(int) + 1 + pad, 0, target.shape)
    if (start >= stop).any():
        return None
    (a, b, c), (x, y, z) = start.tolist(), stop.tolist()
    return Box((a, b, c), (x, y, z))


def _own_side(grid: Grid, side: Side, pori: Pori) -> NDArray[np.bool_]:
    """Return (D, H, W) True on the side of an ear: along the line through both pori, nearer to its own."""
    right, left = pori.right_ras_mm, pori.left_ras_mm
    if right is None or left is None:
        return np.ones(grid.shape, np.bool_)
    toward, middle = np.subtract(right, left), np.add(right, left) / 2
    slope, offset = toward @ grid.dhw_to_ras[:3, :3], toward @ (grid.dhw_to_ras[:3, 3] - middle)
    d, h, w = (np.arange(n) * s for n, s in zip(grid.shape, slope, strict=True))
    height = d[:, None, None] + h[:, None] + w + offset
    return np.asarray(height >= 0 if side == "right" else height < 0)


def _put_in(
    result: FoundVoxels,
    looks: Sequence[Look],
    own: NDArray[np.bool_],
    segmenter: ModelBundle,
    plausibility: PlausibilityConfig,
) -> None:
    """Put the surest look into its ear, and what all of them say of its voxels."""
    surest = max(looks, key=lambda look: look.surety)  # of equal ones the first: the straight one
    result.tumor_probability[own], result.mean_over_looks[own] = 0, 0  # type: ignore[index]
    box = _box_round(result.grid, surest.frame.grid, surest.parts.sum(axis=0) > 0.02, 2)
    if box is None:
        return
    place = tuple(slice(a, b) for a, b in zip(box.start, box.stop, strict=True))
    target = crop_grid(result.grid, box)
    parts = np.stack([reslice(Volume(part, surest.frame.grid.dhw_to_ras), target).array for part in surest.parts])
    whole, inside = parts.sum(axis=0), own[place]
    labels = np.array(segmenter.labels, np.uint8)[list(segmenter.tumor_classes)][parts.argmax(axis=0)]
    result.tumor_probability[place] = np.where(inside, whole, result.tumor_probability[place])
    result.likeliest_label[place] = np.where(inside, labels, result.likeliest_label[place])
    tumor = np.argwhere(inside & (result.tumor_probability[place] >= plausibility.probability))
    said = [_said_of(geometry.transform_points(target.dhw_to_ras, tumor), look) for look in looks]
    over = result.mean_over_looks[place]  # type: ignore[index]
    over[tuple(tumor.T)] = np.mean(said, axis=0)


def _said_of(points_ras_mm: NDArray[np.float64], look: Look) -> NDArray[np.float32]:
    """Return the tumor probability of a look at points."""
    to_index = geometry.as_affine(np.linalg.inv(look.frame.grid.dhw_to_ras))
    index = geometry.transform_points(to_index, points_ras_mm)
    found: NDArray[np.float32] = ndimage.map_coordinates(
        look.parts.sum(axis=0), index.T, order=1, mode="constant", cval=0.0
    )
    return found
