"""Model files, model folders of nnU-Net and archives: refused, or with the very weights of the sound one."""

import shutil
import zipfile
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
from VSSegmentationLib.models import card_path, write_card

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


def _check(network: nn.Module) -> None:
    if not all(bool(torch.isfinite(each).all()) for each in network.state_dict().values()):
        msg = "weights that are not finite"
        raise FaultError(msg)
