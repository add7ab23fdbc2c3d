"""The catalogue: embedded models, those a user took in, published ones. No torch; `fetching` alone uses the network."""

from VSSegmentationLib.models.card import Accuracy, ModelCard, card_beside, card_path, read_card, write_card
from VSSegmentationLib.models.catalogue import (
    SAMPLE_FOLDER,
    card_of_sha256,
    default_divider,
    default_locator,
    default_model,
    default_refiner,
    default_segmenter,
    find_model,
    sample_folder,
    verify,
)
from VSSegmentationLib.models.limits import CheckedLimit, MeasuredLimit, MeasuredLimits
from VSSegmentationLib.models.published import PUBLISHED_MODELS, PublishedModel
from VSSegmentationLib.models.shelves import (
    EMBEDDED_FOLDER,
    MODELS_VARIABLE,
    ModelEntry,
    Shelf,
    UnusableModel,
    embedded_models,
    models_in,
    user_model_folder,
    user_models,
    user_shelf,
)

__all__ = [
    "EMBEDDED_FOLDER",
    "MODELS_VARIABLE",
    "PUBLISHED_MODELS",
    "SAMPLE_FOLDER",
    "Accuracy",
    "CheckedLimit",
    "MeasuredLimit",
    "MeasuredLimits",
    "ModelCard",
    "ModelEntry",
    "PublishedModel",
    "Shelf",
    "UnusableModel",
    "card_beside",
    "card_of_sha256",
    "card_path",
    "default_divider",
    "default_locator",
    "default_model",
    "default_refiner",
    "default_segmenter",
    "embedded_models",
    "find_model",
    "models_in",
    "read_card",
    "sample_folder",
    "user_model_folder",
    "user_models",
    "user_shelf",
    "verify",
    "write_card",
]
