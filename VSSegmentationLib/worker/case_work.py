"""Carrying out the jobs that leave folders of results. Importing this brings torch."""

from functools import partial
from pathlib import Path
from time import perf_counter

from VSSegmentationLib import pipeline
from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.case_run import CaseRequest
from VSSegmentationLib.case_run.carrying_out import carry_out, prepare
from VSSegmentationLib.errors import CancelledError
from VSSegmentationLib.follow_up import Times, compare_examinations, read_examination
from VSSegmentationLib.follow_up.previous import Interval
from VSSegmentationLib.imageio.scan import Modality
from VSSegmentationLib.inference import WarmModels
from VSSegmentationLib.measurement.growth import Reference
from VSSegmentationLib.outputs import write_comparison
from VSSegmentationLib.progress import OnProgress, ShouldCancel
from VSSegmentationLib.reporting import ReportChoices
from VSSegmentationLib.reporting.growth.content import GrowthContent
from VSSegmentationLib.reporting.pictures.thumbnail import key_thumbnail
from VSSegmentationLib.worker.case_jobs import CaseJob, CaseResult, ComparedResult, CompareJob
from VSSegmentationLib.worker.case_told import case_result

_OF_SEVERAL = ("side", "case")
"""Codes of warnings of a comparison that may be one of several tumors."""


def do_case(job: CaseJob, models: WarmModels, tell: OnProgress, should_cancel: ShouldCancel) -> CaseResult:
    """Make the folder of one case.

    Raises:
        VSSegmentationError: With the sentence to answer; nothing was written then.
    """
    begun, loaded_before = perf_counter(), models.loaded
    tell(0.0, "reading")
    done = carry_out(prepare(_request(job), models.load), tell, should_cancel, models.load)
    picture = None if job.thumbnail is None else key_thumbnail(done.content)
    if job.thumbnail is not None and picture is not None:
        write_atomically(Path(job.thumbnail), lambda file: file.write(picture))
    return case_result(
        done.content,
        done.formats,
        has_thumbnail=picture is not None,
        seconds=round(perf_counter() - begun, 3),
        warm=models.loaded == loaded_before,
    )


def _request(job: CaseJob) -> CaseRequest:
    image = Path(job.input)
    source = partial(pipeline.MaskSource, image=image, series=job.series, side=job.side)
    return CaseRequest(
        input=image,
        out=Path(job.folder),
        options=pipeline.PipelineOptions(
            model=job.model,
            divider=job.divider,
            device=job.device,
            precision=job.precision,
            engine=job.engine,
            more_follow=True,
            flips=job.flips,
            maps=job.maps,
            thorough=job.thorough,
            accept_other_contrast=job.accept_other_contrast,
            report=ReportChoices(
                policy=job.policy,
                case=job.case,
                salt=job.salt,
                with_identifiers=job.identify,
                days_from_baseline=job.days,
                edition=job.edition,
            ),
        ),
        formats=job.formats,
        further_inputs=tuple((name, Path(path)) for name, path in job.further_inputs.items()),
        series=job.series,
        modality=None if job.modality is Modality.UNKNOWN else job.modality,
        accept_resampling=job.accept_resampling,
        mask=None if job.mask is None else source(mask=Path(job.mask)),
        previous=None if job.previous is None else Path(job.previous),
        interval=Interval(days=job.days),
        force=True,
    )


def do_compare(job: CompareJob, tell: OnProgress, should_cancel: ShouldCancel) -> ComparedResult:
    """Write the comparison of the examinations of one patient.

    Raises:
        VSSegmentationError: With the sentence to answer; nothing was written then.
    """
    begun = perf_counter()
    examinations = []
    for number, folder in enumerate(job.examinations):
        tell(number / len(job.examinations), "reading")
        if should_cancel():
            msg = "stopped on request; nothing was written"
            raise CancelledError(msg)
        examinations.append(read_examination(Path(folder)))
    content = compare_examinations(examinations, Times(days=job.days), policy=job.policy)
    tell(1.0, "writing")
    write_comparison(content, Path(job.folder), force=True)
    return _compared(content, round(perf_counter() - begun, 3))


def _compared(content: GrowthContent, seconds: float) -> ComparedResult:
    growth, last = content.growth, len(content.growth.examinations) - 1
    whole = next(each for each in growth.series if each.id == content.task.whole_volume)
    since = {each.reference: each for each in whole.changes if each.to_index == last}
    first, previous = since.get(Reference.BASELINE), since.get(Reference.PREVIOUS)
    return ComparedResult(
        days=tuple(each.days for each in growth.examinations),
        volumes_cm3=tuple(m.value for m in whole.measurements),
        percent_since_first=None if first is None else first.percent.value,
        percent_since_previous=None if previous is None else previous.percent.value,
        wording="" if first is None else first.wording,
        is_one_tumor=not any(each.code in _OF_SEVERAL for each in growth.warnings),
        warnings=tuple(each.text for each in growth.warnings),
        seconds=seconds,
    )
