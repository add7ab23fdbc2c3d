"""The catalogue: embedded models, those a user took in, published ones. No torch; `fetching` alone uses the network."""

from VSSegmentationLib.models.card import Accuracy, ModelCard, card_beside, card_path, read_card, write_card
from VSSegmentationLib.models.catalogue import (
    EMBEDDED_FOLDER,
    MODELS_VARIABLE,
    SAMPLE_FOLDER,
    ModelEntry,
    card_of_sha256,
    default_divider,
    default_locator,
    default_model,
    default_refiner,
    embedded_models,
    find_model,
    models_in,
    user_model_folder,
    user_models,
    verify,
)
from VSSegmentationLib.models.limits import CheckedLimit, MeasuredLimit, MeasuredLimits
from VSSegmentationLib.models.published import PUBLISHED_MODELS, PublishedModel

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
    "card_beside",
    "card_of_sha256",
    "card_path",
    "default_divider",
    "default_locator",
    "default_model",
    "default_refiner",
    "embedded_models",
    "find_model",
    "models_in",
    "read_card",
    "user_model_folder",
    "user_models",
    "verify",
    "write_card",
]
