"""Which weighting a scan is segmented as: decided before a model is chosen, refused or asked where that must be."""

from dataclasses import dataclass, replace

from VSSegmentationLib.errors import OtherContrastError, WeightingQuestionError
from VSSegmentationLib.imageio import Modality, Scan
from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.imageio.weighting import WeightingDecision, decide_weighting, evidence_of
from VSSegmentationLib.inference import (
    Located,
    ModelBundle,
    Models,
    Pori,
    Segmentation,
    image_evidence,
    locate_pori,
    looks_skull_stripped,
)
from VSSegmentationLib.pipeline.measuring import MaskFacts

_MADE_FOR = (Modality.T2, Modality.CE_T1)


_STRIPPED = (
    "The image looks skull-stripped: there is no tissue round the brain, and the canals may be cut away with what lies "
    "in them: the result cannot be relied on."
)


@dataclass(frozen=True, eq=False)
class Judged:
    """Scans that were looked at before they are segmented."""

    scans: tuple[Scan, ...]
    decision: WeightingDecision | None = None
    """On the weighting of the first; None where it was not asked."""
    located: Located | None = None
    """What the locator found in it on the way; None where none was run."""
    locator_name: str | None = None

    def pori_for(self, models: Models) -> Pori | None:
        """Return where the pori are if the locator of these models found them; None: it has to look."""
        same = models.locator is not None and models.locator.name == self.locator_name
        return self.located.pori if self.located is not None and same else None

    @property
    def skull_stripped(self) -> bool:
        """Whether the first shows no head round the brain."""
        return self.located is not None and looks_skull_stripped(self.located)


def judge(
    scan: Scan, *, model: ModelBundle | None, locator: ModelBundle | None, device: str, accept_other: bool
) -> Judged:
    """Return the scan with its weighting, as it is decided from all sources.

    Args:
        scan: As it was read.
        model: That the user chose; None where the embedded one is chosen by the weighting.
        locator: Finds the pori, round which the image is judged; None judges no image.
        device: Of PyTorch.
        accept_other: Go on with a weighting that no model was made for.

    Raises:
        WeightingQuestionError: If it cannot be told, and the choice of the model depends on it.
        OtherContrastError: If it is one that no model was made for, and this was not accepted.
    """
    name = None if locator is None else locator.name
    located = None if locator is None else locate_pori(scan.volume, locator, device=device)
    evidence = [*evidence_of(scan), *_of_model(model), *([image_evidence(located)] if located else [])]
    decision = decide_weighting(evidence)
    if decision.question:
        if model is None:
            raise WeightingQuestionError(decision.question)
        return Judged((scan,), decision, located, name)  # the user chose a model of unknown weighting
    if {each.source for each in evidence if each.says is not Says.NOTHING} == {Source.MODEL}:
        return Judged((scan,), decision, located, name)  # the choice of a model is no knowledge of the scan
    if decision.modality not in _MADE_FOR and (model is None or model.modality != decision.modality):
        decision = _unless_accepted(decision, accept_other=accept_other)
    return Judged((replace(scan, modality=decision.modality),), decision, located, name)


def with_doubts(facts: MaskFacts, segmentation: Segmentation, judged: Judged) -> MaskFacts:
    """Return what is known of a mask with all for which the result cannot be relied on.

    An image without the head round the brain, or one in which no canal was found, was not judged where nothing was
    found in it.
    """
    decision, stripped = judged.decision, judged.skull_stripped
    doubts = (*(decision.doubts if decision else ()), *segmentation.doubts, *((_STRIPPED,) if stripped else ()))
    notes = decision.notes if decision else ()
    findings = facts.findings or ""
    if segmentation.tumor is None and stripped:
        findings = "Not judged: the image looks skull-stripped, and the internal auditory canals may be cut away."
    elif segmentation.tumor is None and segmentation.pori is not None and not segmentation.pori.centers_ras_mm():
        findings = "Not judged: no internal auditory canal was located, and no tumor was found elsewhere."
    elif doubts:
        findings = f"Not to be relied on: {findings[:1].lower()}{findings[1:]}"
    return replace(facts, findings=findings, doubts=doubts, warnings=(*notes, *facts.warnings))


def _of_model(model: ModelBundle | None) -> list[Evidence]:
    """A model is chosen for a scan of its own weighting, unless more is said of the scan."""
    known = {str(each): each for each in (Says.T2, Says.CE_T1)}
    return [Evidence(Source.MODEL, known[model.modality])] if model and model.modality in known else []


def _unless_accepted(decision: WeightingDecision, *, accept_other: bool) -> WeightingDecision:
    what = "a T1 without contrast agent" if decision.modality is Modality.T1 else "of another weighting than T1 or T2"
    if not accept_other:
        msg = (
            f"The scan is {what}, and tumors are found on T2 or contrast-enhanced T1 scans only; give one of these, or "
            "say its weighting where this is wrong"
        )
        raise OtherContrastError(msg)
    doubt = f"The scan is {what}, which no model was made for, and was accepted: the result cannot be relied on."
    return replace(decision, doubts=(*decision.doubts, doubt))
