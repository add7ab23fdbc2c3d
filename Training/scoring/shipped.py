"""A segmenter with the locator and divider that it ships with."""

from pathlib import Path

from VSSegmentationLib.inference import Models, load_model
from VSSegmentationLib.models import default_divider, find_model


def models_of(path: Path) -> Models:
    """Return a segmenter's file with its own locator and its task's divider, as the product runs it."""
    segmenter = load_model(path)
    divider = default_divider(segmenter.task)
    return Models(
        segmenter=segmenter,
        locator=None if segmenter.locator_name is None else load_model(find_model(segmenter.locator_name)),
        divider=None if divider is None else load_model(find_model(divider)),
    )
