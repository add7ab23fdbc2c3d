"""From a mask to everything that a report tells: measure it, and put the content of the report together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, get_args

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.measurement import Measurement, MeatalPlane
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.measurement.limits import UNRELIABLE, without_limits
from VSSegmentationLib.measurement.one_side import Side
from VSSegmentationLib.measurement.regions import is_same_tumor
from VSSegmentationLib.pipeline.result import PipelineResult
from VSSegmentationLib.reporting import (
    DrawnBy,
    EditLog,
    ManualOverride,
    Provenance,
    ReportChoices,
    ReportContent,
    SideFacts,
    SourceFacts,
    mask_state,
    with_choices,
    with_limits,
)
from VSSegmentationLib.reporting.report.landmarks import landmarks_of, organs_of_model
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationLib.tumor_side import TumorSide, side_of_labelmap
from VSSegmentationLib.volume import Volume

_FUNDUS = "fundus"


@dataclass(frozen=True, kw_only=True, eq=False)
class MaskFacts:
    """What is known of a mask beside its voxels: how it came about, and what a person has done to it since."""

    task: Task = DEFAULT_TASK
    """What kind of tumor it is of."""
    provenance: Provenance = field(default_factory=Provenance)
    """Of the run that made the mask, or who else did; what is measured now is added to it."""
    findings: str | None = None
    """One sentence; None says whether the mask holds a tumor."""
    side: str | None = None
    """`left` or `right` of the patient, as the segmentation found it; None where it did not, or there was none."""
    side_found: TumorSide | None = None
    """Of a mask that was given; None takes `side`, else the field of view, if that shows a whole head."""
    candidates: tuple[Mapping[str, Any], ...] = ()
    """Other regions that were considered, as named values."""
    warnings: tuple[str, ...] = ()
    """Full sentences about how the mask came about; those of the scan and of the mask itself are added."""
    doubts: tuple[str, ...] = ()
    """Those for which the result cannot be relied on; they count as warnings, too."""
    plane: MeatalPlane | None = None
    """Between two parts, if a person set it; None fits it to the mask."""
    fundus_ras_mm: Triplet | None = None
    """The lateral end of the canal, if a person marked it."""
    edit_log: EditLog = field(default_factory=EditLog)
    automatic_labelmap: Volume | None = None
    """The model's untouched answer, when a person has edited it since."""
    was_edited: bool = False
    """Whether the mask is not what the model gave any more, although its answer may be lost."""
    drawn_by: DrawnBy | None = None
    """Who drew a mask that was given, as somebody states; None where nobody does."""
    overrides: tuple[ManualOverride, ...] = ()
    """Lengths that a person drew."""
    growth: Growth | None = None
    """Comparison with earlier examinations of the patient; the last one in it is this one."""

    __repr__ = short_repr


def facts_after_edit(known: MaskFacts, before: Volume, after: Volume) -> MaskFacts:
    """Return what is still true of a mask that a person has changed.

    Where the tumor that is measured is another one, or there was or is none, what was said of it goes: whether there is
    one, and on which side.

    Args:
        known: Of the mask before.
        before: (D, H, W) values of the labels of its task.
        after: The same, on the same grid.
    """
    if is_same_tumor(before, after, known.task.label_set):
        return known
    return replace(known, findings=None, side=None, side_found=None)


def measure_labelmap(
    labelmap: Volume, scan: Scan | None, choices: ReportChoices | None = None, *, known: MaskFacts | None = None
) -> PipelineResult:
    """Measure a mask and gather all that a report tells of it.

    Args:
        labelmap: uint8 values of the labels of its task, (D, H, W).
        scan: On the same grid; None when only a labelmap is at hand.
        choices: Of the user, for the report.
        known: What is known of the mask; by default that it was given.

    Raises:
        GeometryError: If labelmap and scan do not share one grid.
        UsageError: If identifiers are wanted of a scan that has none, a plane or a point was set that means nothing for
            this kind of tumor, or there is no such headline policy.
    """
    known, choices = known or MaskFacts(), choices or ReportChoices()
    task, points = known.task, landmarks_of(known.provenance, known.task)
    if known.fundus_ras_mm is not None:
        points[_FUNDUS] = known.fundus_ras_mm
    task.check_marks(plane=known.plane, points=points)
    known = _since_edited(known, labelmap)
    side = known.side_found or _side(labelmap, scan, known)
    own = (*known.doubts, *(scan.warnings if scan else ()), *known.warnings)
    warnings = (*own, *side.warnings, *task.labelmap_warnings(labelmap))
    content = ReportContent(
        image=scan.volume if scan else None,
        labelmap=labelmap,
        task=task,
        measurements=_with_limits(
            organs_of_model(task.measure(labelmap, plane=known.plane, points=points), known.provenance, task),
            known,
            choices,
        ),
        findings=_findings(labelmap, known, side.side),
        candidates=known.candidates,
        warnings=tuple(dict.fromkeys(warnings)),
        doubts=tuple(dict.fromkeys(known.doubts)),
        provenance=_provenance(known.provenance, labelmap, scan, side),
        plane=known.plane,
        side=side.side,
        edit_log=known.edit_log,
        automatic_labelmap=known.automatic_labelmap,
        was_edited=known.was_edited,
        overrides=known.overrides,
        growth=known.growth,
        days_from_baseline=known.growth.examinations[-1].days if known.growth else None,
    )
    return PipelineResult(content=with_choices(content, choices, scan))


def _side(labelmap: Volume, scan: Scan | None, known: MaskFacts) -> TumorSide:
    if known.side is None or labelmap.axes_assumed:
        return side_of_labelmap(labelmap, scan.volume if scan else None, known.task, locate=False)
    return TumorSide(side="left" if known.side == "left" else "right", source="the segmentation")


def _with_limits(
    measurements: tuple[Measurement, ...], known: MaskFacts, choices: ReportChoices
) -> tuple[Measurement, ...]:
    if known.doubts:
        return without_limits(measurements, UNRELIABLE)
    was_edited = known.was_edited or known.automatic_labelmap is not None
    state = mask_state(known.provenance, known.edit_log, choices.review, was_edited=was_edited, drawn_by=known.drawn_by)
    return with_limits(measurements, state, known.provenance, known.task)


def not_to_be_relied_on(findings: str) -> str:
    """Return findings behind the words that they can't be relied on."""
    return f"Not to be relied on: {findings[:1].lower()}{findings[1:]}"


def on_side(side: str | None) -> str:
    """Return where a tumor was found, as findings say it; nothing where the side is not determined."""
    return "" if side is None else f" on the patient's {side} side"


def _findings(labelmap: Volume, known: MaskFacts, side: str | None) -> str:
    """Return the findings, with the side that holds now: a person may have corrected that of the model."""
    if known.findings is None:
        found = known.task.label_set.tumor_mask(labelmap.array).any()
        return "The labelmap holds a tumor." if found else "The labelmap holds no tumor."
    told = next((each for each in get_args(Side) if on_side(each) in known.findings), None)
    return known.findings if told is None else known.findings.replace(on_side(told), on_side(side))


def _since_edited(known: MaskFacts, labelmap: Volume) -> MaskFacts:
    """Return what is known without what the model said of a tumor that is not the one of this mask any more."""
    if known.automatic_labelmap is None or known.findings is None:
        return known
    if is_same_tumor(known.automatic_labelmap, labelmap, known.task.label_set):
        return known
    had, has = (known.task.label_set.tumor_mask(each.array) for each in (known.automatic_labelmap, labelmap))
    if not has.any():
        found = "The tumor that the model found was erased by a person: none is marked."
    elif not had.any():
        found = "The model found no tumor; the one that is marked was drawn by a person."
    elif (had & has).any():
        found = "The largest tumor that is marked is not the one that the model found: a person has changed the mask."
    else:
        found = "The tumor that the model found was erased by a person, who marked another one."
    return replace(known, findings=not_to_be_relied_on(found) if known.doubts else found, side=None)


def _provenance(told: Provenance, labelmap: Volume, scan: Scan | None, side: TumorSide) -> Provenance:
    return replace(
        told,
        created_utc=told.created_utc or datetime.now(UTC).replace(microsecond=0),
        source=SourceFacts.of(scan) if scan else None,
        labelmap_voxels_sha256=labelmap.voxels_sha256,
        side=SideFacts(side=side.side, source=side.source, reason=side.reason),
    )
