"""Which models are here, and a file that is sure to be the one its card names."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.models.card import ModelCard, card_path, read_card
from VSSegmentationLib.models.shelves import (
    EMBEDDED_FOLDER,
    ModelEntry,
    UnusableModel,
    embedded_models,
    models_in,
    user_models,
    user_shelf,
)

SAMPLE_FOLDER = EMBEDDED_FOLDER / "sample"
"""A synthetic patient to try things on: `exam1_t2.nii.gz`, `exam2_t2.nii.gz`, and the true labelmap of each."""
_FIRST_TASK = "vestibular schwannoma"
"""That of cards which name none."""


def card_of_sha256(sha256: str) -> ModelCard | None:
    """Return the card of the model whose file has this SHA-256, embedded, the user's or the site's; else None.

    Raises:
        ModelError: If a card is damaged.
    """
    return next((each.card for each in (*embedded_models(), *user_models()) if each.card.sha256 == sha256), None)


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
            "correcting by a click needs a model of the role refiner, and none is installed: make one with "
            "`python -m Training reproduce refiner_synthetic` and name its file, or put it with its card into the "
            "folder of models"
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


def find_model(
    name_or_file: str,
    *,
    beside: Path | None = None,
    user_folder: Path | None = None,
    embedded_folder: Path = EMBEDDED_FOLDER,
) -> Path:
    """Return the file of a model, after its SHA-256 was compared with its card.

    Args:
        name_or_file: Name of an embedded model or of one in the user's folder, or the path of a model file. Only a
            file given by its path may have no card.
        beside: Of several models of that name, the one in this folder is meant; None: nobody says which.
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
    shelf = user_shelf(user_folder)
    entries = [*models_in(embedded_folder, "embedded"), *shelf.models]
    named = list({e.path.absolute(): e for e in reversed(entries) if e.card.name == name_or_file}.values())[::-1]
    if beside is not None and len(named) > 1:
        named = [each for each in named if each.path.parent.absolute() == beside.absolute()] or named
    if len(named) > 1:
        places = " and ".join("among those that come along" if e.origin == "embedded" else str(e.path) for e in named)
        msg = f"{len(named)} models are named {name_or_file!r}, {places}: give the path of the one that is meant"
        raise ModelError(msg)
    if named:
        verify(named[0])
        return named[0].path
    raise ModelError(_not_there(name_or_file, entries, shelf.unusable))


def _not_there(name: str, entries: Sequence[ModelEntry], unusable: Sequence[UnusableModel]) -> str:
    for each in unusable:
        if each.name == name:
            return each.reason
    names = ", ".join(entry.card.name for entry in entries) or "none"
    others = f" ({len(unusable)} more can't be used: see models list)" if unusable else ""
    return f"there is no model named {name!r}; there are: {names}{others}; a model file is given by its path"


def verify(entry: ModelEntry) -> None:
    """Compare a model file with the SHA-256 on its card.

    Raises:
        ModelError: If the file is missing, can't be read, or differs.
    """
    if not entry.path.is_file():
        msg = f"the file of the model '{entry.card.name}' is missing: install the software anew, or import it again"
        raise ModelError(msg)
    try:
        with entry.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        msg = f"the file of the model '{entry.card.name}' can't be read ({error.strerror}); change its permissions"
        raise ModelError(msg) from error
    if found != entry.card.sha256:
        msg = (
            f"the file of the model '{entry.card.name}' is not what its card says (SHA-256 {found[:12]}..., expected "
            f"{entry.card.sha256[:12]}...): it is damaged or was changed; get it again"
        )
        raise ModelError(msg)
