"""From nodes of the scene and what was typed to the plain values from which the pipeline makes a report's content."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio.placing import place_on_scan
from VSSegmentationLib.imageio.scan import Modality, Scan
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.measurement.volumes import all_tumor_cm3
from VSSegmentationLib.pipeline import MaskFacts, measure_labelmap
from VSSegmentationLib.reporting import (
    Corrections,
    ManualOverride,
    Provenance,
    ReportChoices,
    ReportContent,
    Software,
    read_provenance,
)
from VSSegmentationLib.tumor_side import stated_side
from VSSegmentationLib.volume import Volume
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.EditState import readState
from VSSegmentationPanels.ReportFields import userFields
from VSSegmentationPanels.Session import Session, policyOf


def reportContent(
    session: Session, growth: Growth | None = None, *, scan: Scan | None = None, withIdentifiers: bool = False
) -> ReportContent:
    """Return everything that a report of the examination at hand tells.

    Args:
        session: With the examination.
        growth: Comparison with earlier examinations.
        scan: The series that the scan was loaded from, where DICOM objects are to refer to it.
        withIdentifiers: Write patient and study as that series names them.

    Raises:
        UsageError: If there is none.
        GeometryError: If the scan does not have the voxels of that series.
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
        with_identifiers=withIdentifiers,
    )
    return contentOf(
        examination.segmentationNode,
        examination.volumeNode,
        examination.labelmap,
        plane=examination.userPlane,
        choices=choices,
        overrides=session.numbers.manual,
        growth=growth,
        scan=scan,
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
    scan: Scan | None = None,
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
        scan: The DICOM series of the scan, with the same voxels in whatever order; None takes the volume of the scene.
    """
    placed = (lambda each: each) if scan is None else (lambda each: place_on_scan(each, scan.volume))
    facts = SegmentationAttributes.readFacts(segmentationNode)
    log = SegmentationAttributes.readLog(segmentationNode)
    automatic = scenes.automatic_of(segmentationNode) if log.edits else None
    known = MaskFacts(
        task=scenes.task_of(segmentationNode),
        provenance=replace(_provenance(facts), corrections=_corrections(segmentationNode, labelmap)),
        findings=facts.findings,
        side=SegmentationAttributes.readSide(segmentationNode),
        side_found=stated_side(facts.side) if facts.sideStated else None,
        candidates=facts.candidates,
        warnings=(*facts.warnings, *_unmeasured(segmentationNode)),
        doubts=facts.doubts,
        plane=plane,
        edit_log=log,
        automatic_labelmap=None if automatic is None else placed(scenes.labelmap_of(automatic, volumeNode)),
        overrides=tuple(overrides),
        growth=growth,
    )
    own = _scan(volumeNode, facts.modality) if scan is None else replace(scan, modality=Modality(facts.modality))
    return measure_labelmap(placed(labelmap), own, choices, known=known).content


def _corrections(segmentationNode: Any, labelmap: Volume) -> Corrections | None:
    """Return the clicks that led to the mask, with the volume before and after; None where there were none."""
    state = readState(segmentationNode, labelmap.shape)
    if not state.corrections:
        return None
    return Corrections(
        model=state.correctedBy,
        volume_before_cm3=state.correctedFromCm3,
        volume_after_cm3=all_tumor_cm3(labelmap, scenes.task_of(segmentationNode).label_set),
        each=state.corrections,
    )


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
