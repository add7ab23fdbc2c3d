"""Recipes, reports, sidecars and lines to the worker."""

import io
import json
import shutil
from pathlib import Path

import numpy as np

from Testing.support.reports import CASES
from tools.fuzz.judging import FaultError
from Training.recipes.reading import read_recipe
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.imageio.weighting import sidecar_evidence
from VSSegmentationLib.reporting.files.report_json import read_report_json, write_report_json
from VSSegmentationLib.volume import Volume
from VSSegmentationLib.worker.channel import Channel
from VSSegmentationLib.worker.inbox import Inbox

_RECIPES = Path(__file__).resolve().parents[2] / "Training" / "recipes"
_LINES = (
    {"do": "ping", "id": "a"},
    {"do": "cancel", "id": "b"},
    {"do": "segment", "id": "c", "input": "scan.nii.gz", "output": "labels.nrrd", "flips": True, "modality": "T2"},
    {"do": "devices", "id": "d"},
)


def write_sound_recipes(folder: Path) -> list[Path]:
    """Copy a recipe of one run."""
    shutil.copyfile(_RECIPES / "boundary_one_stage.toml", folder / "recipe.toml")
    return [folder / "recipe.toml"]


def read_recipe_file(path: Path) -> str:
    """Read a recipe; what is taken reads the same again."""
    recipe = read_recipe(path)
    if recipe != read_recipe(path):
        msg = "a recipe reads differently the second time"
        raise FaultError(msg)
    return "taken"


def write_sound_reports(folder: Path) -> list[Path]:
    """Write a report."""
    write_report_json(folder / "report.json", next(iter(CASES.values()))())
    return [folder / "report.json"]


def read_report_file(path: Path) -> str:
    """Read a report."""
    read_report_json(path)
    return "taken"


def write_sound_sidecar(folder: Path) -> list[Path]:
    """Write an image with a sidecar."""
    image = Volume(np.zeros((3, 3, 3), np.float32), geometry.axial_stack_affine((1.0, 1.0, 1.0)))
    write_image(folder / "scan.nii.gz", image)
    told = {"EchoTime": 0.1, "RepetitionTime": 4, "ImageType": ["ORIGINAL", "PRIMARY", "M"], "SeriesDescription": "t2"}
    (folder / "scan.json").write_text(json.dumps(told), encoding="utf-8")
    return [folder / "scan.json"]


def read_sidecar(path: Path) -> str:
    """Ask a sidecar for the weighting."""
    return f"taken, {sidecar_evidence(path.with_name('scan.nii.gz'))}"[:40]


def write_sound_lines(folder: Path) -> list[Path]:
    """Write what a parent may say to the worker."""
    (folder / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in _LINES), encoding="utf-8")
    return [folder / "lines.jsonl"]


def read_lines(path: Path) -> str:
    """Say all lines to an inbox, then a sound ping: it must answer it, whatever came before."""
    answers = io.BytesIO()
    inbox = Inbox(Channel(answers))
    lines = [*path.read_bytes().splitlines(keepends=True), b'{"do": "ping", "id": "last"}\n']
    going_on = True
    for line in lines:
        if line.strip() and going_on:
            going_on = inbox._take(line)
            inbox.job_ended()
    told = [json.loads(answer) for answer in answers.getvalue().splitlines()]
    if going_on and (not told or told[-1] != {"pong": True, "id": "last"}):
        msg = "the last ping was not answered"
        raise FaultError(msg)
    return "answered"
