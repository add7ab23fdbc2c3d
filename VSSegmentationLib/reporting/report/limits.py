"""Which limits stand beside the numbers of a mask: it depends on who made it, and whether a person has checked it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from VSSegmentationLib.codec import finite_or_none
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.limits import (
    EDITED,
    OTHER_PROGRAM,
    UNSTATED,
    AutomaticAnswer,
    with_limits_of_model,
    without_limits,
)
from VSSegmentationLib.models import card_of_sha256
from VSSegmentationLib.reporting.report.provenance import Provenance
from VSSegmentationLib.reporting.report.review import EditLog, Review
from VSSegmentationLib.tasks import Task

MaskState = Literal["given", "automatic", "edited", "checked", "unstated", "other program"]
DrawnBy = Literal["person", "model"]
"""What a person can state of a mask that does not tell it: a person drew it, or a model or another program did."""
_WITHOUT = {"edited": EDITED, "unstated": UNSTATED, "other program": OTHER_PROGRAM}


def mask_state(
    provenance: Provenance,
    log: EditLog,
    review: Review | None,
    *,
    was_edited: bool = False,
    drawn_by: DrawnBy | None = None,
) -> MaskState:
    """Return how far a person stands behind a mask.

    Args:
        provenance: Of the mask.
        log: Every edit since a model gave it.
        review: What a person has ticked as checked.
        was_edited: Whether it was edited, although the log may be silent: a scene of another version.
        drawn_by: Who drew it, as somebody states; where a model of this software did, its provenance tells it.
    """
    edited = bool(log.edits) or was_edited
    since = bool(log.edits) and review is not None and log.edits[-1].at_utc > review.at_utc
    if review is not None and review.mask_checked and not since:
        return "checked"
    if provenance.model is None:
        return "unstated" if drawn_by is None else "given" if drawn_by == "person" else "other program"
    return "edited" if edited else "automatic"


def with_limits(
    measurements: Sequence[Measurement], state: MaskState, provenance: Provenance, task: Task
) -> tuple[Measurement, ...]:
    """Return measurements with the limits that hold for their mask.

    Args:
        measurements: As the task measures them: with the limits of human readers.
        state: As `mask_state` gives it.
        provenance: Of the mask.
        task: What kind of tumor was measured.
    """
    if state in _WITHOUT:
        return without_limits(measurements, _WITHOUT[state])
    if state != "automatic" or provenance.model is None:
        return tuple(measurements)
    return with_limits_of_model(measurements, _answer(provenance, task), task.whole_volume)


def _answer(provenance: Provenance, task: Task) -> AutomaticAnswer:
    model = provenance.model
    assert model is not None  # an automatic mask is one that a model gave
    thorough = _looked_again(provenance.run)
    card = card_of_sha256(model.sha256) if model.limits is None else None  # older scenes do not keep them
    measured = card.limits_measured if card else model.limits
    return AutomaticAnswer(
        model=f"{model.name} version {model.version}{' with a thorough look' if thorough else ''}",
        limits=None if thorough else measured,  # measured with the usual look alone
        divider_sha256=None if provenance.divider is None else provenance.divider.sha256,
        boundary_spread_mm=boundary_spread_mm(provenance.run),
        across_boundary=task.across_boundary,
        organ_regions=task.organ_regions,
    )


def _looked_again(run: Mapping[str, Any]) -> bool:
    told = run.get("looks")
    return isinstance(told, Mapping) and bool(told.get("windows_of_ears"))


def boundary_spread_mm(run: Mapping[str, Any]) -> float | None:
    """Return by how much the boundary of the parts moves between mirror images of a scan; None if not known.

    Args:
        run: What the run of the models tells, as provenance keeps it.
    """
    told = run.get("boundary")
    spread = told.get("spread_mm") if isinstance(told, Mapping) else None
    return finite_or_none(spread)
