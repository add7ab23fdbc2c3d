"""From a scan to a labelmap on the scan's own grid: locate, look closely, choose, divide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference.config import LooksConfig
from VSSegmentationLib.inference.device import memory_guard, resolve_device
from VSSegmentationLib.inference.divider import Boundary, divide_tumor, intensity_round_tumor
from VSSegmentationLib.inference.engines import Compute, ComputedBy, computed_by, ready_to_run
from VSSegmentationLib.inference.locate import REGION_FIRST_MARGIN_MM, Pori, Side, choose_region
from VSSegmentationLib.inference.locating import run_locator
from VSSegmentationLib.inference.looks import Ears, look_again
from VSSegmentationLib.inference.maps import AttentionKeeper, Maps, facts_of
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.organs import with_organs
from VSSegmentationLib.inference.postprocessing import Candidate, Choice, choose_tumor, found_voxels
from VSSegmentationLib.inference.probabilities import probability_source
from VSSegmentationLib.inference.provenance import Course, doubts_about, hardly_seen, provenance_of, warnings_about
from VSSegmentationLib.inference.scan_inputs import (
    Channel,
    ScanInputs,
    channels_of,
    scan_inputs,
    whole_intensities,
)
from VSSegmentationLib.inference.settings import DividerSettings, LocatorSettings, SegmenterSettings
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.preprocessing import (
    Box,
    Grid,
    Intensity,
    crop_grid,
    working_grid,
)
from VSSegmentationLib.progress import OnProgress, Progress, ShouldCancel
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume, undo_reorder

_HARDLY_SEEN = "this ear lies mostly outside the scan"


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
        self.segmenter.settings_as(SegmenterSettings)
        if self.locator is not None:
            self.locator.settings_as(LocatorSettings)
        if self.divider is not None:
            self.divider.settings_as(DividerSettings)
            found, divided = self.segmenter.label_set.name, self.divider.label_set.name
            if found != divided:
                msg = (
                    f"the model '{self.divider.name}' divides {divided}, and the model '{self.segmenter.name}' finds "
                    f"{found}: take a divider of the same, or none"
                )
                raise ModelError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class Segmentation:
    """The labelmap, and all that should be said about it."""

    labelmap: Volume
    """uint8 values of the label set on the grid of the first scan."""
    label_set: LabelSet
    task: str
    """Name of the task of the model."""
    tumor: Candidate | None
    """None: no tumor was found, which is a result."""
    candidates: tuple[Candidate, ...]
    """What else looked like tumor, and why it was not taken."""
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]
    doubts: tuple[str, ...] = ()
    """Those of the warnings for which the result cannot be relied on."""
    pori: Pori | None = None
    """Of the first scan; None where no locator looked for them."""
    boundary: Boundary | None = None
    """How sure the boundary of the two parts is; None where no divider looked at it."""
    maps: Maps | None = None
    """The network's output and attention, voxel by voxel; None where they were not asked for."""

    __repr__ = short_repr


class _Run(NamedTuple):
    scans: ScanInputs
    models: Models
    device: torch.device
    by: ComputedBy
    progress: Progress
    flips: bool
    looks: LooksConfig | None
    pori: Pori | None
    """Known before; None looks for them."""
    maps: bool
    region_first: bool


class _Kept(NamedTuple):
    """What a network said, before anything was chosen; axes to superior, anterior, right."""

    box: Box
    """Of the first scan: what was looked at."""
    tumor_probability: NDArray[np.float16]
    attention_levels: NDArray[np.float16]
    """(L, D, H, W)."""


class _Found(NamedTuple):
    labelmap: NDArray[np.uint8]
    """On the grid of the first scan, axes to superior, anterior, right."""
    choice: Choice
    course: Course
    kept: _Kept | None
    """None where no maps were asked for."""


class _Chosen(NamedTuple):
    labelmap: NDArray[np.uint8]
    """Of the first scan, with organs if the model gives any."""
    choice: Choice
    looks: dict[Side, int] | None
    """How often each ear was looked at again; None: no ear by itself."""
    kept: _Kept | None
    """None where no maps were asked for; attention is that of the first look."""


def segment(
    image: Volume | Sequence[Volume],
    models: Models,
    *,
    modality: str | Sequence[str] = "unknown",
    device: str = "auto",
    compute: Compute | None = None,
    flips: bool = False,
    looks: LooksConfig | None = None,
    pori: Pori | None = None,
    maps: bool = False,
    region_first: bool = False,
    on_progress: OnProgress | None = None,
    should_cancel: ShouldCancel | None = None,
) -> Segmentation:
    """Segment the tumor in a scan, or in several of one examination, of any orientation, spacing and field of view.

    Args:
        image: float32 scan, as it was read; of a model that takes several, all of them in the order of its inputs.
            Each may lie on its own grid; the result lies on that of the first.
        models: Segmenter, the locator that finds the region for it, and the divider of what it finds.
        modality: Of the scan ("T2", "ceT1", "T1"), or of each; compared with the model's for a warning.
        device: auto, cpu, cuda, cuda:N or mps.
        compute: In which numbers, by which engine; None is what is fastest here.
        flips: Average with the mirrored scan, or, where a model looks at each ear by itself, over windows moved a
            little, and divide over all eight mirror images instead of four: takes longer, a little steadier.
        looks: How an ear in which something was found is looked at again, by a model that looks at each ear by itself;
            None looks once.
        pori: As `locate` found them in the first scan with the same locator; None looks for them.
        maps: Keep the network's output for tumor and its attention maps: 2 bytes each for every voxel looked at.
        region_first: Show a model that was made for whole scans only the region that the locator finds, and a margin:
            many times faster, and not proven to give the same answer.
        on_progress: Told the fraction done and the stage.
        should_cancel: Asked before every stage and window.

    Raises:
        InputRefusedError: If voxels are not finite or all equal, the field of view is impossible, the model takes more
            or fewer scans, or the scans do not overlap.
        UsageError: If there is no such device, precision or engine, or there are more or fewer modalities than scans.
        DeviceMemoryError: If memory runs out.
        CancelledError: If `should_cancel` said so.
    """
    images = (image,) if isinstance(image, Volume) else tuple(image)
    modalities = _one_each(modality, len(images))
    target = resolve_device(device)
    scans = scan_inputs(images, models.segmenter)
    by = computed_by(_compute(compute or Compute(), models.segmenter, maps=maps), target)
    run = _Run(scans, models, target, by, Progress(on_progress, should_cancel), flips, looks, pori, maps, region_first)
    with memory_guard(target), torch.inference_mode():
        found = _carry_out(run._replace(models=_ready(run)))
    run.progress.finish()
    labelmap = images[0].with_array(np.ascontiguousarray(undo_reorder(found.labelmap, scans.order)))
    kept = None if found.kept is None else _maps(found.kept, labelmap, scans, models.segmenter)
    return Segmentation(
        labelmap=labelmap,
        label_set=models.segmenter.label_set,
        task=models.segmenter.task,
        tumor=_doubted(found.choice.tumor, hardly_seen(found.course)),
        candidates=found.choice.candidates,
        warnings=warnings_about(found.course, modalities),
        provenance={**provenance_of(found.course, run.progress.seconds), **facts_of(kept)},
        doubts=doubts_about(found.course, modalities),
        pori=None if models.locator is None else found.course.pori,
        boundary=found.course.boundary,
        maps=kept,
    )


def _doubted(tumor: Candidate | None, sides: Sequence[str]) -> Candidate | None:
    """Return the tumor, uncertain if its ear is one of those that are hardly seen."""
    if tumor is None or tumor.side not in sides:
        return tumor
    return replace(tumor, uncertain="; ".join(filter(None, (tumor.uncertain, _HARDLY_SEEN))))


def _maps(kept: _Kept, labelmap: Volume, scans: ScanInputs, segmenter: ModelBundle) -> Maps:
    return Maps(
        grid=labelmap,
        order=scans.order,
        box=kept.box,
        tumor_probability=kept.tumor_probability,
        attention_levels=kept.attention_levels,
        no_attention="" if len(kept.attention_levels) else f"The model '{segmenter.name}' has no attention maps.",
    )


def _compute(compute: Compute, segmenter: ModelBundle, *, maps: bool) -> Compute:
    """Return how networks are run: where attention is asked for, by torch, since OpenVINO gives the logits alone."""
    if not (maps and segmenter.network_config.attention_maps):
        return compute
    if compute.engine == "openvino":
        msg = "the engine OpenVINO gives no attention maps; take --engine torch, or leave the maps out"
        raise UsageError(msg)
    return replace(compute, engine="torch")


def _one_each(modality: str | Sequence[str], count: int) -> tuple[str, ...]:
    modalities = (modality,) * count if isinstance(modality, str) else tuple(modality)
    if len(modalities) != count:
        msg = f"each scan has one modality; got {count} scans and {len(modalities)} modalities"
        raise UsageError(msg)
    return modalities


def _ready(run: _Run) -> Models:
    with run.progress.stage("preparing the networks", 0.01):
        segmenter, locator, divider = (
            None if bundle is None else ready_to_run(bundle, run.device, run.by)
            for bundle in (run.models.segmenter, run.models.locator, run.models.divider)
        )
    assert segmenter is not None
    return replace(run.models, segmenter=segmenter, locator=locator, divider=divider)


def _carry_out(run: _Run) -> _Found:
    scans, models = run.scans, run.models
    with run.progress.stage("checking the scan", 0.03):
        whole = whole_intensities(scans, models.segmenter.settings.preprocessing)
    pori = _locate(run)
    settings = models.segmenter.settings_as(SegmenterSettings)
    working = working_grid(scans.grid, settings.preprocessing.spacing_dhw_mm)
    margin_mm = REGION_FIRST_MARGIN_MM if run.region_first else 0.0
    region = choose_region(pori, working, settings.region, margin_mm=margin_mm)
    part = working if region.box is None else crop_grid(working, region.box)
    channels = channels_of(scans, settings.preprocessing, settings.region, region, part, whole=whole)
    labelmap, choice, looks, kept = _find_tumor(run, part, channels, pori)
    boundary = None
    if models.divider is not None and choice.tumor is not None:
        with run.progress.stage("dividing the tumor", 1.0):
            intensity = _divider_intensity(run, models.divider, labelmap, channels[0].intensity, whole[0])
            labelmap, boundary = divide_tumor(
                scans.first, labelmap, models.divider, intensity, device=run.device, every_flip=run.flips,
                on_step=run.progress.step,
            )  # fmt: skip
    intensities = tuple(channel.intensity for channel in channels)
    course = Course(
        models.segmenter, models.locator, models.divider, scans.grid, pori, region, part, intensities, run.device,
        run.by, run.flips, boundary, run.looks, looks,
    )  # fmt: skip
    return _Found(labelmap, choice, course, kept)


def _find_tumor(run: _Run, part: Grid, channels: tuple[Channel, ...], pori: Pori) -> _Chosen:
    """Return the labelmap of the first scan, and what was weighed for it."""
    segmenter, grid = run.models.segmenter, run.scans.grid
    settings = segmenter.settings_as(SegmenterSettings)
    by_ear = segmenter.nnunet is None and settings.window.at_pori and bool(pori.centers_ras_mm())
    looks = run.looks if by_ear else None
    source = probability_source(
        segmenter, part, channels, pori, device=run.device, flips=run.flips, with_attention=run.maps
    )
    with run.progress.stage("segmenting", 0.85 if looks is None else 0.4):
        box, slabs = source.probabilities(run.scans, run.progress.step)
        looked_at = crop_grid(grid, box)
        levels = segmenter.network_config.attention_maps if run.maps else 0
        keeper = AttentionKeeper(looked_at.shape, len(segmenter.labels), levels)
        found = found_voxels(
            keeper.passing(slabs), looked_at, segmenter.labels, segmenter.tumor_classes, segmenter.organ_classes,
            nested=segmenter.nested,
        )  # fmt: skip
    counts: dict[Side, int] | None = None
    if looks is not None:
        with run.progress.stage("looking again", 0.85):
            ears = Ears(
                scans=run.scans, segmenter=segmenter, channels=channels, part=part, pori=pori, device=run.device,
                looks=looks,
            )  # fmt: skip
            found, counts = look_again(found, ears, run.progress.step)
    with run.progress.stage("choosing the tumor", 0.87):
        choice = choose_tumor(found, pori, grid, settings.plausibility, settings.certainty)
        labelmap = run.scans.empty_labelmap()
        place = tuple(slice(a, b) for a, b in zip(box.start, box.stop, strict=True))
        labelmap[place] = with_organs(choice.labelmap, found, segmenter.label_set, pori, grid)
    kept = _Kept(box, found.tumor_probability, keeper.levels) if run.maps else None
    return _Chosen(labelmap, choice, counts, kept)


def _locate(run: _Run) -> Pori:
    """Return where the pori are in the first scan, if there is a locator."""
    if run.models.locator is None:
        return Pori()
    with run.progress.stage("finding the region", 0.2):
        if run.pori is not None:
            return run.pori
        return run_locator(run.scans.first, run.models.locator, device=run.device, on_step=run.progress.step).pori


def _divider_intensity(
    run: _Run, divider: ModelBundle, labelmap: NDArray[np.uint8], segmenters: Intensity, whole: Intensity
) -> Intensity:
    """Return what a divider's z-score is taken from: the segmenter's, or if that is of another kind, its own.

    VS_Seg and nnU-Net normalize by the whole scan, air and all, which a divider has not seen in training; for it, a
    region round the tumor is taken.
    """
    settings = divider.settings_as(DividerSettings)
    wanted = settings.preprocessing.intensity
    if run.models.segmenter.settings.preprocessing.intensity == wanted:
        return segmenters
    if wanted == "scan":
        return whole
    return intensity_round_tumor(run.scans.first, divider.label_set.tumor_mask(labelmap), settings)
