"""What training and follow-up read beside images: manifests, splits, scores, names of labels, and growth data."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from Testing.support.growth_cases import content_of_two
from tools.fuzz.judging import FaultError
from Training.data.bids import Bids
from Training.data.commands import _table
from Training.data.manifest import MANIFEST, Entry, LeftOut, Manifest, read_manifest, write_manifest
from Training.data.nnunet_raw import NnUnetRaw
from Training.data.structures import labels_of_json
from Training.scoring.held_out import COLUMNS, read_scores
from VSSegmentationLib import geometry
from VSSegmentationLib.csv_rows import csv_text
from VSSegmentationLib.follow_up.reading import _provenance
from VSSegmentationLib.formats import PROVENANCE_FILE_NAME
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.reporting.files.growth_tables import read_growth_json, write_growth_json
from VSSegmentationLib.volume import Volume

_GRID = Volume(np.zeros((9, 14, 12), np.uint8), geometry.axial_stack_affine((1.5, 0.8, 0.7)))


def write_sound_tables(folder: Path) -> list[Path]:
    """Write a manifest of two examinations, and every table that an import or a comparison of models reads."""
    image = folder / "sub-01" / "anat" / "sub-01_T2w.nii.gz"
    labels = folder / "derivatives" / "sub-01_dseg.nii.gz"
    raw = [folder / "raw" / "imagesTr" / "a_0000.nii.gz", folder / "raw" / "labelsTr" / "a.nii.gz"]
    for path in (image, labels, *raw):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, _GRID)
    one = Entry(case="a", patient="a", date="2020-01-01", modality="T2", image=image, labels=labels, split="training")
    two = replace(one, case="=b", labels=None, others=(("FLAIR", image),))
    write_manifest(Manifest((one, two), (LeftOut(case="c", reason="it has no labels"),)), folder)
    (folder / "splits.csv").write_text("patient,split\na,training\nb,test\n", encoding="utf-8")
    (folder / "scores.csv").write_text(csv_text(COLUMNS, [dict.fromkeys(COLUMNS, 1), dict.fromkeys(COLUMNS, 2)]))
    table = labels.with_name("sub-01_dseg.tsv")
    table.write_text("index\tname\n1\tintrameatal\n2\tcochlea\n", encoding="utf-8")
    facts = {"channel_names": {"0": "T2"}, "labels": {"background": 0, "tumor": [1, 2]}, "file_ending": ".nii.gz"}
    (folder / "raw" / "dataset.json").write_text(json.dumps(facts), encoding="utf-8")
    corners = [(d, h, w) for d in (3, 4) for h, w in ((4, 4), (9, 4), (9, 8), (4, 8))]
    points = (geometry.transform_points(_GRID.dhw_to_ras, np.array(corners)) * (-1, -1, 1)).reshape(2, 4, 3).tolist()
    contours = [{"structure_name": "TV", "LPS_contour_points": points}, {"structure_name": "Skull"}]
    contours[1]["LPS_contour_points"] = points[:1]
    (folder / "contours.json").write_text(json.dumps(contours), encoding="utf-8")
    files = ("splits.csv", "scores.csv", "contours.json")
    return [*(folder / name for name in (MANIFEST, *files)), table, folder / "raw" / "dataset.json"]


def read_table(path: Path) -> str:
    """Read what the file is by its name; a manifest that is taken comes back as it is when it is written again."""
    readers: dict[str, Callable[[Path], object]] = {
        MANIFEST: _read_manifest,
        "splits.csv": _table,
        "scores.csv": read_scores,
        "contours.json": lambda each: labels_of_json(each, _GRID),
        "sub-01_dseg.tsv": lambda each: list(Bids().find(each.parents[1])),
        "dataset.json": lambda each: list(NnUnetRaw().find(each.parent)),
    }
    readers[path.name](path)
    return "taken"


def _read_manifest(path: Path) -> None:
    manifest = read_manifest(path)
    again = path.parent / "again"
    again.mkdir(exist_ok=True)
    if read_manifest(write_manifest(manifest, again)) != manifest:
        msg = "a manifest that was written again reads differently"
        raise FaultError(msg)


def write_sound_growth(folder: Path) -> list[Path]:
    """Write a comparison, and what a run tells of itself."""
    write_growth_json(folder / "growth.json", content_of_two())
    told = {"run": {"side": "left", "landmarks": {"pori_ras_mm": [[1.0, 2.0, 3.0]]}}}
    (folder / PROVENANCE_FILE_NAME).write_text(json.dumps(told), encoding="utf-8")
    return [folder / "growth.json", folder / PROVENANCE_FILE_NAME]


def read_growth(path: Path) -> str:
    """Read what the file is by its name."""
    if path.name == PROVENANCE_FILE_NAME:
        _provenance(path.parent)
    else:
        read_growth_json(path)
    return "taken"
