"""The folder that nnU-Net's training leaves: plans.json, dataset.json, and a checkpoint for each fold."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from VSSegmentationLib.codec import read_json_file
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference.archive_reader import UNREADABLE, read_archive
from VSSegmentationLib.inference.nnunet.fields import text_of
from VSSegmentationLib.inference.nnunet.meanings import meanings_of
from VSSegmentationLib.inference.nnunet.plans import NnUNetPlans, read_plans
from VSSegmentationLib.inference.nnunet.predicting import FoldEnsemble
from VSSegmentationLib.inference.soundness import DAMAGE, check_file, check_weights
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.networks import NnUNetConfig
from VSSegmentationLib.tasks import DEFAULT_TASK

CHECKPOINTS = ("checkpoint_final.pth", "checkpoint_best.pth")


class NnUNetModel(NamedTuple):
    """A trained model, ready to run."""

    plans: NnUNetPlans
    config: NnUNetConfig
    ensemble: FoldEnsemble
    trainer: str


def is_model_folder(path: Path) -> bool:
    """Return whether this looks like the folder of a trained nnU-Net v2 model."""
    return (path / "plans.json").is_file() and (path / "dataset.json").is_file()


def read_model_folder(
    folder: Path, label_set: LabelSet = DEFAULT_TASK.label_set, named: Mapping[int, int] | None = None
) -> NnUNetModel:
    """Read a trained model: all folds that are there, the final checkpoint of each, else its best one.

    Nothing in the files is executed: of checkpoints, `read_archive` takes weights and plain data.

    Args:
        folder: With plans.json.
        label_set: Whose labels its own are.
        named: What the user says that labels mean; None goes by their names.

    Raises:
        ModelError: If a file is missing or damaged, or the model is of a kind that cannot be run here.
    """
    plans, dataset = read_json(folder / "plans.json"), read_json(folder / "dataset.json")
    files = [file for fold in sorted(folder.glob("fold_*")) if (file := _checkpoint(fold)) is not None]
    if not files:
        msg = f"the model folder {folder.name} has no fold_*/{CHECKPOINTS[0]}"
        raise ModelError(msg)
    contents = [_read(file) for file in files]
    try:
        configuration = contents[0]["init_args"]["configuration"]
        mirror = tuple(int(axis) for axis in contents[0].get("inference_allowed_mirroring_axes") or ())
        states = [_without_doubles(content["network_weights"]) for content in contents]
        trainer = str(contents[0].get("trainer_name", "unknown"))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        msg = f"{files[0].name} in {folder.name} is no checkpoint of nnU-Net v2 ({error})"
        raise ModelError(msg) from error
    if not set(mirror) <= {0, 1, 2}:
        msg = f"{files[0].name} in {folder.name} names axes for mirroring that are none of three"
        raise ModelError(msg)
    meanings = meanings_of(dataset, label_set, named)
    own, config = read_plans(plans, text_of(configuration, "init_args: configuration"), meanings)
    own = replace(own, mirror_axes=mirror, folds=len(states))
    ensemble = FoldEnsemble(config, len(states))
    for fold, state, file in zip(ensemble.folds, states, files, strict=True):
        check_weights(state, f"{file.parent.name}/{file.name}")
        try:
            fold.load_state_dict(state)
        except RuntimeError as error:
            msg = f"the weights in {folder.name} do not fit the network in its plans.json"
            raise ModelError(msg) from error
    return NnUNetModel(own, config, ensemble.eval().requires_grad_(requires_grad=False), trainer)


def _checkpoint(fold: Path) -> Path | None:
    return next((fold / name for name in CHECKPOINTS if (fold / name).is_file()), None)


def read_json(path: Path) -> dict[str, Any]:
    """Read plans.json or dataset.json.

    Raises:
        ModelError: If it is missing, damaged or no table.
    """
    try:
        content = read_json_file(path, finite=False)  # nnU-Net writes NaN where a statistic has no values
    except (OSError, ValueError) as error:
        msg = f"the file {path.name} of the nnU-Net model is missing or damaged"
        raise ModelError(msg) from error
    if not isinstance(content, dict):
        msg = f"the file {path.name} of the nnU-Net model is no table of keys"
        raise ModelError(msg)
    return content


def _read(path: Path) -> dict[str, Any]:
    check_file(path)
    try:
        content = read_archive(path)
    except (*UNREADABLE, *DAMAGE) as error:
        msg = f"{path.parent.name}/{path.name} is damaged, or holds more than weights and plain data; get it anew"
        raise ModelError(msg) from error
    if not isinstance(content, dict):
        msg = f"{path.parent.name}/{path.name} is no checkpoint of nnU-Net v2"
        raise ModelError(msg)
    return content


def _without_doubles(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return every tensor once: nnU-Net's modules list their layers twice, and its decoder holds the encoder again."""
    own = {name.removeprefix("module.").removeprefix("_orig_mod."): tensor for name, tensor in state.items()}
    return {
        name: tensor
        for name, tensor in own.items()
        if ".all_modules." not in name and not name.startswith("decoder.encoder.")
    }
