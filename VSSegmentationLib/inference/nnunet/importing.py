"""Taking in models that nnU-Net v2 trained: a model folder, or an archive of one or several."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference.archives import ModelArchive, open_archive
from VSSegmentationLib.inference.config import PreprocessingConfig
from VSSegmentationLib.inference.model_bundle import ModelBundle, ModelInput
from VSSegmentationLib.inference.model_file import save_model
from VSSegmentationLib.inference.nnunet import is_model_folder, read_model_folder
from VSSegmentationLib.inference.nnunet.fields import table_of
from VSSegmentationLib.inference.nnunet.folder import CHECKPOINTS, read_json
from VSSegmentationLib.inference.nnunet.plans import NnUNetPlans
from VSSegmentationLib.inference.settings import DividerSettings, SegmenterSettings
from VSSegmentationLib.inference.user_models import card_of, free_place, plain_model_name
from VSSegmentationLib.label_names import parse_label_names, plain_name
from VSSegmentationLib.models import ModelEntry, PublishedModel, card_path, write_card
from VSSegmentationLib.tasks import DEFAULT_TASK, Task

_MOST_INPUTS = 4
_FILES = ("plans.json", "dataset.json", *CHECKPOINTS)


def folders_in_archive(archive: ModelArchive) -> list[PurePosixPath]:
    """Return the model folders inside an archive: those with both plans.json and dataset.json."""
    names = set(archive.parts)
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
    with open_archive(path) as archive:
        yield _unpacked(archive)


def _unpacked(archive: ModelArchive) -> Iterator[Path]:
    for folder in folders_in_archive(archive):
        with tempfile.TemporaryDirectory(prefix="vs_nnunet_") as target:
            place = Path(target) / plain_model_name(folder.name)
            for part in archive.parts:
                if part.is_relative_to(folder) and part.name in _FILES:
                    archive.extract(part, place / part.relative_to(folder))
            yield place


def take_in_model_folder(
    source: Path,
    target_folder: Path,
    published: PublishedModel | None = None,
    *,
    labels: str | None = None,
    task: Task = DEFAULT_TASK,
) -> ModelEntry:
    """Convert a trained model, all its folds, into one model file with a card.

    With one channel, or several images, it is a segmenter. With two, the second not normalized, it is a divider: image
    and mask.

    Args:
        source: The folder with plans.json.
        target_folder: Where models are kept; made if missing.
        published: Whose model it is, if that is known.
        labels: What its labels mean, as `parse_label_names` takes it; None goes by their names.
        task: What the model is for.

    Raises:
        ModelError: If it cannot be run here, or a model of its name is there already.
        UsageError: If `labels` cannot be understood.
    """
    named = None if labels is None else parse_label_names(labels, task.label_set)
    model = read_model_folder(source, task.label_set, named)
    dataset, plans = read_json(source / "dataset.json"), read_json(source / "plans.json")
    channels = [str(each) for each in table_of(dataset, "channel_names", "dataset.json").values()]
    name = _name(str(plans.get("dataset_name", source.name)), published, channels)
    inputs, settings = _role(model.plans, channels, task)
    target = free_place(target_folder, name)
    bundle = ModelBundle(
        name=name,
        version="1",
        network=model.ensemble,
        network_config=model.config,
        settings=settings,
        nnunet=model.plans,
        task=task.name,
        label_set=task.label_set,
        labels=model.plans.meanings if model.plans.nested else tuple(sorted({0, *model.plans.meanings})),
        nested=model.plans.nested,
        modality=_modality(channels[0] if channels else ""),
        inputs=inputs,
        provenance={"converted_from": source.name, "trainer": model.trainer, "folds": model.plans.folds},
    )
    bundle = replace(bundle, sha256=save_model(target, bundle))
    card = card_of(bundle, published)
    write_card(card_path(target), card)
    return ModelEntry(card=card, path=target, origin="user")


def _role(
    plans: NnUNetPlans, channels: Sequence[str], task: Task
) -> tuple[tuple[ModelInput, ...], DividerSettings | SegmenterSettings]:
    """Return the images that a model takes, and settings that say what it is for."""
    count = len(plans.channels)
    as_it_is = PreprocessingConfig(spacing_dhw_mm=None, intensity="scan")
    if count == 2 and plans.channels[1].normalization == "NoNormalization":
        return (), DividerSettings(preprocessing=as_it_is)
    if not 1 <= count <= _MOST_INPUTS:
        msg = (
            f"models of up to {_MOST_INPUTS} images, or of image and mask, can be run; this one takes {count} channels"
        )
        raise ModelError(msg)
    return (_inputs(channels, task) if count > 1 else ()), SegmenterSettings(preprocessing=as_it_is)


def _inputs(channels: Sequence[str], task: Task) -> tuple[ModelInput, ...]:
    """Return the channels as inputs: those of the task where a name says which, each once; else by their own names.

    Others of the same name are counted.
    """
    plain = [plain_name(channel) or "scan" for channel in channels]
    known = [next((each for each in task.inputs if each.is_named_in(name)), None) for name in plain]
    if len(task.inputs) > 1 and None not in known and len(set(known)) == len(known):
        return tuple(ModelInput(each.name, each.modalities[0]) for each in known if each is not None)
    names = [
        name if plain.count(name) == 1 else f"{name} {plain[: number + 1].count(name)}"
        for number, name in enumerate(plain)
    ]
    return tuple(ModelInput(name, _modality(name)) for name in names)


def _modality(channel: str) -> str:
    name = channel.lower()
    if "flair" in name:
        return "FLAIR"
    return "T2" if "t2" in name else "ceT1" if "t1" in name else "unknown"


def _name(dataset: str, published: PublishedModel | None, channels: list[str]) -> str:
    own = dataset if published is None else f"{published.name}_{_modality(channels[0] if channels else '').lower()}"
    return plain_model_name(own)
