"""Model files, model folders of nnU-Net and archives: refused, or with the very weights of the sound one."""

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from Testing.support.nnunet_models import CONFIGS, write_model
from Testing.support.toy_models import toy_segmenter
from tools.fuzz.judging import FaultError
from VSSegmentationLib.inference.importing import import_models
from VSSegmentationLib.inference.model_file import load_model, save_model
from VSSegmentationLib.inference.user_models import card_of
from VSSegmentationLib.models import MODELS_VARIABLE, card_of_sha256, card_path, find_model, user_shelf, write_card

_FOLDER_FILES = ("plans.json", "dataset.json", "fold_0/checkpoint_final.pth")


def write_sound_models(folder: Path) -> list[Path]:
    """Write a model file with a card, a model folder, and an archive of one; return all files that may be damaged."""
    bundle = toy_segmenter()
    model = folder / "toy.pt"
    write_card(card_path(model), card_of(replace(bundle, sha256=save_model(model, bundle))))
    network_folder = folder / "nnunet"
    write_model(network_folder, CONFIGS["plain"])
    archive = folder / "nnunet.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in _FOLDER_FILES:
            part = f"Dataset001\\nnunet\\{name.replace('/', chr(92))}"
            info = zipfile.ZipInfo(part)  # of 1980, whenever it is written
            file.writestr(info, (network_folder / name).read_bytes(), zipfile.ZIP_DEFLATED)
    return [model, card_path(model), archive, *(network_folder / name for name in _FOLDER_FILES)]


def read_model(path: Path) -> str:
    """Take in what the file is part of; what is taken has finite weights."""
    sound = path.parent if path.parent.name != "fold_0" else path.parent.parent
    wanted = sound if (sound / "plans.json").is_file() else sound / "toy.pt" if path.name.endswith(".json") else path
    taken = sound / "taken"
    try:
        (entry, *_) = import_models(wanted, taken)
        _check(load_model(entry.path).network)
    finally:
        shutil.rmtree(taken, ignore_errors=True)
    return "taken, with finite weights"


def write_sound_folder(folder: Path) -> list[Path]:
    """Write a folder as VS_SEGMENTATION_MODELS names it: a model with its card, and what else may lie there."""
    own = folder / "site"
    own.mkdir()
    bundle = toy_segmenter()
    model = own / "toy.pt"
    write_card(card_path(model), card_of(replace(bundle, sha256=save_model(model, bundle))))
    return [model, card_path(model)]


def read_folder(path: Path) -> str:
    """List the folder and load its model by name: of a file that is not the one of its card nothing is loaded.

    A model that can't be used is told as such, by a sentence with which it is also refused by name.
    """
    with _named(path.parent):
        shelf = user_shelf()
        if len(shelf.models) + len(shelf.unusable) != 1:
            msg = "a model with a card is neither listed nor told to be unusable"
            raise FaultError(msg)
        for each in shelf.unusable:
            find_model(each.name)
        (entry,) = shelf.models
        table = "\n".join(str(value) for value in (entry.card.name, entry.card.license, *entry.card.accuracy))
        if card_of_sha256(entry.card.sha256) is None or not table:
            msg = "a model that is listed is not found by its checksum"
            raise FaultError(msg)
        _check(load_model(find_model(entry.card.name)).network)
    return "taken, with finite weights"


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    before = os.environ.get(MODELS_VARIABLE)
    os.environ[MODELS_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[MODELS_VARIABLE]
        else:
            os.environ[MODELS_VARIABLE] = before


def _check(network: nn.Module) -> None:
    if not all(bool(torch.isfinite(each).all()) for each in network.state_dict().values()):
        msg = "weights that are not finite"
        raise FaultError(msg)
