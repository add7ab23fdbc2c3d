"""Running the locator: where the pori of a scan are, and what it was shown."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.inference.device import memory_guard, resolve_device
from VSSegmentationLib.inference.locate import Pori, find_pori, on_canvas
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.settings import LocatorSettings
from VSSegmentationLib.inference.windows import predictor, probabilities_by_slice
from VSSegmentationLib.preprocessing import Grid, grid_of, intensity_of, resample, working_grid, z_scored
from VSSegmentationLib.volume import Volume, reorder


class Located(NamedTuple):
    """Where the pori are, and the scan at the resolution at which they were looked for."""

    pori: Pori
    array: NDArray[np.float32]
    """(D, H, W) gray values, axes to superior, anterior, right."""
    grid: Grid


def locate_pori(
    image: Volume,
    locator: ModelBundle,
    *,
    device: str = "auto",
    on_step: Callable[[float], None] = lambda _share: None,
) -> Located:
    """Find the pori of a scan of any orientation.

    Args:
        image: float32 scan, as it was read.
        locator: The model.
        device: auto, cpu, cuda, cuda:N or mps.
        on_step: Told the share done; may raise to stop.

    Raises:
        InputRefusedError: If voxels are not finite or all equal.
        UsageError: If there is no such device.
        DeviceMemoryError: If memory runs out.
    """
    target = resolve_device(device)
    locator.network.to(target)
    ordered = reorder(image, geometry.superior_anterior_right_order(image.dhw_to_ras))
    with memory_guard(target), torch.inference_mode():
        return run_locator(ordered, locator, device=target, on_step=on_step)


def run_locator(
    ordered: Volume, locator: ModelBundle, *, device: torch.device, on_step: Callable[[float], None]
) -> Located:
    """Find the pori of a scan whose axes run to superior, anterior, right, with the network on its device."""
    settings = locator.settings_as(LocatorSettings)
    grid = working_grid(grid_of(ordered), settings.preprocessing.spacing_dhw_mm)
    array = resample(ordered, grid).array
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
    return Located(find_pori(probabilities, grid, settings.locator), array, grid)
