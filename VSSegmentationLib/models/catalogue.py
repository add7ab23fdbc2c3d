"""Which models are here, and a file that is sure to be the one its card names."""

import hashlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.models.card import ModelCard, card_path, read_card
from VSSegmentationLib.short_repr import short_repr

MODELS_VARIABLE = "VS_SEGMENTATION_MODELS"
"""Names folders of models, a user's or a site's, in the way in which PATH names folders."""

Origin = Literal["embedded", "user", "file"]

EMBEDDED_FOLDER = Path(__file__).parent
"""Models that come with the software lie beside this file."""
SAMPLE_FOLDER = EMBEDDED_FOLDER / "sample"
"""A synthetic patient to try things on: `exam1_t2.nii.gz`, `exam2_t2.nii.gz`, and the true labelmap of each."""
_FIRST_TASK = "vestibular schwannoma"
"""That of cards which name none."""


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model of the catalogue."""

    card: ModelCard
    path: Path
    origin: Origin

    __repr__ = short_repr


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
    """Return the models that a user or a site took in.

    Args:
        user_folder: In place of all of their folders.

    Raises:
        ModelError: If a card is damaged.
    """
    if user_folder is not None:
        return models_in(user_folder, "user")
    folders = _named_folders()
    with suppress(ModelError):  # no home: nothing of this user's own
        folders.append(user_model_folder())
    own = dict.fromkeys(folder.absolute() for folder in folders)
    return tuple(entry for folder in own for entry in models_in(folder, "user"))


def models_in(folder: Path, origin: Origin) -> tuple[ModelEntry, ...]:
    """Return the models of a folder by name, each a `.pt` file with a card; none if there is no folder.

    Raises:
        ModelError: If a card is damaged.
    """
    cards = sorted(folder.glob("*.card.json")) if folder.is_dir() else []
    return tuple(
        ModelEntry(
            card=read_card(path), path=path.with_name(path.name.removesuffix(".card.json") + ".pt"), origin=origin
        )
        for path in cards
    )


def card_of_sha256(sha256: str) -> ModelCard | None:
    """Return the card of the model whose file has this SHA-256, embedded, the user's or the site's; else None.

    Raises:
        ModelError: If a card is damaged.
    """
    return next((each.card for each in (*embedded_models(), *user_models()) if each.card.sha256 == sha256), None)


def embedded_models() -> tuple[ModelEntry, ...]:
    """Return the models that come with the software."""
    return models_in(EMBEDDED_FOLDER, "embedded")


def sample_folder(task: str) -> Path:
    """Return where the synthetic patient of a task lies, if one comes along: a file for each scan, and the truth."""
    return SAMPLE_FOLDER if task == _FIRST_TASK else EMBEDDED_FOLDER / f"sample_{task}"


def default_model(modality: str = "T2", *, task: str = _FIRST_TASK, folder: Path = EMBEDDED_FOLDER) -> str:
    """Return the name of a task's embedded segmenter for a kind of scan; where none was trained on it, that for T2.

    Raises:
        ModelError: If no segmenter of the task is embedded.
    """
    cards = (entry.card for entry in models_in(folder, "embedded"))
    segmenters = [card for card in cards if card.role == "segmenter" and card.task == task]
    for wanted in (modality, "T2"):
        for card in segmenters:
            if card.modality == wanted:
                return card.name
    if segmenters:
        return segmenters[0].name
    msg = "this installation has no embedded model: install it anew, or name a model file with --model"
    raise ModelError(msg)


def default_segmenter(task: str, *, folder: Path = EMBEDDED_FOLDER) -> str:
    """Return the name of a segmenter of a task, embedded or taken in by the user.

    Raises:
        ModelError: If there is none.
    """
    name = _first("segmenter", task, folder) or _own("segmenter", task)
    if name is None:
        msg = (
            f"no model for the task {task} is installed: name a model file with --model, or put it with its card into "
            "the folder of models"
        )
        raise ModelError(msg)
    return name


def default_divider(task: str | None = None, *, folder: Path = EMBEDDED_FOLDER) -> str | None:
    """Return the name of the embedded model that divides tumors of a task, or of any; None if none is embedded."""
    return _first("divider", task, folder)


def default_refiner(task: str | None = None, *, folder: Path = EMBEDDED_FOLDER) -> str:
    """Return the name of the model that corrects masks of a task by clicks, embedded or taken in by the user.

    Raises:
        ModelError: If there is none; the message says how one is made.
    """
    name = _first("refiner", task, folder) or _own("refiner", task)
    if name is None:
        msg = (
            "correcting by a click needs a model of the role refiner, and none is installed: this version ships none; "
            "make one with `python -m Training reproduce refiner_synthetic` and name its "
            "file, or put it with its card into the folder of models"
        )
        raise ModelError(msg)
    return name


def default_locator(task: str | None = None, *, folder: Path = EMBEDDED_FOLDER) -> str | None:
    """Return the name of the embedded model that finds the canals for a task, or any; None if none is embedded."""
    return _first("locator", task, folder)


def _first(role: str, task: str | None, folder: Path) -> str | None:
    return _named_first(models_in(folder, "embedded"), role, task)


def _own(role: str, task: str | None) -> str | None:
    return _named_first(user_models(), role, task)


def _named_first(entries: Sequence[ModelEntry], role: str, task: str | None) -> str | None:
    cards = (entry.card for entry in entries if entry.card.role == role)
    return next((card.name for card in cards if task in (None, card.task)), None)


def find_model(name_or_file: str, *, user_folder: Path | None = None, embedded_folder: Path = EMBEDDED_FOLDER) -> Path:
    """Return the file of a model, after its SHA-256 was compared with its card.

    Args:
        name_or_file: Name of an embedded model or of one in the user's folder, or the path of a model file. Only a
            file given by its path may have no card.
        user_folder: In place of the folders of the user and the site.
        embedded_folder: In place of the folder of the embedded models.

    Raises:
        ModelError: If there is no such model, several have the name, its file is missing, or the checksum does not fit.
    """
    path = Path(name_or_file)
    if path.suffix == ".pt" or path.is_file():
        if not path.is_file():
            msg = f"there is no model file {path.name} at the path given"
            raise ModelError(msg)
        if card_path(path).is_file():
            verify(ModelEntry(card=read_card(card_path(path)), path=path, origin="file"))
        return path
    entries = [*models_in(embedded_folder, "embedded"), *user_models(user_folder)]
    named = list({e.path.absolute(): e for e in reversed(entries) if e.card.name == name_or_file}.values())[::-1]
    if len(named) > 1:
        places = " and ".join("among those that come along" if e.origin == "embedded" else str(e.path) for e in named)
        msg = f"{len(named)} models are named {name_or_file!r}, {places}: give the path of the one that is meant"
        raise ModelError(msg)
    if named:
        verify(named[0])
        return named[0].path
    names = ", ".join(entry.card.name for entry in entries) or "none"
    msg = f"there is no model named {name_or_file!r}; there are: {names}; a model file is given by its path"
    raise ModelError(msg)


def verify(entry: ModelEntry) -> None:
    """Compare a model file with the SHA-256 on its card.

    Raises:
        ModelError: If the file is missing or differs.
    """
    if not entry.path.is_file():
        msg = f"the file of the model '{entry.card.name}' is missing: install the software anew, or import it again"
        raise ModelError(msg)
    with entry.path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != entry.card.sha256:
        msg = (
            f"the file of the model '{entry.card.name}' is not what its card says (SHA-256 {found[:12]}..., expected "
            f"{entry.card.sha256[:12]}...): it is damaged or was changed; get it again"
        )
        raise ModelError(msg)
