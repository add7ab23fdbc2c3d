"""From a scan to a labelmap on the scan's own grid: locate, look closely, choose, divide."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference.device import memory_guard, resolve_device
from VSSegmentationLib.inference.divider import Boundary, divide_tumor
from VSSegmentationLib.inference.ears import probabilities_of_ears, seen_windows
from VSSegmentationLib.inference.locate import Pori, Region, choose_region, find_pori, hardly_larger, on_canvas
from VSSegmentationLib.inference.model_file import ModelBundle
from VSSegmentationLib.inference.nnunet import FoldEnsemble, NnUNetPlans, predict_probabilities
from VSSegmentationLib.inference.postprocessing import Candidate, FoundVoxels, choose_tumor
from VSSegmentationLib.inference.provenance import Course, provenance_of, warnings_about
from VSSegmentationLib.inference.windows import predictor, probabilities_by_slice
from VSSegmentationLib.preprocessing import (
    Box,
    Grid,
    Intensity,
    Slab,
    box_around,
    crop_grid,
    grid_of,
    head_mask,
    indices_inside,
    intensity_of,
    operators_between,
    resample,
    resample_slabs,
    working_grid,
    z_scored,
)
from VSSegmentationLib.progress import OnProgress, Progress, ShouldCancel
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume, reorder, undo_reorder

_COARSE_DHW_MM = (3.0, 3.0, 3.0)


@dataclass(frozen=True, kw_only=True)
class Models:
    """What a scan is segmented with."""

    segmenter: ModelBundle
    locator: ModelBundle | None = None
    """Without one, the whole scan is segmented, window by window."""
    divider: ModelBundle | None = None
    """Divides what the segmenter found; without one, the segmenter's own parts stand, if it gives any."""

    __repr__ = short_repr

    def __post_init__(self) -> None:
        bundles = (("segmenter", self.segmenter), ("locator", self.locator), ("divider", self.divider))
        for wanted, bundle in bundles:
            if bundle is not None and bundle.role != wanted:
                msg = f"the model '{bundle.name}' is a {bundle.role}, and a {wanted} is needed"
                raise ModelError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class Segmentation:
    """The labelmap, and all that should be said about it."""

    labelmap: Volume
    """uint8 `Label` values on the grid of the scan."""
    tumor: Candidate | None
    """None: no tumor was found, which is a result."""
    candidates: tuple[Candidate, ...]
    """What else looked like tumor, and why it was not taken."""
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]
    boundary: Boundary | None = None
    """How sure the boundary of the two parts is; None where no divider looked at it."""

    __repr__ = short_repr


class _Run(NamedTuple):
    scan: Volume  # axes to superior, anterior, right
    device: torch.device
    progress: Progress


def segment(
    image: Volume,
    models: Models,
    *,
    modality: str = "unknown",
    device: str = "auto",
    flips: bool = False,
    on_progress: OnProgress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> Segmentation:
    """Segment the vestibular schwannoma of a scan of any orientation, spacing and field of view.

    Args:
        image: float32 scan, as it was read.
        models: Segmenter, the locator that finds the region for it, and the divider of what it finds.
        modality: Of the scan ("T2", "ceT1", "T1"); compared with the model's for a warning.
        device: auto, cpu, cuda, cuda:N or mps.
        flips: Average with the mirrored scan, or, where a model looks at each ear by itself, over windows moved a
            little, and divide over all eight mirror images instead of four: takes longer, a little steadier.
        on_progress: Told the fraction done and the stage.
        should_cancel: Asked before every stage and window.

    Raises:
        InputRefusedError: If voxels are not finite or all equal, or the field of view is impossible.
        UsageError: If there is no such device.
        DeviceMemoryError: If memory runs out.
        CancelledError: If `should_cancel` said so.
    """
    target = resolve_device(device)
    order = geometry.superior_anterior_right_order(image.dhw_to_ras)
    run = _Run(reorder(image, order), target, Progress(on_progress, should_cancel))
    with memory_guard(target), torch.inference_mode():
        for bundle in (models.segmenter, models.locator, models.divider):
            if bundle is not None:
                bundle.network.to(target)
        with run.progress.stage("checking the scan", 0.03):
            whole = intensity_of(run.scan.array)
        pori = _locate(run, models.locator)
        working = working_grid(grid_of(run.scan), models.segmenter.preprocessing.spacing_dhw_mm)
        region = choose_region(pori, working, models.segmenter.region)
        part = working if region.box is None else crop_grid(working, region.box)
        intensity = _intensity(run, models.segmenter, region, part, whole)
        if models.segmenter.nnunet is None:
            found, box = _look_closely(run, models.segmenter, part, intensity, pori, flips=flips)
        else:
            found, box = _as_nnunet(run, models.segmenter, models.segmenter.nnunet)
        with run.progress.stage("choosing the tumor", 0.87):
            choice = choose_tumor(found, pori, grid_of(run.scan), models.segmenter.plausibility)
            labelmap = np.zeros(run.scan.shape, np.uint8)
            labelmap[tuple(slice(a, b) for a, b in zip(box.start, box.stop, strict=True))] = choice.labelmap
        division = None
        if models.divider is not None and choice.tumor is not None:
            with run.progress.stage("dividing the tumor", 1.0):
                own = models.segmenter.preprocessing.intensity == models.divider.preprocessing.intensity
                division = divide_tumor(
                    run.scan, labelmap, models.divider,
                    intensity if own else _intensity_round(run, labelmap, models.divider, whole),
                    device=target, every_flip=flips, on_step=run.progress.step,
                )  # fmt: skip
                labelmap = division.labelmap
    run.progress.finish()
    boundary = None if division is None else division.boundary
    course = Course(
        models.segmenter, models.locator, models.divider, grid_of(run.scan), pori, region, part, intensity, target,
        flips, boundary,
    )  # fmt: skip
    return Segmentation(
        labelmap=image.with_array(np.ascontiguousarray(undo_reorder(labelmap, order))),
        tumor=choice.tumor,
        candidates=choice.candidates,
        warnings=warnings_about(course, modality),
        provenance=provenance_of(course, run.progress.seconds),
        boundary=course.boundary,
    )


def _as_nnunet(run: _Run, segmenter: ModelBundle, plans: NnUNetPlans) -> tuple[FoundVoxels, Box]:
    """Return what a model of nnU-Net says about every voxel; it is shown the scan as axial images are stored.

    Its slices run to superior, its rows to posterior, its columns to left, whatever way the scan lies.
    """
    if not isinstance(segmenter.network, FoldEnsemble):
        msg = f"the model '{segmenter.name}' has nnU-Net's plans and a network that is none of its"
        raise ModelError(msg)
    with run.progress.stage("segmenting", 0.85):
        shown = np.ascontiguousarray(run.scan.array[:, ::-1, ::-1], dtype=np.float32)
        probabilities = predict_probabilities(
            shown[None], run.scan.spacing_dhw_mm, segmenter.network, plans, device=run.device,
            on_step=run.progress.step,
        )[..., ::-1, ::-1]  # fmt: skip
        meanings = np.array(plans.meanings)
        labels = np.array(segmenter.labels[1:], np.uint8)
        parts = np.stack([probabilities[meanings == label].sum(axis=0) for label in labels])
    found = FoundVoxels(parts.sum(axis=0).astype(np.float16), labels[parts.argmax(axis=0)], grid_of(run.scan))
    return found, Box((0, 0, 0), run.scan.shape)


def _locate(run: _Run, locator: ModelBundle | None) -> Pori:
    if locator is None:
        return Pori()
    with run.progress.stage("finding the region", 0.2):
        grid = working_grid(grid_of(run.scan), locator.preprocessing.spacing_dhw_mm)
        array = resample(run.scan, grid).array
        canvas, window = on_canvas(z_scored(array, intensity_of(array)), locator.locator.canvas_dhw)
        slices = probabilities_by_slice(
            predictor(locator.network, flips=False),
            lambda start, stop: canvas[start:stop],
            (canvas.shape[0], canvas.shape[1], canvas.shape[2]),
            config=locator.window,
            device=run.device,
            on_step=run.progress.step,
        )
        probabilities = np.concatenate([slab.array for slab in slices], axis=1)[:, *window]
        return find_pori(probabilities, grid, locator.locator)


def _intensity(run: _Run, segmenter: ModelBundle, region: Region, part: Grid, whole: Intensity) -> Intensity:
    """Return what the z-score is taken from: never the air round a head where the model was trained on regions."""
    if segmenter.preprocessing.intensity == "scan":
        return whole
    if region.box is not None or hardly_larger(part, segmenter.region):
        return intensity_of(resample(run.scan, part).array)
    coarse = resample(run.scan, working_grid(grid_of(run.scan), _COARSE_DHW_MM)).array
    return intensity_of(coarse, head_mask(coarse))


def _intensity_round(run: _Run, labelmap: NDArray[np.uint8], divider: ModelBundle, whole: Intensity) -> Intensity:
    """Return what a divider's z-score is taken from where the segmenter's is of another kind: a region round the tumor.

    VS_Seg and nnU-Net normalize by the whole scan, air and all, which a divider has not seen in training.
    """
    if divider.preprocessing.intensity == "scan":
        return whole
    r, a, s = geometry.transform_points(run.scan.dhw_to_ras, np.argwhere(labelmap > 0).mean(axis=0)).tolist()
    working = working_grid(grid_of(run.scan), divider.preprocessing.spacing_dhw_mm)
    part = crop_grid(working, box_around(working, (r, a, s), divider.region.size_dhw_mm))
    return intensity_of(resample(run.scan, part).array)


def _probabilities(
    run: _Run,
    segmenter: ModelBundle,
    part: Grid,
    image_slices: Callable[[int, int], NDArray[np.float32]],
    pori: Pori,
    *,
    flips: bool,
) -> Iterator[Slab]:
    """Return what the network says of each slice of `part`: ear by ear if it was trained so, else window by window."""
    config = segmenter.window
    if config.at_pori and pori.centers_ras_mm():
        return probabilities_of_ears(
            predictor(segmenter.network, flips=False),
            image_slices(0, part.shape[0]),
            seen_windows(pori, part, config, shifted=flips),
            config.size_dhw,
            classes=len(segmenter.labels),
            device=run.device,
            on_step=run.progress.step,
        )
    return probabilities_by_slice(
        predictor(segmenter.network, flips=flips or config.at_pori),  # either ear may be here
        image_slices,
        part.shape,
        config=config,
        device=run.device,
        on_step=run.progress.step,
    )


def _look_closely(
    run: _Run, segmenter: ModelBundle, part: Grid, intensity: Intensity, pori: Pori, *, flips: bool
) -> tuple[FoundVoxels, Box]:
    """Return what the network says about the voxels of the scan inside `part`, and which voxels those are."""
    scan_grid = grid_of(run.scan)
    box = indices_inside(scan_grid, part)
    target = crop_grid(scan_grid, box)

    def image_slices(start: int, stop: int) -> NDArray[np.float32]:
        slices = crop_grid(part, Box((start, 0, 0), (stop, *part.shape[1:])))
        return z_scored(resample(run.scan, slices).array, intensity)

    with run.progress.stage("segmenting", 0.85):
        slabs = _probabilities(run, segmenter, part, image_slices, pori, flips=flips)
        tumor_labels = np.array(segmenter.labels[1:], np.uint8)
        probability = np.zeros(target.shape, np.float16)
        label = np.zeros(target.shape, np.uint8)
        for slab in resample_slabs(slabs, operators_between(part, target)):
            probability[slab.start] = slab.array[1:, 0].sum(axis=0)
            label[slab.start] = tumor_labels[slab.array[1:, 0].argmax(axis=0)]
    return FoundVoxels(probability, label, target), box
