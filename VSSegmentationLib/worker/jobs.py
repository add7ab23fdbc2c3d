"""What a worker can do, with models that stay in memory. Importing this brings torch."""

import os
import secrets
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from VSSegmentationLib import pipeline
from VSSegmentationLib.case_run.carrying_out import read_scans
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import CancelledError, UsageError
from VSSegmentationLib.imageio import write_segmentation
from VSSegmentationLib.imageio.scan import Modality, Scan
from VSSegmentationLib.inference import WarmModels, list_devices, set_threads_that_help
from VSSegmentationLib.outputs import write_maps
from VSSegmentationLib.progress import OnProgress, ShouldCancel
from VSSegmentationLib.reporting import ReportContent
from VSSegmentationLib.reporting.report.drawing import drawing_of
from VSSegmentationLib.worker.case_jobs import CaseJob, CompareJob
from VSSegmentationLib.worker.case_work import do_case, do_compare
from VSSegmentationLib.worker.protocol import Request, SegmentJob, SegmentResult
from VSSegmentationLib.worker.refine_jobs import RefineJob
from VSSegmentationLib.worker.refine_work import WarmRefiner


class Jobs:
    """Carries out requests, one after another."""

    def __init__(self) -> None:
        cores = os.cpu_count() or 1  # of more than two, one stays free for the window in which someone waits
        self._most_threads = max(1, min(torch.get_num_threads(), cores - 1 if cores > 2 else cores))
        self._models = WarmModels()
        self._refiner = WarmRefiner(self._models)

    def do(self, request: Request, tell: OnProgress, should_cancel: ShouldCancel) -> Any:  # noqa: ANN401 - plain JSON
        """Return the answer to a request as plain JSON.

        Raises:
            VSSegmentationError: With the sentence to answer in place of a result.
        """
        job = request.job
        if job is None:
            return {"devices": to_plain(list_devices())}
        if isinstance(job, CompareJob):
            return to_plain(do_compare(job, tell, should_cancel))
        set_threads_that_help(self._most_threads)
        if isinstance(job, CaseJob):
            return to_plain(do_case(job, self._models, tell, should_cancel))
        if isinstance(job, RefineJob):
            return to_plain(self._refiner.do(job, should_cancel))
        return to_plain(self._segment(job, tell, should_cancel))

    def _segment(self, job: SegmentJob, tell: OnProgress, should_cancel: ShouldCancel) -> SegmentResult:
        begun = perf_counter()
        tell(0.0, "reading")
        loaded_before = self._models.loaded
        options = pipeline.PipelineOptions(
            model=job.model,
            device=job.device,
            flips=job.flips,
            maps=job.maps is not None,
            thorough=job.thorough,
            accept_other_contrast=job.accept_other_contrast,
            align=job.align,
            more_follow=True,
        )
        scans = _scans(job, pipeline.model_needs(options, self._models.load))
        result = pipeline.run(
            scans,
            options,
            on_progress=tell,
            should_cancel=should_cancel,
            load_bundle=self._models.load,
        )
        tell(1.0, "writing")
        content = result.content
        kept = None if job.maps is None or result.segmentation is None else result.segmentation.maps
        maps = {} if job.maps is None else write_maps(Path(job.maps), pipeline.kept_maps(result))
        try:
            _write_at_once(Path(job.output), content, should_cancel)
        except BaseException:
            for path in maps.values():
                path.unlink(missing_ok=True)
            raise
        return SegmentResult(
            labelmap=job.output,
            task=content.task.name,
            findings=content.findings,
            side=content.side,
            measurements=content.measurements,
            candidates=tuple(to_plain(each, "candidate") for each in content.candidates),
            warnings=content.warnings,
            doubts=content.doubts,
            modality=Modality.UNKNOWN if content.scan is None else Modality(content.scan.modality),
            provenance=content.provenance.to_plain(),
            maps={name: str(path) for name, path in maps.items()},
            no_attention="" if kept is None else kept.no_attention,
            seconds=round(perf_counter() - begun, 3),
            warm=self._models.loaded == loaded_before,
        )


def _scans(job: SegmentJob, needs: pipeline.ModelNeeds) -> dict[str, Scan]:
    first, *further = needs.inputs
    if not set(further) - set(needs.optional) <= set(job.further_inputs) <= set(further):
        wanted, came = (", ".join(sorted(names)) or "none" for names in (further, job.further_inputs))
        msg = f"beside the scan for '{first}' the model takes the further inputs: {wanted}; got: {came}"
        raise UsageError(msg)
    return read_scans(
        {name: Path(path) for name, path in {first: job.input, **job.further_inputs}.items()},
        needs,
        modality=None if job.modality is Modality.UNKNOWN else job.modality,
        accept_resampling=job.accept_resampling,
    )


def _write_at_once(path: Path, content: ReportContent, should_cancel: ShouldCancel) -> None:
    """Write beside the wanted file and rename: nobody ever sees half a labelmap, or one of a canceled job."""
    unfinished = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        write_segmentation(
            unfinished, content.labelmap, content.task.label_set, side=content.side, drawing=drawing_of(content)
        )
        if should_cancel():
            msg = "stopped on request; nothing was written"
            raise CancelledError(msg)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
