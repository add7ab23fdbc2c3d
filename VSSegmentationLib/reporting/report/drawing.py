"""The model that gave a mask, from what a report knows of it to the header of a labelmap, and back."""

from VSSegmentationLib.imageio import Labelmap
from VSSegmentationLib.imageio.files.drawing import Drawing, labels_sha256
from VSSegmentationLib.models import card_of_sha256
from VSSegmentationLib.reporting.report.content import ReportContent
from VSSegmentationLib.reporting.report.limits import DrawnBy
from VSSegmentationLib.reporting.report.provenance import ModelFacts, Provenance


def drawing_of(content: ReportContent) -> Drawing | None:
    """Return what the header of a labelmap tells of the model that gave it; None where none did.

    Of a mask that was edited, the hash is that of the model's own answer, so that it is known as edited.
    """
    model, divider = content.provenance.model, content.provenance.divider
    if model is None or not (model.name and model.version and model.sha256):
        return None
    answer = content.automatic_labelmap or (None if content.is_edited else content.labelmap)
    return Drawing(
        model=model.name,
        version=model.version,
        model_sha256=model.sha256,
        divider_sha256="" if divider is None else divider.sha256,
        labels_sha256="" if answer is None else labels_sha256(answer),
    )


def provenance_of_drawing(drawing: Drawing) -> Provenance:
    """Return the provenance of a mask whose header tells the model, with the cards of the models that are here."""
    return Provenance(
        algorithm=f"{drawing.model} {drawing.version}",
        model=_facts(drawing.model, drawing.version, drawing.model_sha256),
        divider=_facts("", "", drawing.divider_sha256) if drawing.divider_sha256 else None,
    )


def notes_on_drawing(given: Labelmap, drawn_by: DrawnBy | None) -> tuple[str, ...]:
    """Return what a reader has to know of who drew a mask, as far as its file and a person tell it."""
    if given.drawing is None:
        return () if drawn_by is not None else (_NOBODY_STATES,)
    model = f"{given.drawing.model} version {given.drawing.version}"
    if not given.is_untouched:
        return (
            f"The labelmap was given by the model {model} and is not what that gave any more: it was edited since.",
        )
    if drawn_by == "person":
        return (f"The labelmap is what the model {model} gave, voxel by voxel; that was followed, not --drawn-by.",)
    return ()


_NOBODY_STATES = (
    "Limits unknown: who drew this mask isn't stated. Say it with --drawn-by person (limits of human readers) or "
    "--drawn-by model (none are known)."
)


def _facts(name: str, version: str, sha256: str) -> ModelFacts:
    card = card_of_sha256(sha256)
    known = ModelFacts(
        name=name or (card.name if card else "divider"),
        version=version or (card.version if card else "not known"),
        sha256=sha256,
        modality=card.modality if card else "unknown",
    )
    return known.with_card(card)
