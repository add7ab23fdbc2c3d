"""Carrying out corrections by clicks, with the scan of the last one kept in memory. Importing this brings torch."""

import secrets
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from VSSegmentationLib.errors import CancelledError
from VSSegmentationLib.imageio import Scan, load_labelmap, read_scan, write_segmentation
from VSSegmentationLib.imageio.placing import cut_to_labels, place_on_scan
from VSSegmentationLib.inference import Compute, ModelBundle, Refiner, WarmModels
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.pipeline.refining import (
    RefineOptions,
    divide_new,
    facts_of_refiner,
    load_refiner,
    refine_labelmap,
)
from VSSegmentationLib.progress import ShouldCancel
from VSSegmentationLib.tasks import Task, task_named
from VSSegmentationLib.volume import Volume
from VSSegmentationLib.worker.refine_jobs import RefineJob, RefineResult


class _Kept(NamedTuple):
    key: tuple[str, int, int, str, str, str]
    """Path, time and size of the file of the scan; model, device and precision."""
    scan: Scan
    refiner: Refiner


class WarmRefiner:
    """Keeps the scan that was corrected last, and what is looked at of it."""

    def __init__(self, models: WarmModels) -> None:
        self._models = models
        self._kept: _Kept | None = None

    def do(self, job: RefineJob, should_cancel: ShouldCancel) -> RefineResult:
        """Leave the corrected labelmap in the file that the job names.

        Raises:
            VSSegmentationError: With the sentence to answer; nothing was written then.
        """
        begun, loaded_before, kept_before = perf_counter(), self._models.loaded, self._kept
        task = task_named(job.task)
        options = RefineOptions(refiner=job.refiner, divider=job.divider, device=job.device, precision=job.precision)
        bundle = load_refiner(options, task, self._models.load)
        kept = self._ready(job, bundle, task)
        present = _labels(Path(job.labelmap), kept.scan, task)
        painted = None if job.painted is None else _labels(Path(job.painted), kept.scan, task).array != 0
        refined = refine_labelmap(
            present, kept.refiner, job.interactions, task=task, earlier=job.earlier, plane=_plane(job), fixed=painted
        )
        after = divide_new(
            present, refined.labelmap, kept.scan.volume, task=task, options=options, load_bundle=self._models.load
        )
        _write(Path(job.output), after, task, should_cancel)
        return RefineResult(
            labelmap=job.output,
            corrections=refined.each,
            model=facts_of_refiner(bundle, options, task),
            seconds=round(perf_counter() - begun, 3),
            warm=self._models.loaded == loaded_before and self._kept is kept_before,
        )

    def _ready(self, job: RefineJob, bundle: ModelBundle, task: Task) -> _Kept:
        path = Path(job.input)
        facts = path.stat()
        key = (str(path), facts.st_mtime_ns, facts.st_size, bundle.sha256, job.device, job.precision)
        if self._kept is None or self._kept.key != key:
            scan = read_scan(path, rules=task.scan_rules)
            refiner = Refiner(scan.volume, bundle, device=job.device, compute=Compute(job.precision))
            self._kept = _Kept(key, scan, refiner)
        return self._kept


def _labels(path: Path, scan: Scan, task: Task) -> Volume:
    given = load_labelmap(path, task.label_set, values=task.label_values("own"))
    return place_on_scan(given.volume, scan.volume)


def _plane(job: RefineJob) -> MeatalPlane | None:
    if job.plane is None:
        return None
    r, a, s, normal_r, normal_a, normal_s = job.plane
    return MeatalPlane(origin_ras_mm=(r, a, s), normal_ras=(normal_r, normal_a, normal_s), rms_mm=0.0, source="user")


def _write(path: Path, labelmap: Volume, task: Task, should_cancel: ShouldCancel) -> None:
    unfinished = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        write_segmentation(unfinished, cut_to_labels(labelmap), task.label_set)
        if should_cancel():
            msg = "stopped on request; nothing was written"
            raise CancelledError(msg)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
