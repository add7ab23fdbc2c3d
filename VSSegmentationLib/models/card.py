"""The card beside a model file: what it is, what it learned from, what it was measured to do."""

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from VSSegmentationLib.atomic import note_finished, write_text_atomically
from VSSegmentationLib.codec import from_plain, parse_json, to_plain
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.models.limits import MeasuredLimits
from VSSegmentationLib.short_repr import short_repr

CARD_SUFFIX = ".card.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST_NAME = 100
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """One measured value, good or bad."""

    data: str
    """Which scans, by a name that others can find."""
    measure: str
    value: float
    unit: str = ""
    note: str = ""

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a user should know before using a model."""

    name: str
    """Also the file's name, without its suffix."""
    version: str
    role: str
    """segmenter, locator, divider or refiner."""
    sha256: str
    modality: str
    """T2, ceT1, T1, or unknown; of a model of several inputs, that of the first."""
    labels: dict[str, str]
    """Value in the labelmap, as text, to its meaning."""
    spacing_dhw_mm: Triplet | None
    """Working voxel size, along superior, anterior, right; None is the scan's own."""
    trained_on: str
    license: str
    locator_name: str | None = None
    accuracy: tuple[Accuracy, ...] = ()
    citation: str = ""
    source: str = ""
    limits: str = ""
    task: str = "vestibular schwannoma"
    """Which kind of tumor it is for; cards from before there were several say nothing."""
    label_set: str = "vestibular schwannoma"
    """Name of the label set that `labels` are of."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Of a model of several inputs: their names, in order, each with what it was trained on."""
    optional_inputs: tuple[str, ...] = ()
    """Which of these it was trained to do without, now and then."""
    limits_measured: MeasuredLimits | None = None
    """Of a segmenter: by how much its numbers are off, made by `python -m Training limits`; None if nobody measured."""

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > _LONGEST_NAME:
            msg = (
                f"a model's name has letters, digits, dots, dashes and underscores only, {_LONGEST_NAME} at most, got "
                f"{self.name[:_LONGEST_NAME]!r}"
            )
            raise ModelError(msg)
        if not _SHA256.fullmatch(self.sha256):
            msg = f"the card of the model '{self.name}' has no SHA-256 of 64 hexadecimal digits"
            raise ModelError(msg)


def card_path(model_file: Path) -> Path:
    """Return where the card of a model file is: `<name>.card.json` beside `<name>.pt`."""
    return model_file.with_name(model_file.stem + CARD_SUFFIX)


def read_card(path: Path) -> ModelCard:
    """Read a card.

    Raises:
        ModelError: If it is missing, can't be read, is no JSON, has an unknown key or lacks one.
    """
    if path.exists() and not path.is_file():  # a pipe would never answer
        msg = f"the model card {path.name} is no file; remove it"
        raise ModelError(msg)
    try:
        text = path.read_text(encoding="utf-8")
        parse_json(text)
    except OSError as error:
        msg = f"the model card {path.name} can't be read ({error.strerror}); change its permissions, or remove it"
        raise ModelError(msg) from error
    except ValueError as error:
        msg = f"the model card {path.name} is damaged; import the model again, or remove the card"
        raise ModelError(msg) from error
    return _card_of(text, path.name)


@lru_cache(maxsize=64)
def _card_of(text: str, name: str) -> ModelCard:
    """Return what a card says; built once for the same text, since every look for a model reads the cards of all."""
    return from_plain(ModelCard, parse_json(text), f"model card {name}", error=ModelError, quoting=True)


def card_beside(model_file: Path, sha256: str) -> ModelCard | None:
    """Return the card of a model file; None where there is none, or it is of another file.

    Raises:
        ModelError: If it is damaged.
    """
    path = card_path(model_file)
    card = read_card(path) if path.is_file() else None
    return card if card is not None and card.sha256 == sha256 else None


def write_card(path: Path, card: ModelCard) -> None:
    """Write a card, whole or not at all."""
    write_text_atomically(path, json.dumps(to_plain(card), indent=2) + "\n")
    note_finished()
