"""From a request to files. Importing this brings torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from VSSegmentationLib import pipeline
from VSSegmentationLib.case_run.formats import Formats, check_pseudonym, possible_formats
from VSSegmentationLib.case_run.request import CaseRequest
from VSSegmentationLib.errors import CancelledError, UsageError
from VSSegmentationLib.follow_up import ComparedExamination, read_examination
from VSSegmentationLib.follow_up.previous import with_previous
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.imageio import Modality, Scan, read_scan
from VSSegmentationLib.imageio.weighting import stated
from VSSegmentationLib.outputs import check_output_folder, write_outputs
from VSSegmentationLib.pipeline.segmenting import LoadBundle
from VSSegmentationLib.progress import OnProgress, ShouldCancel
from VSSegmentationLib.reporting import ReportContent
from VSSegmentationLib.reporting.report.entering import check_asked

if TYPE_CHECKING:
    from VSSegmentationLib.inference.maps import Maps


@dataclass(frozen=True, kw_only=True, eq=False)
class PreparedCase:
    """A request whose files were read and found fit, before anything long is begun."""

    request: CaseRequest
    scans: Mapping[str, Scan]
    """By the names of the model's inputs, in its order; that of a mask has none, and may be missing."""
    mask: pipeline.ReadMask | None
    previous: ComparedExamination | None
    formats: Formats


class DoneCase(NamedTuple):
    """What was found and written."""

    content: ReportContent
    formats: tuple[OutputFormat, ...]
    maps: "Maps | None"
    """What was kept of the network, if it was asked for."""


def prepare(request: CaseRequest, load_bundle: LoadBundle) -> PreparedCase:
    """Read what a request names.

    Raises:
        UsageError: If something does not fit.
        InputRefusedError: If a scan or a mask cannot be used.
        ModelError: If the model is missing or damaged.
    """
    options = request.options
    check_output_folder(request.out, force=request.force)
    check_pseudonym(request.formats, options.report)
    mask = None if request.mask is None else pipeline.read_mask(request.mask)
    needs = pipeline.model_needs(options, load_bundle) if mask is None else None
    task = mask.known.task if mask is not None else needs.task if needs is not None else None
    assert task is not None  # one of the two tells it
    task.chosen_policy(options.report.policy)
    check_asked(options.report.user_fields, task.user_fields, task.name)
    previous = None if request.previous is None else read_examination(request.previous)
    if mask is not None:
        scans: Mapping[str, Scan] = {} if mask.scan is None else {"": mask.scan}
    else:
        assert needs is not None
        scans = _scans_of(request, needs)
    formats = possible_formats(request.formats, next(iter(scans.values()), None), options.report)
    return PreparedCase(request=request, scans=scans, mask=mask, previous=previous, formats=formats)


def carry_out(
    prepared: PreparedCase, tell: OnProgress, should_cancel: ShouldCancel, load_bundle: LoadBundle
) -> DoneCase:
    """Segment or measure, and write all of the results or none.

    Raises:
        VSSegmentationError: As the pipeline does; nothing is written then.
    """
    request = prepared.request
    result = _result(prepared, tell, should_cancel, load_bundle)
    content, formats = prepared.formats.fitting(_of_edition(_beside_previous(result.content, prepared)))
    tell(1.0, "writing")
    if should_cancel():
        msg = "stopped on request; nothing was written"
        raise CancelledError(msg)
    write_outputs(content, request.out, formats=formats.chosen, maps=pipeline.kept_maps(result), force=request.force)
    kept = result.segmentation.maps if result.segmentation is not None else None
    return DoneCase(content, formats.chosen, kept)


def _result(
    prepared: PreparedCase, tell: OnProgress, should_cancel: ShouldCancel, load_bundle: LoadBundle
) -> pipeline.PipelineResult:
    options = prepared.request.options
    if prepared.mask is not None:
        labelmap, scan, known = prepared.mask
        tell(0.3, "measuring")
        return pipeline.measure_labelmap(labelmap, scan, options.report, known=known)
    return pipeline.run(prepared.scans, options, on_progress=tell, should_cancel=should_cancel, load_bundle=load_bundle)


def _of_edition(content: ReportContent) -> ReportContent:
    """Say in every output that it replaces a former one."""
    edition = None if content.dicom is None else content.dicom.edition
    if edition is None or not edition.words:
        return content
    return replace(content, warnings=(*content.warnings, edition.words))


def _beside_previous(content: ReportContent, prepared: PreparedCase) -> ReportContent:
    request = prepared.request
    if prepared.previous is None:
        return content
    return with_previous(
        content,
        prepared.previous,
        request.interval,
        policy=request.options.report.policy,
        different_cases=request.different_cases,
    )


def _scans_of(request: CaseRequest, needs: pipeline.ModelNeeds) -> dict[str, Scan]:
    return read_scans(
        _by_name(request.input, request.further_inputs, needs),
        needs,
        series=request.series,
        modality=request.modality,
        accept_resampling=request.accept_resampling,
    )


def read_scans(
    paths: Mapping[str, Path],
    needs: pipeline.ModelNeeds,
    *,
    series: int | None = None,
    modality: Modality | None = None,
    accept_resampling: bool = False,
) -> dict[str, Scan]:
    """Read the scans in the order in which the model takes them; series and weighting are those of the first.

    Args:
        paths: One for each of the model's inputs, by its name; those that it runs without may be missing.
        needs: What the model takes.
        series: Of a folder with several.
        modality: What was stated; None where nothing was.
        accept_resampling: Whether gaps and shear are put up with.
    """
    rules = needs.task.scan_rules
    first_name, *further = needs.check(paths)
    first = read_scan(paths[first_name], series=series, accept_resampling=accept_resampling, rules=rules)
    if modality is not None:
        first = stated(first, modality)
    others = {name: read_scan(paths[name], accept_resampling=accept_resampling, rules=rules) for name in further}
    return {first_name: first, **others}


def _by_name(first: Path | None, given: Sequence[tuple[str, Path]], needs: pipeline.ModelNeeds) -> dict[str, Path]:
    """Return the scans by name; INPUT is the first, which may be named instead; each name once, and none too many."""
    inputs = needs.inputs
    scans = [*([] if first is None else [(inputs[0], first)]), *given]
    names = [name for name, _ in scans]
    needed = set(inputs) - set(needs.optional)
    if len(set(names)) < len(names) or not names or not needed <= set(names) <= set(inputs):
        takes = ", ".join(f"--input {name}=PATH" for name in inputs[1:]) or "no --input"
        came = ", ".join(name for name, _ in given) or "none"
        without = f", of which {', '.join(needs.optional)} may be left out" if needs.optional else ""
        msg = f"the model takes INPUT for '{inputs[0]}' and {takes}, each once{without}; got {came}"
        raise UsageError(msg)
    return dict(scans)
