"""A place for a model in the user's folder, and the card that is laid beside it."""

import re
from dataclasses import replace
from pathlib import Path

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference.model_bundle import ModelBundle, meanings_of_classes
from VSSegmentationLib.models import (
    ModelCard,
    PublishedModel,
    card_path,
    embedded_models,
)

_LONGEST_NAME = 80


def plain_model_name(text: str) -> str:
    """Return a text of any origin, such as the name of a file or a dataset, as a name that a model may have."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._-")[:_LONGEST_NAME] or "model"


def free_place(folder: Path, name: str) -> Path:
    """Return where a new model of that name goes; the folder is made if missing.

    Raises:
        ModelError: If a model of that name is there already, or comes with this software.
    """
    if any(entry.card.name == name for entry in embedded_models()):
        msg = (
            f"a model named '{name}' comes with this software, and one of the same name would hide it; give it another"
        )
        raise ModelError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.pt"
    if target.exists() or card_path(target).exists():
        msg = f"a model named '{name}' is there already; remove {target.name} and its card to replace it"
        raise ModelError(msg)
    return target


def card_of(bundle: ModelBundle, published: PublishedModel | None = None) -> ModelCard:
    """Return the card of a model that came without one; origin and license are those of the publication, if known."""
    card = ModelCard(
        name=bundle.name,
        version=bundle.version,
        role=bundle.role,
        sha256=bundle.sha256,
        modality=bundle.modality,
        labels=meanings_of_classes(bundle),
        spacing_dhw_mm=bundle.settings.preprocessing.spacing_dhw_mm,
        trained_on=str(bundle.provenance.get("trained_on", "not stated")),
        license="not stated",
        locator_name=bundle.locator_name,
        task=bundle.task,
        label_set=bundle.label_set.name,
        inputs=bundle.modality_of_input if len(bundle.inputs) > 1 else {},
        optional_inputs=bundle.optional_inputs,
    )
    if published is None:
        return card
    return replace(
        card,
        trained_on=published.trained_on,
        license=published.license,
        citation=published.citation,
        source=published.address,
    )
