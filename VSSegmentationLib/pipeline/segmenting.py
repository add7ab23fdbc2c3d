"""From a scan to the result: segment, then measure what was found. Importing this brings torch."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import CancelledError, ModelError, UsageError
from VSSegmentationLib.imageio import Modality, Scan
from VSSegmentationLib.inference import (
    THOROUGH,
    Compute,
    ModelBundle,
    Models,
    Segmentation,
    check_count,
    load_model,
    segment,
)
from VSSegmentationLib.models import (
    EMBEDDED_FOLDER,
    ModelCard,
    card_beside,
    default_divider,
    default_locator,
    default_model,
    find_model,
)
from VSSegmentationLib.pipeline.measuring import MaskFacts, measure_labelmap, on_side
from VSSegmentationLib.pipeline.options import NO_DIVIDER, PipelineOptions
from VSSegmentationLib.pipeline.result import PipelineResult
from VSSegmentationLib.pipeline.together import Together, brought_together
from VSSegmentationLib.pipeline.weighting import Judged, judge, judge_inputs, with_doubts
from VSSegmentationLib.progress import OnProgress, ShouldCancel
from VSSegmentationLib.reporting import ModelFacts, Provenance, SourceFacts, read_provenance
from VSSegmentationLib.reporting.report.no_tumor import Candidate, no_tumor_findings, sides_not_judged
from VSSegmentationLib.reporting.report.words import UNCERTAIN
from VSSegmentationLib.tasks import DEFAULT_TASK, Task, task_named

LoadBundle = Callable[[Path, str], ModelBundle]

_SEGMENTED = 0.9
"""Share of the time after which the labelmap is there; measuring is quick."""


_LEAST_EMPTY = 0.2
"""Of a scan without skull this share is 0 at least, even cropped to the brain, which fills half of the box round it."""


class ModelNeeds(NamedTuple):
    """What has to be known of a model before scans are read for it."""

    task: Task
    inputs: tuple[str, ...]
    """Names of the scans it takes, in order."""
    optional: tuple[str, ...] = ()
    """Which of them it runs without."""

    def check(self, given: Collection[str]) -> tuple[str, ...]:
        """Return the scans that are given, in the order of the model; the result lies on the grid of the first.

        Raises:
            UsageError: If one is missing that the model needs, or is none of its inputs.
        """
        if given and set(self.inputs) - set(self.optional) <= set(given) <= set(self.inputs):
            return tuple(name for name in self.inputs if name in given)
        without = f"; it runs without some of {', '.join(self.optional)}" if self.optional else ""
        msg = (
            f"the model takes scans for {', '.join(self.inputs)}, each once{without}; got "
            f"{', '.join(sorted(given)) or 'none'}"
        )
        raise UsageError(msg)


def model_needs(options: PipelineOptions, load_bundle: LoadBundle = load_model) -> ModelNeeds:
    """Return what the chosen model is for and takes; the embedded ones are of the default task.

    Raises:
        ModelError: If the model is missing or damaged.
        UsageError: If its task is not installed.
    """
    if options.model is None:
        return ModelNeeds(DEFAULT_TASK, tuple(each.name for each in DEFAULT_TASK.inputs))
    bundle = load_bundle(find_model(options.model), options.device)
    inputs = tuple(each.name for each in bundle.inputs)
    return ModelNeeds(task_named(bundle.task), inputs, bundle.optional_inputs)


def run(
    scan: Scan | Sequence[Scan] | Mapping[str, Scan],
    options: PipelineOptions,
    *,
    on_progress: OnProgress | None = None,
    should_cancel: ShouldCancel | None = None,
    load_bundle: LoadBundle = load_model,
) -> PipelineResult:
    """Segment the tumor in a scan and measure it.

    Args:
        scan: As `imageio.read_scan` gives it; of a model that takes several, all of them in the order of its inputs, or
            by their names, without those that it runs without. The result lies on the grid of the first.
        options: Model, device, how often to look.
        on_progress: Called with a fraction from 0 to 1 and what is being done.
        should_cancel: Asked again and again; when it returns True, the run ends.
        load_bundle: Reads a model file for a device; one that keeps models in memory saves the reading.

    Raises:
        CancelledError: If the caller asked to stop.
        ModelError: If the model is missing or damaged, or has other labels than its task.
        InputRefusedError: If there are more or fewer scans than the model takes, or they do not lie together.
        UsageError: If the task of the model is not installed.
        WeightingQuestionError: If the weighting can't be told, and the choice of the model depends on it.
        OtherContrastError: If it is one that no model was made for.
        DeviceMemoryError: If the device is too small.
    """
    tell = on_progress or (lambda _fraction, _stage: None)
    _stop_if_asked(should_cancel)
    tell(0.0, "loading the model")
    names = tuple(scan) if isinstance(scan, Mapping) else None
    scans = (scan,) if isinstance(scan, Scan) else tuple(scan.values() if isinstance(scan, Mapping) else scan)
    load_bundle = cache(load_bundle)  # the weighting is judged with the locator that finds the region, too
    judged = _judged(scans, names, options, load_bundle)
    scans = judged.scans
    models, cards = _load_models(options, scans[0].modality, load_bundle)
    left_out: tuple[str, ...] = ()
    if names is not None:
        left_out = tuple(each.name for each in models.segmenter.inputs if each.name not in names)
        models = replace(models, segmenter=models.segmenter.shown(names))
    task = _task_of(models.segmenter)
    together = _together(models.segmenter, scans, options, tell)
    scans = tuple(together.scans.values())
    segmentation = segment(
        [each.volume for each in scans],
        models,
        modality=[each.modality for each in scans],
        device=options.device,
        compute=Compute(options.precision, options.engine, options.more_follow),
        flips=options.flips,
        looks=THOROUGH if options.thorough else None,
        pori=judged.pori_for(models),
        maps=options.maps,
        region_first=options.region_first and models.segmenter.locator_name is None,
        on_progress=lambda fraction, stage: tell(_SEGMENTED * fraction, stage) if fraction < 1 else None,
        should_cancel=should_cancel,
    )
    tell(_SEGMENTED, "measuring")
    facts = with_doubts(_facts(segmentation, task, together, cards), segmentation, judged)
    told = (*_told_of_skulls(models.segmenter, together), *_told_without(left_out))
    facts = replace(facts, warnings=(*told, *facts.warnings))
    result = measure_labelmap(segmentation.labelmap, scans[0], options.report, known=facts)
    _stop_if_asked(should_cancel)
    tell(1.0, "measured")
    return replace(result, segmentation=segmentation)


def _together(segmenter: ModelBundle, scans: tuple[Scan, ...], options: PipelineOptions, tell: OnProgress) -> Together:
    """Return the scans by the names of the model's inputs, lying together."""
    names = check_count(segmenter, len(scans))
    if len(scans) > 1:
        tell(0.0, "looking whether the scans lie together")
    return brought_together(dict(zip(names, scans, strict=True)), align=options.align)


def _judged(
    scans: tuple[Scan, ...], names: tuple[str, ...] | None, options: PipelineOptions, load_bundle: LoadBundle
) -> Judged:
    """Decide on the weighting of every scan, where it is of the default task."""
    path = None if options.model is None else find_model(options.model)
    model = None if path is None else load_bundle(path, options.device)
    if model is not None and names is not None:
        model = model.shown(names)
    if model is not None and (model.task != DEFAULT_TASK.name or len(model.inputs) != len(scans)):
        return Judged(scans)
    name = default_locator(DEFAULT_TASK.name) if model is None else model.locator_name
    home = EMBEDDED_FOLDER if path is None else path.parent
    locator = None if name is None else load_bundle(find_model(name, beside=home), options.device)
    device, accept = options.device, options.accept_other_contrast
    if model is not None:
        return judge_inputs(scans, model, locator=locator, device=device, accept_other=accept)
    if len(scans) > 1:
        return Judged(scans)
    return judge(scans[0], wanted=None, locator=locator, device=device, accept_other=accept)


class _Cards(NamedTuple):
    """Of models that have one."""

    segmenter: ModelCard | None
    locator: ModelCard | None
    divider: ModelCard | None


def _load_models(options: PipelineOptions, modality: str, load_bundle: LoadBundle) -> tuple[Models, _Cards]:
    def load(name_or_file: str | None, beside: Path | None) -> tuple[ModelBundle | None, ModelCard | None]:
        return (None, None) if name_or_file is None else found(find_model(name_or_file, beside=beside))

    def found(path: Path) -> tuple[ModelBundle, ModelCard | None]:
        bundle = load_bundle(path, options.device)
        return bundle, card_beside(path, bundle.sha256)

    wanted = Modality.CE_T1 if modality == Modality.T1 else modality  # both are dark where there is fluid
    is_own = options.model is None
    path = find_model(options.model or default_model(wanted), beside=EMBEDDED_FOLDER if is_own else None)
    segmenter, own_card = found(path)
    locator = load(segmenter.locator_name, path.parent)
    if segmenter.locator_name is None and options.region_first:
        locator = load(default_locator(segmenter.task), EMBEDDED_FOLDER)
    divider: tuple[ModelBundle | None, ModelCard | None] = (None, None)
    if options.divider is None:
        divider = load(default_divider(segmenter.task), EMBEDDED_FOLDER)
    elif options.divider != NO_DIVIDER:
        divider = load(options.divider, None)
    models = Models(segmenter=segmenter, locator=locator[0], divider=divider[0])
    return models, _Cards(own_card, locator[1], divider[1])


def _task_of(segmenter: ModelBundle) -> Task:
    task = task_named(segmenter.task)
    if segmenter.label_set != task.label_set:
        msg = (
            f"the model '{segmenter.name}' has other labels than its task {task.name}: take a model that was made for "
            "this version"
        )
        raise ModelError(msg)
    return task


def _facts(segmentation: Segmentation, task: Task, together: Together, cards: _Cards) -> MaskFacts:
    scans = together.scans
    _first, *further = scans
    is_oriented = not segmentation.labelmap.axes_assumed
    side = segmentation.tumor.side if segmentation.tumor and is_oriented else None
    candidates = tuple(
        to_plain(each if is_oriented else replace(each, side=None), "candidate") for each in segmentation.candidates
    )
    return MaskFacts(
        task=task,
        provenance=_with_scans(_with_cards(segmentation, cards), together),
        findings=_findings(segmentation, side, candidates),
        side=side,
        candidates=candidates,
        warnings=(
            *_uncertain(segmentation),
            *segmentation.warnings,
            *together.warnings,
            *(w for name in further for w in _told_of(name, scans[name])),
        ),
    )


def _told_of_skulls(segmenter: ModelBundle, together: Together) -> tuple[str, ...]:
    """Say which scans still show a skull, of a model that takes the head alone for what is not 0."""
    if segmenter.settings.preprocessing.intensity != "nonzero":
        return ()
    shares = {name: float((scan.volume.array == 0).mean()) for name, scan in together.scans.items()}
    return tuple(
        f"The scan '{name}' does not look as if the skull was taken off ({100 * share:.0f} % of it is 0), and the "
        "model was made for scans without skull: what it finds may be bone, fat or skin."
        for name, share in shares.items()
        if share < _LEAST_EMPTY
    )


def _told_without(left_out: Sequence[str]) -> tuple[str, ...]:
    if not left_out:
        return ()
    which = ", ".join(f"'{name}'" for name in left_out)
    said = (
        f"The model ran without {which}: it was trained with scans left out at random, and how much worse it is "
        "without was not measured."
    )
    return (said,)


def _uncertain(segmentation: Segmentation) -> tuple[str, ...]:
    why = segmentation.tumor.uncertain if segmentation.tumor else ""
    return (f"That this is a tumor is uncertain ({why}): look at it before any number is used.",) if why else ()


def _with_cards(segmentation: Segmentation, cards: _Cards) -> Provenance:
    def told(facts: ModelFacts | None, card: ModelCard | None) -> ModelFacts | None:
        return None if facts is None else facts.with_card(card)

    run = read_provenance(segmentation.provenance)
    return replace(
        run,
        model=told(run.model, cards.segmenter),
        locator=told(run.locator, cards.locator),
        divider=told(run.divider, cards.divider),
    )


def _told_of(name: str, scan: Scan) -> tuple[str, ...]:
    return tuple(f"Of the scan '{name}': {warning}" for warning in scan.warnings)


def _with_scans(provenance: Provenance, together: Together) -> Provenance:
    """Add what is known of the scans after the first, which alone is the source of the labelmap's grid."""
    if not together.facts:
        return provenance
    told = {name: {**to_plain(SourceFacts.of(together.scans[name])), **facts} for name, facts in together.facts.items()}
    return replace(provenance, run={**provenance.run, "further_scans": told})


def _findings(segmentation: Segmentation, side: str | None, candidates: Sequence[Candidate]) -> str:
    if segmentation.tumor is None:
        not_judged, is_oriented = sides_not_judged(segmentation.provenance), not segmentation.labelmap.axes_assumed
        return no_tumor_findings(candidates, not_judged, are_sides_known=is_oriented)
    where, why = on_side(side), segmentation.tumor.uncertain
    return f"A tumor was found{where}{UNCERTAIN}{why}." if why else f"A tumor was found{where}."


def _stop_if_asked(should_cancel: ShouldCancel | None) -> None:
    if should_cancel is not None and should_cancel():
        msg = "stopped on request; nothing was written"
        raise CancelledError(msg)
