"""The two pori of a scan by a locator: to know where to look, and on which side of the head something lies."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.inference.device import memory_guard, resolve_device
from VSSegmentationLib.inference.locate import Pori, Side, find_pori, on_canvas
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.settings import LocatorSettings
from VSSegmentationLib.inference.windows import predictor, probabilities_by_slice
from VSSegmentationLib.preprocessing import grid_of, intensity_of, resample, working_grid, z_scored
from VSSegmentationLib.volume import Volume, reorder

FARTHEST_MM = 30.0
"""What is farther from both pori is not told to lie on the side of one; as far as a tumor may be from its porus."""


def locate_pori(
    scan: Volume, locator: ModelBundle, *, device: torch.device, on_step: Callable[[float], None] = lambda _share: None
) -> Pori:
    """Return where the pori are in a scan.

    Args:
        scan: float32, axes to superior, anterior, right.
        locator: The model, on the device.
        device: Where it is computed.
        on_step: Told the share that is done; may raise to stop.
    """
    settings = locator.settings_as(LocatorSettings)
    grid = working_grid(grid_of(scan), settings.preprocessing.spacing_dhw_mm)
    array = resample(scan, grid).array
    canvas, window = on_canvas(z_scored(array, intensity_of(array)), settings.locator.canvas_dhw)
    slices = probabilities_by_slice(
        predictor(locator.network, flips=False),
        lambda start, stop: canvas[start:stop],
        (canvas.shape[0], canvas.shape[1], canvas.shape[2]),
        config=settings.window,
        device=device,
        on_step=on_step,
    )
    probabilities = np.concatenate([slab.array for slab in slices], axis=1)[:, *window]
    return find_pori(probabilities, grid, settings.locator)


def side_nearest(scan: Volume, points_ras_mm: NDArray[np.float64], locator: ModelBundle) -> Side | None:
    """Return the side of the porus that some points lie nearest to; None if they are far from both.

    None, too, where the scan does not show both: of one alone, a locator may say the wrong side.

    Args:
        scan: float32, as it was read.
        points_ras_mm: (n, 3), such as the voxels of a tumor.
        locator: The model that finds the pori.

    Raises:
        DeviceMemoryError: If memory runs out.
        InputRefusedError: If voxels are not finite or all equal, or the field of view is impossible.
    """
    device = resolve_device("auto")
    ordered = reorder(scan, geometry.superior_anterior_right_order(scan.dhw_to_ras))
    with memory_guard(device), torch.inference_mode():
        locator.network.to(device)
        pori = locate_pori(ordered, locator, device=device)
    if pori.right_ras_mm is None or pori.left_ras_mm is None or pori.assumed is not None:
        return None
    right_mm, left_mm = (
        float(np.linalg.norm(points_ras_mm - np.array(center), axis=1).min())
        for center in (pori.right_ras_mm, pori.left_ras_mm)
    )
    if min(right_mm, left_mm) > FARTHEST_MM:
        return None
    return "right" if right_mm < left_mm else "left"
