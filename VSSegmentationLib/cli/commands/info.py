"""`info`: what a scan is, or which series a DICOM folder holds."""

import argparse
from pathlib import Path

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.cli.commands.text import grid_text, table
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.imageio import Scan, SeriesSummary, list_series, read_scan


def run_info(arguments: argparse.Namespace, console: Console) -> None:
    """Show the series of a folder, or the scan of a file or of the chosen series."""
    path: Path = arguments.input
    if path.is_dir() and arguments.series is None:
        series = list_series(path)
        console.result(_series_text(series))
        return
    scan = read_scan(path, series=arguments.series)
    for sentence in scan.warnings:
        console.warning(sentence)
    console.result(_scan_text(scan))


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
