"""What the door takes for a scan or a labelmap: a path, a volume, or an image of SimpleITK or nibabel."""

import os
from pathlib import Path
from typing import TypeAlias

import numpy as np

from VSSegmentationLib import imageio
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Modality, Scan
from VSSegmentationLib.imageio.weighting import stated
from VSSegmentationLib.tasks import DEFAULT_TASK
from VSSegmentationLib.volume import ItkImage, NibabelImage, Volume

LabelmapLike: TypeAlias = str | os.PathLike[str] | Volume | ItkImage | NibabelImage
ScanLike: TypeAlias = LabelmapLike | Scan


def read_scan(
    source: ScanLike, *, modality: str | None = None, series: int | None = None, accept_resampling: bool = False
) -> Scan:
    """Read a scan, with every check; see `Scan.warnings` for what every result made from it will carry.

    Args:
        source: Path of a NIfTI, NRRD or MetaImage file, of a DICOM folder or of one file of a series; or a `Volume`,
            an image of SimpleITK, or an image of nibabel.
        modality: "T2", "ceT1" or "T1", where the file does not tell it (only DICOM does) or tells it wrong.
        series: Number of the series, where a DICOM folder holds several; the message lists them.
        accept_resampling: Take slices at unequal distances and sheared grids of files, interpolated onto a regular one.

    Raises:
        InputRefusedError: If it can't be used; one sentence says what was wrong, what came, what would do.
        UsageError: If there is no such path, modality or series, or the source is none of these.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> scan = vs.read_scan(vs.SAMPLE_FOLDER / "exam1_t2.nii.gz", modality="T2")
        >>> scan.modality.value, scan.file_format
        ('T2', 'NIfTI')
    """
    wanted = None if modality is None else _modality(modality)
    if isinstance(source, str | os.PathLike):
        scan = imageio.read_scan(_path(source), series=series, accept_resampling=accept_resampling)
    elif series is not None or accept_resampling:
        msg = "series and accept_resampling are for files; leave them out with an image that is in memory"
        raise UsageError(msg)
    else:
        scan = source if isinstance(source, Scan) else imageio.scan_of_volume(as_volume(source))
    return scan if wanted is None else stated(scan, wanted)


def read_labelmap(source: LabelmapLike, *, values: str | None = None) -> Volume:
    """Read a labelmap: 0 background, 1 extrameatal, 2 intrameatal, 3 cochlea, 4 tumor that is not divided.

    Args:
        source: Path of a .nii, .nii.gz, .nrrd, .seg.nrrd, .mha or DICOM SEG file; or a `Volume`, an image of SimpleITK,
            or an image of nibabel.
        values: What the values mean, where the file does not say it by names of segments or a header of this library:
            "own" for those above, "mask", "crossmoda2021", "crossmoda2023", or pairs such as "1=im,2=em". Without it, a
            single value is the whole tumor, and 1 and 2 are read as above if they touch.

    Returns:
        uint8 (D, H, W) of `Label` values.

    Raises:
        InputRefusedError: If it is not a labelmap.
        UsageError: If there is no such file, the source is none of these, or it is not certain what the values mean.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> labelmap = vs.read_labelmap(vs.SAMPLE_FOLDER / "exam1_truth.nii.gz")
        >>> bool((labelmap.array == vs.Label.EXTRAMEATAL).any())
        True
    """
    return load_labelmap(source, values=values).volume


def load_labelmap(source: LabelmapLike, *, values: str | None = None) -> imageio.Labelmap:
    """Read a labelmap with what its file tells of it; arguments and errors as for `read_labelmap`."""
    meant = None if values is None else DEFAULT_TASK.label_values(values)
    if isinstance(source, str | os.PathLike):
        return imageio.load_labelmap(_path(source), DEFAULT_TASK.label_set, values=meant)
    return imageio.as_labelmap(as_volume(source), DEFAULT_TASK.label_set, values=meant)


def as_volume(source: object) -> Volume:
    """Return an image that is in memory as a volume, by what it can be asked.

    Raises:
        GeometryError: If it has not three dimensions, one value per voxel, and a place.
        UsageError: If it is no image.
    """
    if isinstance(source, Volume):
        return source
    if isinstance(source, np.ndarray):
        msg = (
            "an array does not tell its voxel size and place; give Volume.from_array(array, dhw_to_ras=...), or at "
            "least its voxel size: Volume.from_array(array, spacing_dhw_mm=(3.0, 0.5, 0.5))"
        )
        raise UsageError(msg)
    if isinstance(source, NibabelImage):
        return Volume.from_nibabel(source)
    if isinstance(source, ItkImage):
        return Volume.from_sitk(source)
    msg = (
        f"a path, a Volume, an image of SimpleITK or an image of nibabel is needed, got {type(source).__name__}; "
        "an array becomes a Volume with Volume.from_array"
    )
    raise UsageError(msg)


def _path(source: str | os.PathLike[str]) -> Path:
    return Path(source).expanduser()


def _modality(name: str) -> Modality:
    try:
        return Modality(name)
    except ValueError as error:
        msg = f"modality must be one of {', '.join(Modality)}, got {name!r}"
        raise UsageError(msg) from error
