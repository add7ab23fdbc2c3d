"""From a mask and clicks to the corrected mask, its parts and its numbers. Importing this brings torch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.connected import number_pieces
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.inference import Compute, ModelBundle, Refiner, divided_anew, load_model
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.measurement.volumes import all_tumor_cm3
from VSSegmentationLib.models import EMBEDDED_FOLDER, card_beside, default_divider, default_refiner, find_model
from VSSegmentationLib.pipeline.measuring import MaskFacts, facts_after_edit, measure_labelmap
from VSSegmentationLib.pipeline.options import NO_DIVIDER
from VSSegmentationLib.pipeline.parts import with_parts
from VSSegmentationLib.pipeline.result import PipelineResult
from VSSegmentationLib.pipeline.segmenting import LoadBundle
from VSSegmentationLib.reporting import Edit, ModelFacts, ReportChoices
from VSSegmentationLib.reporting.report.provenance import Correction, Corrections
from VSSegmentationLib.tasks import Task
from VSSegmentationLib.volume import Volume

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class RefineOptions:
    """What a user may choose."""

    refiner: str | None = None
    """Name or file of the model that corrects; None takes the one that is installed."""
    divider: str | None = None
    """Of the model that divides a tumor started anew; None takes the embedded one, `NO_DIVIDER` leaves it undivided."""
    device: str = "auto"
    precision: str = "auto"


class Refined(NamedTuple):
    """A labelmap after clicks."""

    labelmap: Volume
    each: tuple[Correction, ...]


def load_refiner(options: RefineOptions, task: Task, load_bundle: LoadBundle = load_model) -> ModelBundle:
    """Return the model that corrects masks of a task.

    Raises:
        ModelError: If there is none, it is of another role or task, or its file is damaged.
    """
    bundle = load_bundle(find_model(options.refiner or default_refiner(task.name)), options.device)
    if bundle.role != "refiner" or bundle.task != task.name:
        msg = f"the model '{bundle.name}' is a {bundle.role} of {bundle.task}; a refiner of {task.name} is needed"
        raise ModelError(msg)
    return bundle


def refine_labelmap(
    labelmap: Volume,
    refiner: Refiner,
    interactions: Sequence[Interaction],
    *,
    task: Task,
    earlier: Sequence[Interaction] = (),
    plane: MeatalPlane | None = None,
    fixed: Mask | None = None,
) -> Refined:
    """Return a labelmap after clicks and scribbles; what is not tumor before and after stays what it is.

    New voxels take a part as `parts.with_parts` says; a tumor that had no voxel before is left for a divider.

    Args:
        labelmap: (D, H, W) values of the task's labels, from whatever source.
        refiner: Of the scan, on the grid of the labelmap.
        interactions: New ones, in order.
        task: What the values mean.
        earlier: Those that led to the labelmap.
        plane: Between the parts, if a person set it; None takes the one fitted to them, if there is one.
        fixed: (D, H, W) True in voxels that a person painted: they stay.
    """
    labels = task.label_set
    organs = (labelmap.array != 0) & ~labels.tumor_mask(labelmap.array)
    said, each = list(earlier), []
    for interaction in interactions:
        before = labels.tumor_mask(labelmap.array)
        after = refiner.refine(before, [interaction], earlier=said, fixed=fixed, barred=organs).mask
        added, removed = int((after & ~before).sum()), int((before & ~after).sum())
        labelmap = with_parts(labelmap, after, task, plane)
        said.append(interaction)
        each.append(Correction(interaction=interaction, voxels_added=added, voxels_removed=removed))
    return Refined(labelmap, tuple(each))


def divide_new(
    before: Volume,
    after: Volume,
    scan: Volume,
    *,
    task: Task,
    options: RefineOptions,
    load_bundle: LoadBundle = load_model,
) -> Volume:
    """Return a labelmap in which every tumor that clicks have started is divided, as a segmentation is.

    Args:
        before: Before the clicks.
        after: After them.
        scan: In any orientation, on their grid.
        task: What the values mean.
        options: Which divider, and where it runs.
        load_bundle: Reads a model file.
    """
    name = None if options.divider == NO_DIVIDER else options.divider or default_divider(task.name)
    undivided = task.label_set.undivided
    if name is None or undivided is None or not (after.array == undivided.value).any():
        return after
    beside = EMBEDDED_FOLDER if options.divider is None else None
    was, now = task.label_set.tumor_mask(before.array), task.label_set.tumor_mask(after.array)
    pieces = number_pieces(now)
    old = set(np.unique(pieces.array[was & now]).tolist())
    for number in range(1, len(pieces.voxel_counts) + 1):
        piece = pieces.array == number
        if number not in old and (after.array[piece] == undivided.value).all():
            bundle = load_bundle(find_model(name, beside=beside), options.device)
            after = divided_anew(after, piece, scan, bundle, device=options.device)
    return after


def refine(
    labelmap: Volume,
    scan: Scan,
    interactions: Sequence[Interaction],
    options: RefineOptions | None = None,
    choices: ReportChoices | None = None,
    *,
    known: MaskFacts | None = None,
    load_bundle: LoadBundle = load_model,
) -> PipelineResult:
    """Correct a mask by clicks and scribbles, and measure it.

    Args:
        labelmap: uint8 values of the task's labels on the grid of the scan.
        scan: As `imageio.read_scan` gives it.
        interactions: In the order in which they were made.
        options: Models and device.
        choices: Of the user, for the report.
        known: What is known of the mask; earlier corrections in its provenance stay obeyed.
        load_bundle: Reads a model file for a device.

    Raises:
        UsageError: If there is no interaction, or one lies outside of the scan.
        ModelError: If no model for this is installed, or it is damaged.
        GeometryError: If labelmap and scan do not share one grid.
    """
    options, known = options or RefineOptions(), known or MaskFacts()
    if not interactions:
        msg = "a correction needs at least one click: give a point to add or to remove at"
        raise UsageError(msg)
    bundle = load_refiner(options, known.task, load_bundle)
    told = known.provenance.corrections
    earlier = () if told is None else told.each
    refined = refine_labelmap(
        labelmap, Refiner(scan.volume, bundle, device=options.device, compute=Compute(options.precision)), interactions,
        task=known.task, earlier=[one.interaction for one in earlier], plane=known.plane,
    )  # fmt: skip
    after = divide_new(
        labelmap, refined.labelmap, scan.volume, task=known.task, options=options, load_bundle=load_bundle
    )
    corrections = Corrections(
        model=facts_of_refiner(bundle, options, known.task),
        volume_before_cm3=all_tumor_cm3(labelmap, known.task.label_set) if told is None else told.volume_before_cm3,
        volume_after_cm3=all_tumor_cm3(after, known.task.label_set),
        each=(*earlier, *refined.each),
    )
    return measure_labelmap(after, scan, choices, known=_corrected(known, labelmap, after, corrections, refined.each))


def facts_of_refiner(bundle: ModelBundle, options: RefineOptions, task: Task) -> ModelFacts:
    """Return what a report tells of the model that answered."""
    facts = ModelFacts(
        name=bundle.name, version=bundle.version, sha256=bundle.sha256, modality=bundle.modality,
        provenance=bundle.provenance,
    )  # fmt: skip
    path = find_model(options.refiner or default_refiner(task.name))
    return facts.with_card(card_beside(Path(path), bundle.sha256))


def _corrected(
    known: MaskFacts, before: Volume, after: Volume, corrections: Corrections, new: Sequence[Correction]
) -> MaskFacts:
    """Return what is known of the mask after the clicks: one edit for each."""
    log, labels = known.edit_log, known.task.label_set
    for one in new:
        log = log.with_edit(
            Edit(
                at_utc=datetime.now(UTC),
                tool=one.interaction.words,
                segment=labels.whole_tumor.name,
                voxels_added=one.voxels_added,
                voxels_removed=one.voxels_removed,
            )
        )
    automatic = known.automatic_labelmap
    if automatic is None and known.provenance.model is not None and not known.was_edited:
        automatic = before
    told = facts_after_edit(known, before, after) if automatic is None else known  # else measuring compares with it
    return replace(
        told,
        provenance=replace(known.provenance, corrections=corrections),
        edit_log=log,
        automatic_labelmap=automatic,
        was_edited=True,
    )
