"""Looking at each ear by itself: a window round each porus, mirrored so that every ear is shown as a right one.

A network that always sees the same anatomy in the same place has less to learn, and nothing far from the canals can be
taken for tumor.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import floor, prod
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.inference.config import WindowConfig
from VSSegmentationLib.inference.locate import Pori, Side
from VSSegmentationLib.inference.windows import blend_weights, to_probabilities
from VSSegmentationLib.preprocessing import Grid, Slab
from VSSegmentationLib.tensors import array_of, tensor_of

SHIFTS_DHW = ((0, 0, 0), (0, 6, 0), (0, -6, 0), (2, 0, 0), (-2, 0, 0), (0, 0, 6), (0, 0, -6))
"""Voxels by which further windows are moved for a steadier answer; the first is none."""

MOST_ADDED_WINDOWS = 8
"""For tumors larger than a window: two further ones in each of four directions hold the largest that are seen."""
_BETWEEN = 0.02
"""Voxels: so close to the middle between two voxels a window begins at both. Far more than what numbers differ by from
processor to processor, and so little that few scans need a further window."""
_LEAST_CUT = 30
"""Voxels of a window's face that a tumor has to reach through, so that a stray one does not add windows."""


class EarWindow(NamedTuple):
    """Where one ear is looked at."""

    start_dhw: Shape
    """First voxel of the window; may lie outside the image, where the network is shown 0, the mean."""
    is_left: bool
    weight: float = 1.0
    """How much its answer counts beside those of the other windows."""


def ear_windows(
    pori: Pori, dhw_to_ras: Affine, size_dhw: Shape, *, medial_mm: float, shifted: bool = False
) -> list[EarWindow]:
    """Return the windows round the known pori, right ear before left.

    Args:
        pori: Where they are, in RAS.
        dhw_to_ras: Grid of the network's input, axes to superior, anterior, right.
        size_dhw: Size of a window in voxels of that grid.
        medial_mm: How far medial of the porus its middle lies: most of a tumor is there.
        shifted: With further windows of each ear, moved by `SHIFTS_DHW`.
    """
    to_index = geometry.as_affine(np.linalg.inv(dhw_to_ras))
    lateral_step = medial_mm / geometry.spacing_dhw_mm(dhw_to_ras)[2]
    windows = []
    for center_ras_mm, is_left in ((pori.right_ras_mm, False), (pori.left_ras_mm, True)):
        if center_ras_mm is None:
            continue
        center = geometry.transform_points(to_index, np.array(center_ras_mm))
        center[2] += lateral_step if is_left else -lateral_step
        for shift in SHIFTS_DHW if shifted else SHIFTS_DHW[:1]:
            starts = weighed_starts(center + shift - np.array(size_dhw) / 2)
            windows += [EarWindow(start, is_left, weight) for start, weight in starts]
    return windows


def weighed_starts(start_dhw: NDArray[np.float64]) -> list[tuple[Shape, float]]:
    """Return where windows begin instead of this place between voxels, each with its weight; together they weigh 1.

    That is the nearest voxel, and close to the middle between two of them both, in shares that go over into each other:
    so that nothing jumps where a porus moves by next to nothing, as it does from one kind of processor to the next. No
    window begins between voxels, since reading a scan between its slices would blur it.

    Args:
        start_dhw: In voxels and parts of them.
    """
    along = [_weighed(place) for place in start_dhw.tolist()]
    return [((d, h, w), of_d * of_h * of_w) for (d, of_d), (h, of_h), (w, of_w) in product(*along)]


def _weighed(place: float) -> list[tuple[int, float]]:
    below = floor(place)
    above = float(np.clip((place - below - 0.5) / (2 * _BETWEEN) + 0.5, 0, 1))
    return [(n, share) for n, share in ((below, 1 - above), (below + 1, above)) if share > 0]


def unseen_sides(pori: Pori, grid: Grid, config: WindowConfig) -> tuple[Side, ...]:
    """Return the sides whose porus is known and whose window lies too far outside the network's input to be judged."""
    return tuple(side for side, seen in seen_shares(pori, grid, config).items() if seen < config.least_seen_share)


def hardly_seen_sides(pori: Pori, grid: Grid, config: WindowConfig) -> tuple[Side, ...]:
    """Return the sides that are judged, and seen by so little that a finding there is uncertain."""
    limits = config.least_seen_share, config.sure_seen_share
    return tuple(side for side, seen in seen_shares(pori, grid, config).items() if limits[0] <= seen < limits[1])


def seen_shares(pori: Pori, grid: Grid, config: WindowConfig) -> dict[Side, float]:
    """Return how much of the window round each known porus lies inside the network's input, 0 to 1."""
    windows = ear_windows(pori, grid.dhw_to_ras, config.size_dhw, medial_mm=config.medial_of_porus_mm)
    return {_side(window): _seen_share(window, config, grid) for window in windows}


def seen_windows(pori: Pori, grid: Grid, config: WindowConfig, *, shifted: bool) -> list[EarWindow]:
    """Return the windows of the ears that can be judged: all known ones but the unseen."""
    unseen = unseen_sides(pori, grid, config)
    windows = ear_windows(pori, grid.dhw_to_ras, config.size_dhw, medial_mm=config.medial_of_porus_mm, shifted=shifted)
    return [window for window in windows if _side(window) not in unseen]


def _side(window: EarWindow) -> Side:
    return "left" if window.is_left else "right"


def _seen_share(window: EarWindow, config: WindowConfig, grid: Grid) -> float:
    inside = [
        max(0, min(start + size, n) - max(start, 0))
        for start, size, n in zip(window.start_dhw, config.size_dhw, grid.shape, strict=True)
    ]
    return prod(inside) / prod(config.size_dhw)


def windows_beyond(tumor: NDArray[np.float32], window: EarWindow, shape: Shape) -> list[EarWindow]:
    """Return where to look as well, as the largest tumor of a window goes on beyond its border: a third of it further.

    Args:
        tumor: (d, h, w), its probability in this window.
        window: Where that is.
        shape: (D, H, W) of the whole image; nothing goes on beyond its border.
    """
    pieces, count = ndimage.label(tumor > 0.5)
    if count == 0:
        return []
    largest = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    further = []
    for axis, (start, size, end) in enumerate(zip(window.start_dhw, tumor.shape, shape, strict=True)):
        for face, step, goes_on in ((0, -1, start > 0), (-1, 1, start + size < end)):
            if goes_on and largest.take(face, axis).sum() >= _LEAST_CUT:
                moved = list(window.start_dhw)
                moved[axis] += step * (size // 3)
                further.append(window._replace(start_dhw=(moved[0], moved[1], moved[2])))
    return further


def probabilities_of_ears(
    predict: Callable[[Tensor], Tensor],
    image: NDArray[np.float32],
    windows: Sequence[EarWindow],
    size_dhw: Shape,
    *,
    classes: int,
    organ_classes: Sequence[int] = (),
    device: torch.device,
    on_step: Callable[[float], None],
    maps: int = 0,
) -> Iterator[Slab]:
    """Yield class probabilities (K, 1, H, W) of one slice after the other; outside of all windows all is background.

    Args:
        predict: (1, C, d, h, w) on the device to logits (1, K, d, h, w), behind them so many maps if any are told; it
            always sees a right ear.
        image: (D, H, W), or (C, D, H, W) of channels, normalized, axes to superior, anterior, right.
        windows: Where they overlap, their answers are blended; none is an image of background. Where a tumor goes on
            beyond one, `windows_beyond` adds more.
        size_dhw: Size of each.
        classes: K.
        organ_classes: Those that are neither background nor tumor.
        device: Where windows are computed.
        on_step: Told the share done before each window; may raise to stop.
        maps: M attention maps behind the logits; then (K + M, 1, H, W) come, with maps of 0 outside of all windows.
    """
    channels = image if image.ndim == 4 else image[None]
    shape: Shape = (channels.shape[1], channels.shape[2], channels.shape[3])
    total = np.zeros((classes + maps, *shape), np.float32)
    weight = np.zeros(shape, np.float32)
    along = [blend_weights(n) for n in size_dhw]
    blend = along[0][:, None, None] * along[1][:, None] * along[2]
    looked_at, done = list(windows), 0.0
    for number, window in enumerate(looked_at):  # which grows where a tumor is larger than its window
        done = max(done, number / len(looked_at))
        on_step(done)
        index = [np.arange(start, start + n) for start, n in zip(window.start_dhw, size_dhw, strict=True)]
        inside = [np.flatnonzero((i >= 0) & (i < n)) for i, n in zip(index, shape, strict=True)]
        if not all(len(kept) for kept in inside):
            continue  # wholly outside the image
        place = tuple(slice(i[k[0]], i[k[-1]] + 1) for i, k in zip(index, inside, strict=True))
        cut = tuple(slice(k[0], k[-1] + 1) for k in inside)
        shown = np.zeros((len(channels), *size_dhw), np.float32)
        shown[(slice(None), *cut)] = channels[(slice(None), *place)]
        part = _answer(predict, shown[..., ::-1] if window.is_left else shown, device, maps)
        part = part[..., ::-1] if window.is_left else part
        counts = blend * np.float32(window.weight)
        total[(slice(None), *place)] += (part * counts)[(slice(None), *cut)]
        weight[place] += counts[cut]
        tumor = 1 - part[0] - part[list(organ_classes)].sum(axis=0)
        beyond = windows_beyond(tumor, window, shape)
        room = len(windows) + MOST_ADDED_WINDOWS - len(looked_at)
        looked_at += [each for each in beyond if each not in looked_at][:room]
    seen = weight > 0
    total[:, seen] /= weight[seen]
    total[0, ~seen] = 1.0
    for depth in range(shape[0]):
        yield Slab(depth, total[:, depth : depth + 1])


def _answer(
    predict: Callable[[Tensor], Tensor], shown: NDArray[np.float32], device: torch.device, maps: int
) -> NDArray[np.float32]:
    logits = predict(tensor_of(shown)[None].to(device))
    probability: NDArray[np.float32] = array_of(to_probabilities(logits[0].float().cpu(), maps))
    return probability
