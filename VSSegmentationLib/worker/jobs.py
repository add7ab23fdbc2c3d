"""What a worker can do, with models that stay in memory. Importing this brings torch."""

import os
import secrets
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from VSSegmentationLib import pipeline
from VSSegmentationLib.codec import to_json
from VSSegmentationLib.errors import CancelledError
from VSSegmentationLib.imageio import read_scan, write_segmentation
from VSSegmentationLib.imageio.scan import Modality, Scan
from VSSegmentationLib.inference import list_devices
from VSSegmentationLib.plain_values import to_plain
from VSSegmentationLib.progress import OnProgress, ShouldCancel
from VSSegmentationLib.volume import Volume
from VSSegmentationLib.worker.protocol import Request, SegmentJob, SegmentResult
from VSSegmentationLib.worker.warm_models import WarmModels


class Jobs:
    """Carries out requests, one after another."""

    def __init__(self) -> None:
        # One core stays free for the window in which someone waits.
        torch.set_num_threads(max(1, min(torch.get_num_threads(), (os.cpu_count() or 1) - 1)))
        self._models = WarmModels()

    def do(self, request: Request, tell: OnProgress, should_cancel: ShouldCancel) -> Any:  # noqa: ANN401 - plain JSON
        """Return the answer to a request as plain JSON.

        Raises:
            VSSegmentationError: With the sentence to answer in place of a result.
        """
        if request.job is None:
            return {"devices": to_json(list_devices())}
        return to_json(self._segment(request.job, tell, should_cancel))

    def _segment(self, job: SegmentJob, tell: OnProgress, should_cancel: ShouldCancel) -> SegmentResult:
        begun = perf_counter()
        tell(0.0, "reading")
        scan = _scan(job)
        loaded_before = self._models.loaded
        result = pipeline.run(
            scan,
            pipeline.PipelineOptions(model=job.model, device=job.device, flips=job.flips),
            on_progress=tell,
            should_cancel=should_cancel,
            load_bundle=self._models.load,
        )
        tell(1.0, "writing")
        _write_at_once(Path(job.output), result.content.labelmap, should_cancel)
        content = result.content
        return SegmentResult(
            labelmap=job.output,
            findings=content.findings,
            side=content.side,
            measurements=content.measurements,
            candidates=tuple(_plain(each) for each in content.candidates),
            warnings=content.warnings,
            provenance=content.provenance.to_plain(),
            seconds=round(perf_counter() - begun, 3),
            warm=self._models.loaded == loaded_before,
        )


def _scan(job: SegmentJob) -> Scan:
    scan = read_scan(Path(job.input), accept_resampling=job.accept_resampling)
    return scan if job.modality is Modality.UNKNOWN else replace(scan, modality=job.modality)


def _write_at_once(path: Path, labelmap: Volume, should_cancel: ShouldCancel) -> None:
    """Write beside the wanted file and rename: nobody ever sees half a labelmap, or one of a canceled job."""
    unfinished = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        write_segmentation(unfinished, labelmap)
        if should_cancel():
            msg = "stopped on request; nothing was written"
            raise CancelledError(msg)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _plain(mapping: Any) -> dict[str, Any]:  # noqa: ANN401 - what provenance holds
    return {str(key): to_plain(value, str(key)) for key, value in mapping.items()}
