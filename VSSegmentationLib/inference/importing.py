"""Taking a model file, or published weights, into a folder of models."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.codec import shortened
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference.archives import is_archive, open_archive
from VSSegmentationLib.inference.config import PreprocessingConfig, WindowConfig
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.model_file import (
    FORMAT,
    file_sha256,
    load_model,
    read_checkpoint,
    save_model,
)
from VSSegmentationLib.inference.nnunet import is_model_folder
from VSSegmentationLib.inference.nnunet.importing import folders_in_archive, model_folders, take_in_model_folder
from VSSegmentationLib.inference.settings import SegmenterSettings
from VSSegmentationLib.inference.soundness import check_weights
from VSSegmentationLib.inference.user_models import card_of, free_place, plain_model_name
from VSSegmentationLib.models import (
    PUBLISHED_MODELS,
    ModelEntry,
    PublishedModel,
    card_path,
    read_card,
    verify,
    write_card,
)
from VSSegmentationLib.networks import SPVPA_KCL, build_network, read_vs_seg_state
from VSSegmentationLib.tasks import DEFAULT_TASK, Task

VS_SEG_WINDOW_DHW = (32, 256, 256)
"""VS_Seg itself uses (64, 384, 384), which needs 5 GB; this needs 1.5 GB at about the same time in all."""


def import_models(
    path: Path, folder: Path, *, labels: str | None = None, task: Task | None = None
) -> tuple[ModelEntry, ...]:
    """Take models into `folder`: what `import_checkpoint` takes, or a model folder of nnU-Net v2 or an archive of some.

    Args:
        path: What the user has; of an archive every model in it is taken.
        folder: Where models are kept; made if missing.
        labels: What the labels of a model of nnU-Net mean, such as `1=extrameatal,2=intrameatal,3=none`; None goes by
            their names.
        task: What a model of nnU-Net is for; None is the default task.

    Raises:
        ModelError: If a file is damaged or of another kind, or a model of that name is there already.
        UsageError: If `labels` cannot be understood, or the model says itself what its labels are or its task is.
    """
    if is_model_folder(path) or _holds_nnunet(path):
        published = next((each for each in PUBLISHED_MODELS if each.archive == path.name), None)
        with model_folders(path) as sources:
            return _one_after_another(
                lambda source: take_in_model_folder(
                    source, folder, published, labels=labels, task=task or DEFAULT_TASK
                ),
                sources,
            )
    if path.is_dir():
        msg = f"the folder {path.name} is no trained nnU-Net v2 model: it has no plans.json and dataset.json"
        raise ModelError(msg)
    if labels is not None:
        msg = f"--labels is for models of nnU-Net; what the labels of {path.name} mean is known"
        raise UsageError(msg)
    if task is not None:
        msg = f"--task is for models of nnU-Net; what {path.name} is for is known"
        raise UsageError(msg)
    return (import_checkpoint(path, folder),)


def _one_after_another(take_in: Callable[[Path], ModelEntry], sources: Iterable[Path]) -> tuple[ModelEntry, ...]:
    """Take in several models; what stops one of them also tells which were taken in before it.

    Raises:
        VSSegmentationError: As `take_in`.
    """
    taken: list[ModelEntry] = []
    for source in sources:
        try:
            taken.append(take_in(source))
        except (ModelError, UsageError) as error:
            if not taken:
                raise
            names = shortened(", ".join(each.card.name for each in taken))
            msg = f"{error}; taken in before that and kept: {names}"
            raise type(error)(msg) from error
    return tuple(taken)


def _holds_nnunet(path: Path) -> bool:
    if not is_archive(path):
        return False
    with open_archive(path) as archive:
        return bool(folders_in_archive(archive))


def import_checkpoint(path: Path, folder: Path) -> ModelEntry:
    """Take a model into `folder`: a model file of this software, or weights that VS_Seg published.

    Of VS_Seg both the `.pth` file and the archive it comes in are taken. The weights are converted; nothing in a file
    is ever executed.

    Args:
        path: What the user has.
        folder: Where models are kept; made if missing.

    Raises:
        ModelError: If the file is damaged or of another kind, or a model of that name is there already.
    """
    published = _published_by_hash(path) or _published_by_name(path)
    with tempfile.TemporaryDirectory() as unpacked:
        checkpoint = _unpacked(path, Path(unpacked))
        content = read_checkpoint(checkpoint)
        published = published or _published_by_hash(checkpoint)
    if isinstance(content, dict) and content.get("format") == FORMAT:
        return _take_in(path, folder)
    if isinstance(content, Mapping) and content and all(isinstance(value, Tensor) for value in content.values()):
        return _convert(content, path, published, folder)
    msg = f"{path.name} is neither a model file of this software nor weights of VS_Seg"
    raise ModelError(msg)


def _published_by_hash(path: Path) -> PublishedModel | None:
    found = file_sha256(path) if path.is_file() else None
    known = {sha256: model for model in PUBLISHED_MODELS for sha256 in (model.archive_sha256, model.checkpoint_sha256)}
    return None if found is None else known.get(found)


def _published_by_name(path: Path) -> PublishedModel | None:
    """Return the publication a file claims to be by its name, where its checksum is not known to us."""
    for model in PUBLISHED_MODELS:
        if model.checkpoint is None:
            continue  # of nnU-Net: an archive of folders
        checksums = {model.archive: model.archive_sha256, model.checkpoint: model.checkpoint_sha256}
        for name, sha256 in checksums.items():
            if path.is_file() and f"/{path.absolute().as_posix()}".endswith(f"/{name}"):
                if sha256 is None:
                    return model
                msg = f"{path.name} is not the published file of that name: its SHA-256 differs; get it anew"
                raise ModelError(msg)
    return None


def _unpacked(path: Path, folder: Path) -> Path:
    """Return the weights inside a published archive; any other file is returned as it is."""
    if not is_archive(path):
        return path
    with open_archive(path) as archive:
        weights = [part for part in archive.parts if part.parts[-2:] == ("model", "best_metric_model.pth")]
        if not weights:
            return path
        target = folder / "weights.pth"
        archive.extract(weights[0], target)
    return target


def _take_in(path: Path, folder: Path) -> ModelEntry:
    bundle = load_model(path)
    if card_path(path).is_file():
        card = read_card(card_path(path))
        verify(ModelEntry(card=card, path=path, origin="file"))
    else:
        card = card_of(bundle)
    target = free_place(folder, card.name)
    with path.open("rb") as source:
        write_atomically(target, lambda file: shutil.copyfileobj(source, file))
    write_card(card_path(target), card)
    return ModelEntry(card=card, path=target, origin="user")


def _convert(state: Mapping[str, Tensor], path: Path, published: PublishedModel | None, folder: Path) -> ModelEntry:
    check_weights(state, path.name)
    ours = read_vs_seg_state(state)
    config = replace(SPVPA_KCL, attention=any(name.startswith("attention.") for name in ours))
    network = build_network(config)
    network.load_state_dict(ours)
    network.eval()
    whole = DEFAULT_TASK.label_set.whole_tumor
    provenance: dict[str, Any] = {"converted_from": path.name, "checkpoint": "VS_Seg"}
    if published is not None:
        provenance |= {"source": published.address, "license": published.license, "citation": published.citation}
    bundle = ModelBundle(
        name=plain_model_name(path.stem) if published is None else published.name,
        version="1",
        network=network,
        network_config=config,
        settings=SegmenterSettings(
            preprocessing=PreprocessingConfig(spacing_dhw_mm=None, intensity="scan"),
            window=WindowConfig(size_dhw=VS_SEG_WINDOW_DHW),
        ),
        labels=(0, whole.value),
        modality="unknown" if published is None else published.modality,
        provenance=provenance,
    )
    target = free_place(folder, bundle.name)
    bundle = replace(bundle, sha256=save_model(target, bundle))
    card = card_of(bundle, published)
    write_card(card_path(target), card)
    return ModelEntry(card=card, path=target, origin="user")
