"""The voxels of a stack in the order of its slices, unpacked and rescaled by GDCM through SimpleITK."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK as sitk
from numpy.typing import NDArray

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.headers import DAMAGE, silent_pydicom
from VSSegmentationLib.imageio.dicom.opening import unpacked_file
from VSSegmentationLib.imageio.dicom.slice_header import SliceHeader
from VSSegmentationLib.imageio.dicom.stack import StackLayout
from VSSegmentationLib.imageio.files.reading import read_with_itk

_CLASSIC = "MR Image Storage"


def read_voxels(layout: StackLayout) -> NDArray[np.float32]:
    """Return float32 (D, H, W): the stored values with slope and intercept of each slice applied.

    Raises:
        InputRefusedError: If the pixel data of a slice are damaged, missing, or packed in a way GDCM can't unpack.
    """
    voxels = np.empty(layout.shape, np.float32)
    frames_of: dict[Path, NDArray[Any]] = {}
    for index, header in enumerate(layout.headers):
        if header.path not in frames_of:
            frames_of = {header.path: _frames(header, f"Slice {index + 1} of {len(layout.headers)}")}
        voxels[index] = _rescaled(frames_of[header.path][header.frame], header)
    return voxels


def _frames(header: SliceHeader, which: str) -> NDArray[Any]:
    try:
        with unpacked_file(header.path) as path:
            frames: NDArray[Any] = sitk.GetArrayFromImage(read_with_itk(path, "GDCMImageIO"))
            stored = _first_stored(header, path)
    except RuntimeError as error:
        msg = (
            f"{which} (instance number {header.instance_number}) has pixel data that are damaged, truncated, or packed "
            "in a way that can't be unpacked; copy or export the series again"
        )
        raise InputRefusedError(msg) from error
    if frames.shape != (header.frames_in_file, header.rows, header.columns):
        msg = (
            f"{which} (instance number {header.instance_number}) contradicts itself about its matrix: the file is "
            "damaged; copy or export the series again"
        )
        raise InputRefusedError(msg)
    if stored is not None and not np.allclose(frames[0], stored * header.file_slope + header.file_intercept):
        msg = (
            f"{which} (instance number {header.instance_number}) contradicts itself about slope and intercept of its "
            "values: the file is damaged; copy or export the series again"
        )
        raise InputRefusedError(msg)
    return frames


def _first_stored(header: SliceHeader, path: Path) -> NDArray[Any] | None:
    """Return the stored values of the first frame of an object whose slope GDCM may pass over, as of an ultrasound.

    None where there is nothing to compare: values without a slope, or packed ones.
    """
    plain = header.sop_class == _CLASSIC or (header.file_slope, header.file_intercept) == (1, 0)
    if plain or header.compressed:
        return None
    with silent_pydicom():
        try:
            frames: NDArray[Any] = pydicom.dcmread(path).pixel_array
        except DAMAGE as error:
            raise RuntimeError from error
    return frames[0] if header.frames_in_file > 1 else frames


def _rescaled(frame: NDArray[Any], header: SliceHeader) -> NDArray[Any]:
    """Undo what GDCM applied to every frame, and apply the frame's own slope and intercept, where they differ."""
    if (header.slope, header.intercept) == (header.file_slope, header.file_intercept) or header.file_slope == 0:
        return frame
    stored = (frame.astype(np.float64) - header.file_intercept) / header.file_slope
    return stored * header.slope + header.intercept
