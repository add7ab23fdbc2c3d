"""Folders of models: those that come along, a user's own, a site's; what is damaged in one stops no other."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.models.card import CARD_SUFFIX, ModelCard, read_card
from VSSegmentationLib.short_repr import short_repr

MODELS_VARIABLE = "VS_SEGMENTATION_MODELS"
"""Names folders of models, a user's or a site's, in the way in which PATH names folders."""

Origin = Literal["embedded", "user", "file"]

EMBEDDED_FOLDER = Path(__file__).parent
"""Models that come with the software lie beside this file."""


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model of the catalogue."""

    card: ModelCard
    path: Path
    origin: Origin

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class UnusableModel:
    """What is meant to be a model of a user or a site, and is none."""

    name: str
    """As its file is called; empty of a whole folder that can't be read."""
    reason: str
    """A sentence without its full stop."""


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What lies in folders of models."""

    models: tuple[ModelEntry, ...]
    unusable: tuple[UnusableModel, ...]


def user_model_folder() -> Path:
    """Return where models that this user takes in are kept; it may not exist yet.

    The first folder of the environment variable VS_SEGMENTATION_MODELS that may be written, else where this platform
    keeps a user's data for this software.

    Raises:
        ModelError: If there is no such folder: the user has no home, as in many containers.
    """
    named = next((folder for folder in _named_folders() if os.access(folder, os.W_OK | os.X_OK)), None)
    if named is not None:
        return named
    try:
        home = Path.home()
    except RuntimeError as error:
        msg = (
            f"this user has no home folder, so there is no place for models; set {MODELS_VARIABLE} to a folder that "
            "may be written"
        )
        raise ModelError(msg) from error
    if sys.platform == "win32":
        return home / "AppData" / "Local" / "vs-segmentation" / "models"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "vs-segmentation" / "models"
    return home / ".local" / "share" / "vs-segmentation" / "models"


def _named_folders() -> list[Path]:
    """Return the folders that VS_SEGMENTATION_MODELS names, as PATH names folders; they may be read-only."""
    return [Path(each) for each in os.environ.get(MODELS_VARIABLE, "").split(os.pathsep) if each]


def user_models(user_folder: Path | None = None) -> tuple[ModelEntry, ...]:
    """Return the models that a user or a site took in; what can't be used of them is left out.

    Args:
        user_folder: In place of all of their folders.
    """
    return user_shelf(user_folder).models


def user_shelf(user_folder: Path | None = None) -> Shelf:
    """Return the models that a user or a site took in, and what is there and can't be used.

    Args:
        user_folder: In place of all of their folders.
    """
    if user_folder is not None:
        return _shelf(user_folder)
    named = dict.fromkeys(folder.absolute() for folder in _named_folders())
    shelves = [_shelf(folder, is_named=True) for folder in named]
    with suppress(ModelError):  # no home: nothing of this user's own
        own = user_model_folder().absolute()
        shelves += [] if own in named else [_shelf(own)]
    return Shelf(
        models=tuple(each for shelf in shelves for each in shelf.models),
        unusable=tuple(each for shelf in shelves for each in shelf.unusable),
    )


def models_in(folder: Path, origin: Origin) -> tuple[ModelEntry, ...]:
    """Return the models of a folder by name, each a `.pt` file with a card; none if there is no folder.

    Raises:
        ModelError: If a card is damaged.
    """
    cards = sorted(folder.glob(f"*{CARD_SUFFIX}")) if folder.is_dir() else []
    return tuple(ModelEntry(card=read_card(path), path=_weights(path), origin=origin) for path in cards)


def embedded_models() -> tuple[ModelEntry, ...]:
    """Return the models that come with the software."""
    return models_in(EMBEDDED_FOLDER, "embedded")


def _shelf(folder: Path, *, is_named: bool = False) -> Shelf:
    """Return what lies in a folder of a user's or a site's.

    Args:
        folder: That may not be there.
        is_named: Whether somebody says that it is there.
    """
    models, unusable = [], []
    try:
        cards = sorted(path for path in folder.iterdir() if path.name.endswith(CARD_SUFFIX))
    except OSError as error:
        is_expected = isinstance(error, FileNotFoundError) and not is_named
        reason = f"the folder of models {folder} can't be read ({error.strerror})"
        return Shelf(models=(), unusable=() if is_expected else (UnusableModel(name="", reason=reason),))
    for path in cards:
        name = path.name.removesuffix(CARD_SUFFIX)
        try:
            entry = ModelEntry(card=read_card(path), path=_weights(path), origin="user")
        except ModelError as error:
            unusable.append(UnusableModel(name=name, reason=str(error)))
            continue
        if entry.path.is_file():
            models.append(entry)
        else:
            reason = f"the file {entry.path.name} of the model '{entry.card.name}' is missing: import it again, or "
            unusable.append(UnusableModel(name=entry.card.name, reason=f"{reason}remove its card"))
    return Shelf(models=tuple(models), unusable=tuple(unusable))


def _weights(card: Path) -> Path:
    return card.with_name(card.name.removesuffix(CARD_SUFFIX) + ".pt")
