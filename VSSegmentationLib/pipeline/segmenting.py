"""From a scan to the result: segment, then measure what was found. Importing this brings torch."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from VSSegmentationLib.errors import CancelledError
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.inference import ModelBundle, Models, Segmentation, load_model, segment
from VSSegmentationLib.models import default_divider, default_model, find_model
from VSSegmentationLib.pipeline.measuring import MaskFacts, measure_labelmap
from VSSegmentationLib.pipeline.options import NO_DIVIDER, PipelineOptions
from VSSegmentationLib.pipeline.result import PipelineResult
from VSSegmentationLib.progress import OnProgress, ShouldCancel
from VSSegmentationLib.reporting import read_provenance

LoadBundle = Callable[[Path, str], ModelBundle]

_SEGMENTED = 0.9
"""Share of the time after which the labelmap is there; measuring is quick."""


def run(
    scan: Scan,
    options: PipelineOptions,
    *,
    on_progress: OnProgress | None = None,
    should_cancel: ShouldCancel | None = None,
    load_bundle: LoadBundle = load_model,
) -> PipelineResult:
    """Segment the tumor in a scan and measure it.

    Args:
        scan: As `imageio.read_scan` gives it.
        options: Model, device, flips.
        on_progress: Called with a fraction from 0 to 1 and what is being done.
        should_cancel: Asked again and again; when it returns True, the run ends.
        load_bundle: Reads a model file for a device; one that keeps models in memory saves the reading.

    Raises:
        CancelledError: If the caller asked to stop.
        ModelError: If the model is missing or damaged.
        DeviceMemoryError: If the device is too small.
    """
    tell = on_progress or (lambda _fraction, _stage: None)
    _stop_if_asked(should_cancel)
    tell(0.0, "loading the model")
    segmentation = segment(
        scan.volume,
        _load_models(options, scan.modality, load_bundle),
        modality=scan.modality,
        device=options.device,
        flips=options.flips,
        on_progress=lambda fraction, stage: tell(_SEGMENTED * fraction, stage) if fraction < 1 else None,
        should_cancel=should_cancel,
    )
    tell(_SEGMENTED, "measuring")
    result = measure_labelmap(segmentation.labelmap, scan, options.report, known=_facts(segmentation))
    _stop_if_asked(should_cancel)
    tell(1.0, "measured")
    return replace(result, segmentation=segmentation)


def _load_models(options: PipelineOptions, modality: str, load_bundle: LoadBundle) -> Models:
    def load(name_or_file: str | None) -> ModelBundle | None:
        return None if name_or_file is None else load_bundle(find_model(name_or_file), options.device)

    segmenter = load_bundle(find_model(options.model or default_model(modality)), options.device)
    divider = None if options.divider == NO_DIVIDER else options.divider or default_divider(segmenter.task)
    return Models(segmenter=segmenter, locator=load(segmenter.locator_name), divider=load(divider))


def _facts(segmentation: Segmentation) -> MaskFacts:
    return MaskFacts(
        provenance=read_provenance(segmentation.provenance),
        findings=_findings(segmentation),
        side=segmentation.tumor.side if segmentation.tumor else None,
        candidates=tuple(each.to_dict() for each in segmentation.candidates),
        warnings=segmentation.warnings,
    )


def _findings(segmentation: Segmentation) -> str:
    if segmentation.tumor is None:
        return "No tumor was found."
    side = segmentation.tumor.side
    return "A tumor was found." if side is None else f"A tumor was found on the patient's {side} side."


def _stop_if_asked(should_cancel: ShouldCancel | None) -> None:
    if should_cancel is not None and should_cancel():
        msg = "stopped on request; nothing was written"
        raise CancelledError(msg)
