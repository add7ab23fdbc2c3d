"""Taking in models that nnU-Net v2 trained: a model folder, or an archive of one or several."""

import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference.config import PreprocessingConfig
from VSSegmentationLib.inference.model_file import ModelBundle, Role, save_model
from VSSegmentationLib.inference.nnunet import is_model_folder, read_model_folder
from VSSegmentationLib.inference.nnunet.folder import CHECKPOINTS, read_json
from VSSegmentationLib.inference.user_models import card_of, free_place
from VSSegmentationLib.labels import Label
from VSSegmentationLib.models import ModelEntry, PublishedModel, card_path, write_card

_FILES = ("plans.json", "dataset.json", *CHECKPOINTS)


def folders_in_archive(archive: zipfile.ZipFile) -> list[PurePosixPath]:
    """Return the model folders inside an archive: those with both plans.json and dataset.json."""
    names = {PurePosixPath(name) for name in archive.namelist()}
    return sorted(name.parent for name in names if name.name == "plans.json" and name.parent / "dataset.json" in names)


@contextmanager
def model_folders(path: Path) -> Iterator[Iterator[Path]]:
    """Give the model folders of a path one after the other: itself, or each of an archive, unpacked for its turn.

    Raises:
        ModelError: If an archive is damaged.
    """
    if is_model_folder(path):
        yield iter([path])
        return
    with zipfile.ZipFile(path) as archive:
        yield _unpacked(archive, path.name)


def _unpacked(archive: zipfile.ZipFile, name: str) -> Iterator[Path]:
    for folder in folders_in_archive(archive):
        with tempfile.TemporaryDirectory(prefix="vs_nnunet_") as target:
            own = [
                each
                for each in archive.namelist()
                if PurePosixPath(each).is_relative_to(folder) and PurePosixPath(each).name in _FILES
            ]
            try:
                archive.extractall(target, own)  # zipfile keeps every name inside the folder
            except (zipfile.BadZipFile, EOFError) as error:
                msg = f"the archive {name} is damaged; get it anew"
                raise ModelError(msg) from error
            yield Path(target) / folder


def take_in_model_folder(source: Path, target_folder: Path, published: PublishedModel | None = None) -> ModelEntry:
    """Convert a trained model, all its folds, into one model file with a card.

    With one channel it is a segmenter. With two, the second not normalized, it is a divider: image and mask.

    Args:
        source: The folder with plans.json.
        target_folder: Where models are kept; made if missing.
        published: Whose model it is, if that is known.

    Raises:
        ModelError: If it cannot be run here, or a model of its name is there already.
    """
    model = read_model_folder(source)
    dataset, plans = read_json(source / "dataset.json"), read_json(source / "plans.json")
    channels = [str(each).lower() for each in dataset.get("channel_names", {}).values()]
    role = _role(model.plans.channels[1].normalization if len(model.plans.channels) == 2 else None, len(channels))
    tumor = tuple(sorted({meaning for meaning in model.plans.meanings if meaning}))
    name = _name(str(plans.get("dataset_name", source.name)), published, channels)
    target = free_place(target_folder, name)
    bundle = ModelBundle(
        name=name,
        version="1",
        role=role,
        network=model.ensemble,
        network_config=model.config,
        nnunet=model.plans,
        preprocessing=PreprocessingConfig(spacing_dhw_mm=None, intensity="scan"),
        labels=(Label.BACKGROUND, *tumor),
        modality=_modality(channels),
        provenance={"converted_from": source.name, "trainer": model.trainer, "folds": model.plans.folds},
    )
    bundle = replace(bundle, sha256=save_model(target, bundle))
    card = card_of(bundle, published)
    write_card(card_path(target), card)
    return ModelEntry(card=card, path=target, origin="user")


def _role(second: str | None, channels: int) -> Role:
    if channels == 1:
        return "segmenter"
    if second == "NoNormalization":
        return "divider"
    msg = f"models of one image, or of image and mask, can be run; this one takes {channels} channels"
    raise ModelError(msg)


def _modality(channels: list[str]) -> str:
    first = channels[0] if channels else ""
    return "T2" if "t2" in first else "ceT1" if "t1" in first else "unknown"


def _name(dataset: str, published: PublishedModel | None, channels: list[str]) -> str:
    own = dataset if published is None else f"{published.name}_{_modality(channels).lower()}"
    return re.sub(r"[^A-Za-z0-9._-]+", "_", own).strip("._-") or "nnunet_model"
