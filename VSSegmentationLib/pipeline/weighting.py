"""Which weighting scans are segmented as: decided before a model is chosen, refused or asked where that must be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from VSSegmentationLib.errors import OtherContrastError, WeightingQuestionError
from VSSegmentationLib.imageio import Modality, Scan
from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.imageio.suspicions import LOOKS_STRIPPED
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
from VSSegmentationLib.pipeline.measuring import MaskFacts, not_to_be_relied_on

_MADE_FOR = (Modality.T2, Modality.CE_T1)
_TOLD_APART = (*_MADE_FOR, Modality.T1)
"""What an image is judged among."""
_SAYS = {str(each): each for each in (Says.T2, Says.CE_T1, Says.T1)}

_STRIPPED = (
    "The image looks skull-stripped or cut off: there is no tissue where the skull base and what lies round the brain "
    "should be, and the canals may be cut away with what lies in them: the result cannot be relied on."
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
    doubts_of_further: tuple[str, ...] = ()
    """Sentences about the weighting of the scans after the first, for which the result cannot be relied on."""
    notes_of_further: tuple[str, ...] = ()

    def pori_for(self, models: Models) -> Pori | None:
        """Return where the pori are if the locator of these models found them; None: it has to look."""
        same = models.locator is not None and models.locator.name == self.locator_name
        return self.located.pori if self.located is not None and same else None

    @property
    def skull_stripped(self) -> bool:
        """Whether the first shows no head round the brain."""
        return self.located is not None and looks_skull_stripped(self.located)

    @property
    def may_be_stripped(self) -> bool:
        """Whether the intensities of the first hint at it: enough to call no canal free, too little beside a tumor."""
        return any(warning.startswith(LOOKS_STRIPPED) for warning in self.scans[0].warnings)


def judge(
    scan: Scan, *, wanted: str | None, locator: ModelBundle | None, device: str, accept_other: bool, called: str = ""
) -> Judged:
    """Return the scan with its weighting, as it is decided from all sources.

    Args:
        scan: As it was read.
        wanted: The weighting that the chosen model was made for; None where the embedded one is chosen by the scan's.
        locator: Finds the pori, round which the image is judged; None judges no image.
        device: Of PyTorch.
        accept_other: Go on with a weighting that no model was made for.
        called: What the model calls the scan, where it takes several.

    Raises:
        WeightingQuestionError: If it cannot be told, and the choice of the model depends on it.
        OtherContrastError: If it is one that no model was made for, and this was not accepted.
    """
    name = None if locator is None else locator.name
    located = None if locator is None else locate_pori(scan.volume, locator, device=device)
    evidence = [*evidence_of(scan), *([image_evidence(located)] if located else [])]
    decision = decide_weighting(evidence)
    if wanted is not None and (decision.question or (decision.modality is Modality.MR and wanted in _SAYS)):
        # A model is chosen for a scan of its own weighting; what contradicts it makes the result unreliable.
        decision = decide_weighting([*evidence, *_of_model(wanted)])
    if decision.question:
        if wanted is None:
            raise WeightingQuestionError(decision.question, [str(each) for each in decision.answers])
        return Judged((scan,), decision, located, name)  # the user chose a model of unknown weighting
    if all(each.says is Says.NOTHING for each in evidence):
        return Judged((scan,), decision, located, name)  # the choice of a model is no knowledge of the scan
    if decision.modality not in _MADE_FOR and wanted != decision.modality:
        decision = _unless_accepted(decision, called, accept_other=accept_other)
    return Judged((replace(scan, modality=decision.modality),), decision, located, name)


def judge_inputs(
    scans: Sequence[Scan], model: ModelBundle, *, locator: ModelBundle | None, device: str, accept_other: bool
) -> Judged:
    """Return all scans of a model with their weightings: each is judged by what its own input was trained on.

    An input that is none of T2, ceT1 and T1 is left as it is: the image is not told apart from others than these.

    Args:
        scans: In the order of the model's inputs.
        model: That the user chose.
        locator: As for `judge`.
        device: Of PyTorch.
        accept_other: As for `judge`.

    Raises:
        OtherContrastError: If one is of a weighting that no model was made for, and this was not accepted.
    """
    judged = []
    for each, scan in zip(model.inputs, scans, strict=True):
        called = each.name if len(scans) > 1 else ""
        judged.append(
            judge(scan, wanted=each.modality, locator=locator, device=device, accept_other=accept_other, called=called)
            if each.modality in (*_TOLD_APART, "unknown")
            else Judged((scan,))
        )
    further = [
        (each.name, one.decision)
        for each, one in zip(model.inputs[1:], judged[1:], strict=True)
        if one.decision is not None
    ]
    return replace(
        judged[0],
        scans=tuple(scan for one in judged for scan in one.scans),
        doubts_of_further=tuple(_about(name, said) for name, decision in further for said in decision.doubts),
        notes_of_further=tuple(_about(name, said) for name, decision in further for said in decision.notes),
    )


def _about(name: str, sentence: str) -> str:
    return f"Of the scan '{name}': {sentence}"


def with_doubts(facts: MaskFacts, segmentation: Segmentation, judged: Judged) -> MaskFacts:
    """Return what is known of a mask with all for which the result cannot be relied on.

    An image without the head round the brain, or one in which no canal was found, was not judged where nothing was
    found in it.
    """
    decision = judged.decision
    stripped = judged.skull_stripped or (segmentation.tumor is None and judged.may_be_stripped)
    doubts = (
        *(decision.doubts if decision else ()),
        *judged.doubts_of_further,
        *segmentation.doubts,
        *((_STRIPPED,) if stripped else ()),
    )
    notes = (*(decision.notes if decision else ()), *judged.notes_of_further)
    findings = facts.findings or ""
    if segmentation.tumor is None and stripped:
        findings = (
            "Not judged: the image looks skull-stripped or cut off, and the internal auditory canals may be cut away."
        )
    elif segmentation.tumor is None and segmentation.pori is not None and not segmentation.pori.centers_ras_mm():
        findings = "Not judged: no internal auditory canal was located, and no tumor was found elsewhere."
    elif doubts:
        findings = not_to_be_relied_on(findings)
    return replace(facts, findings=findings, doubts=doubts, warnings=(*notes, *facts.warnings))


def _of_model(wanted: str) -> list[Evidence]:
    return [Evidence(Source.MODEL, _SAYS[wanted])] if wanted in _SAYS else []


def _unless_accepted(decision: WeightingDecision, called: str, *, accept_other: bool) -> WeightingDecision:
    is_t1 = decision.modality is Modality.T1
    what = "a T1 without contrast agent" if is_t1 else "of another weighting than T1 or T2"
    scan = f"The scan given as '{called}'" if called else "The scan"
    if not accept_other:
        msg = (
            f"{scan} is {what}, and tumors are found on T2 or contrast-enhanced T1 scans only; give one of these, or "
            "say its weighting where this is wrong"
        )
        raise OtherContrastError(msg, (Modality.CE_T1,) if is_t1 else _MADE_FOR)
    doubt = f"{scan} is {what}, which no model was made for, and was accepted: the result cannot be relied on."
    return replace(decision, doubts=(*decision.doubts, doubt))
