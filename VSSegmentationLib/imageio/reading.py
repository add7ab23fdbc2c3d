"""The front door: a path goes in; a scan that passed every check comes out, or one sentence that says why not."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import checks
from VSSegmentationLib.imageio.dicom.reading import load_folder, load_series_of_file
from VSSegmentationLib.imageio.evidence import Evidence
from VSSegmentationLib.imageio.files.reading import existing_file, file_kind, load_file
from VSSegmentationLib.imageio.outliers import without_outliers
from VSSegmentationLib.imageio.resampling import to_right_angles
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE, ScanRules
from VSSegmentationLib.imageio.scan import LoadedImage, Modality, Scan
from VSSegmentationLib.imageio.suspicions import scan_warnings
from VSSegmentationLib.imageio.weighting import name_evidence, sidecar_evidence
from VSSegmentationLib.volume import Volume

IN_MEMORY = "in memory"
AXES_ASSUMED = (
    "The array came with a voxel size and without a place; superior, posterior and left were assumed for its axes, so "
    "sides may be exchanged."
)


def read_scan(
    path: Path,
    *,
    series: int | None = None,
    accept_resampling: bool = False,
    rules: ScanRules = CEREBELLOPONTINE_ANGLE,
) -> Scan:
    """Read a scan from a NIfTI, NRRD or MetaImage file, a DICOM folder, or one DICOM file of a series.

    Args:
        path: File or folder; a folder is searched with all its subfolders.
        series: Number of the series as `list_series` counts them, where a folder holds several.
        accept_resampling: Take slices at unequal distances and sheared grids, interpolated linearly onto a regular grid
            with right angles; the scan carries a warning then.
        rules: What the scan has to show.

    Raises:
        InputRefusedError: If it can't be used; one sentence says what was wrong, what came, what would do.
        UsageError: If there is no such path, or several series fit and none was chosen; the message lists them.
    """
    return _checked(_load(path, series=series, accept_resampling=accept_resampling, rules=rules), rules)


def scan_of_volume(
    volume: Volume, modality: Modality = Modality.UNKNOWN, rules: ScanRules = CEREBELLOPONTINE_ANGLE
) -> Scan:
    """Return a scan that is in memory already, after the checks of `read_scan`.

    Args:
        volume: (D, H, W) gray values.
        modality: The weighting, which voxels do not tell.
        rules: What the scan has to show.

    Raises:
        InputRefusedError: As `read_scan`.
    """
    checks.check_right_angles(volume.dhw_to_ras)
    warnings = (AXES_ASSUMED,) if volume.axes_assumed else ()
    return _checked(LoadedImage(volume=volume, file_format=IN_MEMORY, modality=modality, warnings=warnings), rules)


def _checked(loaded: LoadedImage, rules: ScanRules) -> Scan:
    volume = as_image(loaded.volume)
    loaded = replace(loaded, volume=volume)  # lets go of the voxels as they were stored
    checks.check_scan(volume, rules)
    tamed = without_outliers(volume.array)
    damaged: tuple[str, ...] = ()
    if tamed is not None:
        volume, damaged = volume.with_array(tamed.array), (tamed.warning,)
    stated = loaded.slice_thickness_mm
    thickness = stated if stated is not None and stated > 0 else max(volume.spacing_dhw_mm)
    return Scan(
        volume=volume,
        modality=loaded.modality,
        slice_thickness_mm=thickness,
        warnings=loaded.warnings + damaged + scan_warnings(volume, thickness, rules),
        voxels_sha256=volume.voxels_sha256,
        file_format=loaded.file_format,
        series_uid=loaded.series_uid,
        dicom_source=loaded.dicom_source,
        told=loaded.told,
    )


def read_volume(path: Path) -> Volume:
    """Read the float32 image of a NIfTI, NRRD or MetaImage file without asking whether it is a usable scan.

    For crops, phantoms and maps of other tools; `read_scan` is for scans.

    Raises:
        InputRefusedError: If the file is damaged, truncated, or not one 3D volume of gray values.
        UsageError: If there is no such file.
    """
    return as_image(load_file(existing_file(path)).volume)


def as_image(volume: Volume) -> Volume:
    """Return the volume as float32; what does not fit becomes infinite and is refused with the other such voxels."""
    with np.errstate(over="ignore", invalid="ignore"):
        return volume.with_array(volume.array.astype(np.float32, copy=False))


def _load(path: Path, *, series: int | None, accept_resampling: bool, rules: ScanRules) -> LoadedImage:
    if _existing(path).is_dir():
        return load_folder(path, series=series, accept_resampling=accept_resampling, rules=rules)
    if series is not None:
        msg = "a series can be chosen in a folder only, and a file was given; leave the choice out or give the folder"
        raise UsageError(msg)
    if file_kind(path) == "DICOM":
        return load_series_of_file(path, accept_resampling=accept_resampling, rules=rules)
    loaded = replace(load_file(path), told=_told_beside(path))
    if not accept_resampling:
        checks.check_right_angles(loaded.volume.dhw_to_ras)
    shear = geometry.shear_deg(loaded.volume.dhw_to_ras)
    if shear <= checks.MAX_SHEAR_DEG:
        return loaded
    warning = f"The scan was resampled onto right angles, as accepted: its axes were sheared by {shear:.1f} degrees."
    volume = to_right_angles(as_image(loaded.volume))
    return replace(loaded, volume=volume, warnings=(*loaded.warnings, warning))


def _told_beside(path: Path) -> tuple[Evidence, ...]:
    sidecar = sidecar_evidence(path)
    return (*(() if sidecar is None else (sidecar,)), name_evidence(path.name))


def _existing(path: Path) -> Path:
    return path if path.is_dir() else existing_file(path)
