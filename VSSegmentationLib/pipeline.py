"""Segment, measure, report: the one way through, for the command line, the batch run and the Slicer module alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from VSSegmentationLib import outputs
from VSSegmentationLib.errors import CancelledError
from VSSegmentationLib.formats import DEFAULT_FORMATS, OutputFormat
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.imageio.scan import voxels_sha256
from VSSegmentationLib.inference import ModelBundle, Models, Segmentation, load_model, segment
from VSSegmentationLib.measurement import labelmap_warnings, measure
from VSSegmentationLib.models import default_divider, default_model, find_model
from VSSegmentationLib.progress import OnProgress, ShouldCancel
from VSSegmentationLib.reporting import ReportChoices, ReportContent, with_choices

LoadBundle = Callable[[Path, str], ModelBundle]

NO_DIVIDER = "none"
_SEGMENTED = 0.9
"""Share of the time after which the labelmap is there; measuring is quick."""


@dataclass(frozen=True, kw_only=True)
class PipelineOptions:
    """What a user may choose."""

    model: str | None = None
    """Name or file of the model; None takes the embedded one that fits the modality of the scan."""
    divider: str | None = None
    """Name or file of the model that divides the tumor; None takes the embedded one, `NO_DIVIDER` leaves the parts, if
    there are any, as the model gives them."""
    device: str = "auto"
    flips: bool = False
    """Average the network's answer over mirrored copies of the scan."""
    report: ReportChoices = field(default_factory=ReportChoices)


@dataclass(frozen=True, kw_only=True)
class PipelineResult:
    """Everything that one run found out; nothing is written yet."""

    segmentation: Segmentation
    content: ReportContent
    """Labelmap, measurements, findings, warnings and provenance, as every output carries them."""


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
    content = ReportContent(
        image=scan.volume,
        labelmap=segmentation.labelmap,
        measurements=measure(segmentation.labelmap),
        findings=_findings(segmentation),
        candidates=tuple(each.to_dict() for each in segmentation.candidates),
        warnings=(*scan.warnings, *segmentation.warnings, *labelmap_warnings(segmentation.labelmap)),
        provenance=_provenance(scan, segmentation),
        side=segmentation.tumor.side if segmentation.tumor else None,
    )
    content = with_choices(content, options.report, scan)
    _stop_if_asked(should_cancel)
    tell(1.0, "measured")
    return PipelineResult(segmentation=segmentation, content=content)


def write_outputs(
    result: PipelineResult, folder: Path, *, formats: Iterable[OutputFormat] = DEFAULT_FORMATS, force: bool = False
) -> None:
    """Write the results of a run into `folder`, all or none; see `outputs.write_outputs`."""
    outputs.write_outputs(result.content, folder, formats=formats, force=force)


def _load_models(options: PipelineOptions, modality: str, load_bundle: LoadBundle) -> Models:
    def load(name_or_file: str | None) -> ModelBundle | None:
        return None if name_or_file is None else load_bundle(find_model(name_or_file), options.device)

    segmenter = load_bundle(find_model(options.model or default_model(modality)), options.device)
    divider = None if options.divider == NO_DIVIDER else options.divider or default_divider(segmenter.task)
    return Models(segmenter=segmenter, locator=load(segmenter.locator_name), divider=load(divider))


def _findings(segmentation: Segmentation) -> str:
    if segmentation.tumor is None:
        return "No tumor was found."
    side = segmentation.tumor.side
    return "A tumor was found." if side is None else f"A tumor was found on the patient's {side} side."


def _provenance(scan: Scan, segmentation: Segmentation) -> dict[str, Any]:
    """Return how the result came about; a series UID identifies a patient, so only its salted hash goes out."""
    return {
        **segmentation.provenance,
        "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": {
            "file_format": scan.file_format,
            "modality": str(scan.modality),
            "shape_dhw": list(scan.volume.shape),
            "spacing_dhw_mm": list(scan.volume.spacing_dhw_mm),
            "slice_thickness_mm": scan.slice_thickness_mm,
            "voxels_sha256": scan.voxels_sha256,
        },
        "labelmap_voxels_sha256": voxels_sha256(segmentation.labelmap),
    }


def _stop_if_asked(should_cancel: ShouldCancel | None) -> None:
    if should_cancel is not None and should_cancel():
        msg = "stopped on request; nothing was written"
        raise CancelledError(msg)
