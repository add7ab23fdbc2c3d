"""What a report is made from, gathered from the scene and from what the user typed."""

from typing import Any

from slicer.i18n import tr as _

from VSSegmentationLib import scene as scenes
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.measurement import labelmap_warnings
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.reporting import PriorTreatment, ReportContent, ScanFacts, UserFields
from VSSegmentationPanels import SegmentationAttributes
from VSSegmentationPanels.Session import Session


def reportContent(session: Session, growth: Growth | None = None) -> ReportContent:
    """Return everything that a report of the examination at hand tells.

    Raises:
        UsageError: If there is none.
    """
    if session.live is None:
        raise UsageError(_("There is nothing to report yet: segment a scan first."))
    if session.live.isOutdated:
        session.live.catchUp()
    examination, numbers, node = session.examination, session.numbers, session.parameterNode
    facts = SegmentationAttributes.readFacts(examination.segmentationNode)
    image = scenes.volume_of(examination.volumeNode)
    edited = bool(examination.log.edits)
    return ReportContent(
        image=image,
        labelmap=examination.labelmap,
        measurements=numbers.measurements,
        findings=facts.findings,
        candidates=facts.candidates,
        warnings=_warnings(facts, examination.labelmap),
        provenance=facts.provenance,
        scan=ScanFacts(
            modality=facts.modality,
            file_format="Slicer volume",
            slice_thickness_mm=max(image.spacing_dhw_mm),
            series=None,
        ),
        plane=examination.userPlane,
        side=facts.side,
        headline=numbers.headline,
        case=node.caseName,
        days_from_baseline=growth.examinations[-1].days if growth is not None else None,
        review=SegmentationAttributes.readReview(examination.segmentationNode),
        edit_log=examination.log,
        automatic_labelmap=examination.automaticLabelmap if edited else None,
        overrides=numbers.manual,
        user_fields=_userFields(node),
        growth=growth,
    )


def _warnings(facts: SegmentationAttributes.Facts, labelmap: Any) -> tuple[str, ...]:
    """Return the warnings of the model's run and those of the mask as it is now, each once."""
    return tuple(dict.fromkeys((*facts.warnings, *labelmap_warnings(labelmap))))


def _userFields(node: Any) -> UserFields:
    prior = ()
    if node.treatment != "none":
        prior = (PriorTreatment(kind=node.treatment, days_before=node.treatmentDays or None),)
    return UserFields(
        koos="" if node.koos == "not given" else node.koos, prior_treatment=prior, comment=node.comment,
        cystic_component=node.cystic, brainstem=node.brainstem, hydrocephalus=node.hydrocephalus,
        lateral_extent=node.lateralExtent, decision=node.decision,
    )  # fmt: skip
