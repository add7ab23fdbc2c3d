"""Correcting a result by clicks: what `Segmenter.refine` does. Importing this brings torch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from VSSegmentationLib.api.inputs import read_scan
from VSSegmentationLib.api.result import Result
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.interaction import Interaction, Sign
from VSSegmentationLib.pipeline.measuring import MaskFacts
from VSSegmentationLib.pipeline.refining import RefineOptions, refine
from VSSegmentationLib.pipeline.segmenting import LoadBundle
from VSSegmentationLib.reporting import ReportChoices, ReportContent


def interaction_of(sign: Sign, place: Any) -> Interaction:  # noqa: ANN401 - whatever a person hands over
    """Return a point (R, A, S in mm), or a list of points, as an interaction.

    Raises:
        UsageError: If it is neither.
    """
    try:
        points = np.atleast_2d(np.asarray(place, dtype=np.float64))
    except (TypeError, ValueError) as error:
        msg = f"a click is three numbers (R, A, S in mm), a scribble a list of such points; got {type(place).__name__}"
        raise UsageError(msg) from error
    return Interaction(sign=sign, points_ras_mm=tuple(tuple(point) for point in points.tolist()))


def refined(
    result: Result, interactions: Sequence[Interaction], options: RefineOptions, load_bundle: LoadBundle
) -> Result:
    """Return a result after interactions.

    Raises:
        UsageError: If it has no scan; else as `pipeline.refining.refine`.
    """
    before = result.content
    if before.image is None:
        msg = (
            "clicks are answered by looking at the scan, and this result has none; measure the labelmap with its image"
        )
        raise UsageError(msg)
    scan = read_scan(before.image, modality=None if before.scan is None else before.scan.modality)
    choices = ReportChoices(case=before.case, policy=before.leading.policy, user_fields=before.user_fields)
    answer = refine(
        before.labelmap, scan, interactions, options, choices, known=_known(before), load_bundle=load_bundle
    )
    content = replace(
        answer.content,
        scan=before.scan,
        dicom=before.dicom,
        identifiers=before.identifiers,
        days_from_baseline=before.days_from_baseline,
        provenance=replace(answer.content.provenance, source=before.provenance.source),
    )
    return Result(content=content, maps=result.maps)


def _known(content: ReportContent) -> MaskFacts:
    return MaskFacts(
        task=content.task,
        provenance=content.provenance,
        findings=content.findings,
        side=content.side,
        candidates=content.candidates,
        warnings=content.warnings,
        doubts=content.doubts,
        plane=content.plane,
        edit_log=content.edit_log,
        automatic_labelmap=content.automatic_labelmap,
        was_edited=content.was_edited,
    )
