"""`info`: what a scan, a labelmap or a DICOM segmentation is, or which series and structures a DICOM folder holds."""

import argparse
from pathlib import Path

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.cli.commands.text import grid_text, table
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import Scan, SeriesSummary, list_series, read_scan
from VSSegmentationLib.imageio.dicom.rtstruct import describe_structures, is_rtstruct, structure_sets_below
from VSSegmentationLib.imageio.dicom.segmentation import describe_segmentation, is_segmentation
from VSSegmentationLib.imageio.files.labelmaps import LabelsTold, labels_told
from VSSegmentationLib.imageio.files.reading import file_kind


def run_info(arguments: argparse.Namespace, console: Console) -> None:
    """Show what a folder or a file holds: scan, labelmap, segments or structures; or the scan of the chosen series."""
    path: Path = arguments.input
    if path.is_dir() and arguments.series is None:
        console.result(_folder_text(path))
        return
    if path.is_file() and arguments.series is None and file_kind(path) == "DICOM" and is_rtstruct(path):
        console.result(_structures_text(path))
        return
    if path.is_file() and arguments.series is None and file_kind(path) == "DICOM" and is_segmentation(path):
        console.result(_segmentation_text(path))
        return
    scan = _scan_or_labelmap(path, arguments.series, console)
    if scan is None:
        return
    for sentence in scan.warnings:
        console.warning(sentence)
    console.result(_scan_text(scan))


def _scan_or_labelmap(path: Path, series: int | None, console: Console) -> Scan | None:
    """Return the scan, or None once it was said that the file is a labelmap."""
    if path.is_file() and file_kind(path) != "DICOM":
        told = labels_told(path)
        if told is not None:
            console.result(_labelmap_text(told))
            return None
    return read_scan(path, series=series)


def _folder_text(folder: Path) -> str:
    """Tell the series and the structure sets of a folder; of one without the other, that one."""
    files = structure_sets_below(folder)
    structures = [_structures_text(path, path.relative_to(folder)) for path in files]
    try:
        return "\n".join([_series_text(list_series(folder)), *structures])
    except InputRefusedError:
        if not structures:
            raise
        return "\n".join(structures)


def _structures_text(path: Path, name: Path | None = None) -> str:
    lines = [f"RTSTRUCT {name or path.name}:"]
    lines += [f"  {each.number}  {each.name}: {each.content}" for each in describe_structures(path)]
    return "\n".join(lines)


def _segmentation_text(path: Path) -> str:
    lines = [f"DICOM segmentation {path.name}:"]
    lines += [f"  {each.number}  {each.name}: {each.voxels} voxels" for each in describe_segmentation(path)]
    return "\n".join(lines)


def _labelmap_text(told: LabelsTold) -> str:
    rows = [
        ("Format", f"{told.file_format}, a labelmap and no scan"),
        ("Grid", grid_text(told.shape_dhw, told.spacing_dhw_mm)),
        *((f"Value {value}", f"{count} voxels{f', {name}' if name else ''}") for value, count, name in told.labels),
    ]
    return "\n".join(f"{name:18}{value}" for name, value in rows)


def _series_text(series: tuple[SeriesSummary, ...]) -> str:
    rows = [("Series", "Modality", "Grid", "Usable", "Description")]
    rows += [
        (
            str(each.number),
            each.modality,
            grid_text(each.shape_dhw, each.spacing_dhw_mm),
            "yes" if each.usable else "no",
            each.description,
        )
        for each in series
    ]
    refused = [f"Series {each.number}: {each.reason}" for each in series if not each.usable]
    return "\n".join([table(rows), *refused])


def _scan_text(scan: Scan) -> str:
    rows = [
        ("Format", scan.file_format),
        ("Modality", scan.modality),
        ("Grid", grid_text(scan.volume.shape, scan.volume.spacing_dhw_mm)),
        ("Slice thickness", f"{scan.slice_thickness_mm:.3g} mm"),
        ("Slices", _orientation_text(scan)),
        ("Voxels (SHA-256)", scan.voxels_sha256),
    ]
    return "\n".join(f"{name:18}{value}" for name, value in rows)


def _orientation_text(scan: Scan) -> str:
    along_right_anterior_superior = np.abs(geometry.directions(scan.volume.dhw_to_ras)[:, 0])
    name = ("sagittal", "coronal", "axial")[int(np.argmax(along_right_anterior_superior))]
    tilt_deg = np.degrees(np.arccos(min(1.0, float(along_right_anterior_superior.max()))))
    return f"{name}, tilted by {tilt_deg:.0f} degrees"
