"""`models`: which models are at hand, whether they are what their cards say, and taking in another one."""

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.commands.text import table
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.cli.process_group import lead_own_group
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.models import (
    MODELS_VARIABLE,
    PUBLISHED_MODELS,
    Accuracy,
    ModelEntry,
    PublishedModel,
    UnusableModel,
    embedded_models,
    find_model,
    user_model_folder,
    user_models,
    user_shelf,
    verify,
)

_USED_BY = {"segmenter": "segment ... --model", "divider": "segment ... --divider", "refiner": "refine ... --refiner"}
"""How a model of a role is named; a locator is taken by the segmenters that name it."""


def run_models(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Carry out `list`, `verify`, `import` or `download`."""
    if arguments.action == "list":
        console.result(_catalogue_text(_at_hand(), user_shelf().unusable))
    elif arguments.action == "verify":
        _verify(arguments.model, console)
    elif arguments.action == "download":
        _download(arguments, console, cancellation)
    else:
        _import(arguments.file, console, arguments.labels, arguments.task)


def _at_hand() -> tuple[ModelEntry, ...]:
    return (*embedded_models(), *user_models())


def _catalogue_text(entries: tuple[ModelEntry, ...], unusable: Sequence[UnusableModel]) -> str:
    rows = [("Name", "Version", "Role", "Modality", "From", "License")]
    rows += [(e.card.name, e.card.version, e.card.role, e.card.modality, e.origin, e.card.license) for e in entries]
    lines = [table(rows)]
    for entry in entries:
        lines += ["", f"{entry.card.name}: trained on {entry.card.trained_on}"]
        lines += [f"  {_accuracy_text(each)}" for each in entry.card.accuracy]
    lines += ["", "Can't be used:", *(f"  {each.reason}" for each in unusable)] if unusable else []
    lines += _shared_names(entries)
    lines += ["", "Published by others:"]
    lines += [line for each in PUBLISHED_MODELS for line in _published_lines(each)]
    lines += ["", f"Folders of models: this user's own, and those that {MODELS_VARIABLE} names."]
    return "\n".join(lines)


def _shared_names(entries: tuple[ModelEntry, ...]) -> list[str]:
    counts = Counter(each.card.name for each in {each.path.absolute(): each for each in entries}.values())
    return [
        f"{count} models are named {name}: give the path of the one that is meant"
        for name, count in counts.items()
        if count > 1
    ]


def _published_lines(model: PublishedModel) -> list[str]:
    if model.archive_sha256 is not None:
        megabytes = f"{model.archive_bytes / 1e6:.0f} MB, " if model.archive_bytes else ""
        how = f"{megabytes}get it with: vs-segmentation models download {model.name}"
    else:
        how = (
            f"can't be downloaded here, as no checksum of {model.archive} is known: fetch it from {model.address} "
            f"yourself, then: vs-segmentation models import {model.archive}"
        )
    return [f"  {model.name}: {model.title}", f"    {how}", f"    license: {model.license}; {model.address}"]


def _accuracy_text(accuracy: Accuracy) -> str:
    note = f" ({accuracy.note})" if accuracy.note else ""
    return f"{accuracy.measure} on {accuracy.data}: {accuracy.value:g} {accuracy.unit}".rstrip() + note


def _verify(name_or_file: str | None, console: Console) -> None:
    if name_or_file is not None:
        find_model(name_or_file)
        console.result("The model is what its card says.")
        return
    unusable = user_shelf().unusable
    for each in unusable:
        console.warning(each.reason)
    damaged = len(unusable)
    for entry in _at_hand():
        try:
            verify(entry)
        except ModelError as error:
            damaged += 1
            console.warning(str(error))
        else:
            console.result(f"{entry.card.name} {entry.card.version}: is what its card says")
    if damaged:
        msg = f"{damaged} of the models at hand cannot be used"
        raise ModelError(msg)


def _import(path: Path, console: Console, labels: str | None = None, task: str | None = None) -> None:
    from VSSegmentationLib.inference.importing import import_models  # noqa: PLC0415 -- only this needs torch
    from VSSegmentationLib.tasks import task_named  # noqa: PLC0415 -- and only this asks for tasks

    wanted = None if task is None else task_named(task)
    for card in (entry.card for entry in import_models(path, user_model_folder(), labels=labels, task=wanted)):
        used = _USED_BY.get(card.role)
        how = "" if used is None else f"; use it with: vs-segmentation {used} {card.name}"
        console.result(f"Imported {card.name} {card.version}{how}", {"model": card.name})


def _download(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    from VSSegmentationLib.models.fetching import fetch, published_model  # noqa: PLC0415 -- only this needs the network

    model = published_model(arguments.name)
    if arguments.progress:
        console.begins(lead_own_group())
    console.warning(f"{model.title} is licensed under {model.license}; please cite {model.citation}")
    with tempfile.TemporaryDirectory(prefix="vs_model_") as folder:
        with cancellation.looked_at():
            path = fetch(
                model,
                Path(folder),
                address=arguments.address,
                on_progress=console.progress,
                should_cancel=cancellation.requested,
            )
        _import(path, console)
