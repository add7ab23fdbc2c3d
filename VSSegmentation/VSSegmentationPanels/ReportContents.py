"""From nodes of the scene and what was typed to the plain values from which the pipeline makes a report's content."""

from collections.abc import Sequence
from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio.scan import Modality, Scan
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.pipeline import MaskFacts, measure_labelmap
from VSSegmentationLib.reporting import (
    ManualOverride,
    Provenance,
    ReportChoices,
    ReportContent,
    Software,
    read_provenance,
)
from VSSegmentationLib.volume import Volume
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.ReportFields import userFields
from VSSegmentationPanels.Session import Session, policyOf


def reportContent(session: Session, growth: Growth | None = None) -> ReportContent:
    """Return everything that a report of the examination at hand tells.

    Raises:
        UsageError: If there is none.
    """
    if session.live is None:
        raise UsageError(_("There is nothing to report yet: segment a scan first."))
    if session.live.isOutdated:
        session.live.catchUp()
    examination, node = session.examination, session.parameterNode
    choices = ReportChoices(
        policy=policyOf(examination.task, node.policy),
        case=node.caseName,
        review=SegmentationAttributes.readReview(examination.segmentationNode),
        user_fields=userFields(node),
    )
    return contentOf(
        examination.segmentationNode,
        examination.volumeNode,
        examination.labelmap,
        plane=examination.userPlane,
        choices=choices,
        overrides=session.numbers.manual,
        growth=growth,
    )


def contentOf(
    segmentationNode: Any,
    volumeNode: Any,
    labelmap: Volume,
    *,
    plane: MeatalPlane | None,
    choices: ReportChoices,
    overrides: Sequence[ManualOverride] = (),
    growth: Growth | None = None,
) -> ReportContent:
    """Return everything that is known of a segmentation, measured now.

    Args:
        segmentationNode: With the facts of the model's run and the log of edits.
        volumeNode: The scan that it was made on.
        labelmap: Its voxels, on the grid of the scan.
        plane: Of the porus, if a person has set it.
        choices: Of the user, for the report.
        overrides: Lengths that a person drew.
        growth: Comparison with earlier examinations.
    """
    facts = SegmentationAttributes.readFacts(segmentationNode)
    log = SegmentationAttributes.readLog(segmentationNode)
    automatic = scenes.automatic_of(segmentationNode) if log.edits else None
    known = MaskFacts(
        task=scenes.task_of(segmentationNode),
        provenance=_provenance(facts),
        findings=facts.findings,
        side=SegmentationAttributes.readSide(segmentationNode),
        candidates=facts.candidates,
        warnings=(*facts.warnings, *_unmeasured(segmentationNode)),
        doubts=facts.doubts,
        plane=plane,
        edit_log=log,
        automatic_labelmap=None if automatic is None else scenes.labelmap_of(automatic, volumeNode),
        overrides=tuple(overrides),
        growth=growth,
    )
    return measure_labelmap(labelmap, _scan(volumeNode, facts.modality), choices, known=known).content


def _unmeasured(segmentationNode: Any) -> tuple[str, ...]:
    names = scenes.unmeasured_segments(segmentationNode)
    return (f"Segments that are no part of the tumor were not measured: {', '.join(names)}.",) if names else ()


def _scan(volumeNode: Any, modality: str) -> Scan:
    image = scenes.volume_of(volumeNode)
    return Scan(
        volume=image,
        modality=Modality(modality),
        slice_thickness_mm=max(image.spacing_dhw_mm),
        warnings=(),  # those of reading it are among the facts of the model's run
        voxels_sha256=image.voxels_sha256,
        file_format="Slicer volume",
        series_uid=None,
    )


def _provenance(facts: SegmentationAttributes.Facts) -> Provenance:
    version = f"{slicer.app.majorVersion}.{slicer.app.minorVersion}"
    return read_provenance(facts.provenance, software=Software(slicer_version=version))
