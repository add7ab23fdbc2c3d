"""One image file of any format read here: known by its content, never by its name."""

import gzip
import os
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.frames import dhw_to_ras_from_itk
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.imageio.declared import check_declared_bytes
from VSSegmentationLib.imageio.files import nifti, text_headers
from VSSegmentationLib.imageio.scan import LoadedImage
from VSSegmentationLib.volume import Volume

_PREVIEW_BYTES = 540


def file_kind(path: Path) -> str:
    """Return "NIfTI", "NRRD", "MetaImage", "DICOM", or "" for anything else, from the first bytes of a file."""
    with path.open("rb") as file:
        start = file.read(_PREVIEW_BYTES)
    without_preamble = start[:2] in (b"\x08\x00", b"\x02\x00") and start[3:4] == b"\x00"
    if start[128:132] == b"DICM" or without_preamble:
        return "DICOM"
    if start.startswith(b"NRRD000"):
        return "NRRD"
    if start[:2] == b"\x1f\x8b":
        start = _unpacked_start(path)
    if nifti.is_nifti(start):
        return "NIfTI"
    if start.startswith((b"ObjectType", b"NDims")) and b"=" in start:
        return "MetaImage"
    return ""


def _unpacked_start(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as stream:
            return stream.read(_PREVIEW_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = "The compressed file is damaged or truncated; copy or export it again"
        raise InputRefusedError(msg) from error


def load_file(path: Path, *, is_labelmap: bool = False) -> LoadedImage:
    """Read a NIfTI, NRRD or MetaImage file as it states itself.

    Raises:
        InputRefusedError: If it is none of these, damaged, truncated, or not one 3D volume of gray values.
    """
    kind = file_kind(path)
    if kind == "NIfTI":
        return nifti.read_nifti(path, is_labelmap=is_labelmap)
    if kind == "NRRD":
        return _load_with_itk(path, "NRRD", "NrrdImageIO", text_headers.nrrd_declares(path), is_labelmap=is_labelmap)
    if kind == "MetaImage":
        return _load_with_itk(
            path, "MetaImage", "MetaImageIO", text_headers.meta_image_declares(path), is_labelmap=is_labelmap
        )
    msg = (
        "The input is not an image that can be read here; a NIfTI (.nii, .nii.gz), NRRD or MetaImage file, "
        "or a DICOM folder or file is needed"
    )
    raise InputRefusedError(msg)


class LabelLayers(NamedTuple):
    """The voxels of a labelmap file, before their values were given a meaning."""

    layers: tuple[NDArray[Any], ...]
    """Each (D, H, W); Slicer writes more than one where segments overlap."""
    dhw_to_ras: Affine
    fields: Mapping[str, str]
    """What the header says in fields of its writer's own."""
    axes_assumed: bool
    """Whether the file does not state how it lies in the patient."""


def load_label_layers(path: Path) -> LabelLayers:
    """Read a labelmap file as it states itself.

    Raises:
        InputRefusedError: As `load_file`.
    """
    if file_kind(path) != "NRRD":
        loaded = load_file(path, is_labelmap=True)
        volume = loaded.volume
        return LabelLayers((volume.array,), volume.dhw_to_ras, loaded.fields, volume.axes_assumed)
    declared = text_headers.nrrd_declares(path, layers_allowed=True)
    image = _read_declared(path, "NRRD", "NrrdImageIO", declared, is_labelmap=True)
    array = sitk.GetArrayFromImage(image)
    layers = tuple(np.moveaxis(array, -1, 0)) if array.ndim == 4 else (array,)
    return LabelLayers(layers, dhw_to_ras_from_itk(image), _fields(image), not declared.states_orientation)


def _fields(image: sitk.Image) -> dict[str, str]:
    return {key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}


def _load_with_itk(
    path: Path, file_format: str, reader_name: str, declared: text_headers.DeclaredImage, *, is_labelmap: bool
) -> LoadedImage:
    image = _read_declared(path, file_format, reader_name, declared, is_labelmap=is_labelmap)
    warning = (
        f"The {file_format} file does not state how it lies in the patient; left, posterior and superior were assumed "
        "for its axes, so sides may be exchanged."
    )
    return LoadedImage(
        volume=replace(Volume.from_sitk(image), axes_assumed=not declared.states_orientation),
        file_format=file_format,
        warnings=() if declared.states_orientation else (warning,),
        fields=_fields(image),
    )


def _read_declared(
    path: Path, file_format: str, reader_name: str, declared: text_headers.DeclaredImage, *, is_labelmap: bool
) -> sitk.Image:
    check_declared_bytes(
        declared.voxel_bytes, declared.stored_bytes, compressed=declared.compressed, is_labelmap=is_labelmap
    )
    try:
        image = read_with_itk(path, reader_name)
        dhw_to_ras_from_itk(image)
    except (RuntimeError, ValueError) as error:  # ITK's own, a direction that is no matrix, axes that span no space
        msg = f"The {file_format} file is damaged or truncated; copy or export it again"
        raise InputRefusedError(msg) from error
    if image.GetSize()[::-1] != declared.shape_dhw:
        msg = f"The {file_format} header is damaged: it contradicts itself about the size; export the file again"
        raise InputRefusedError(msg)
    return image


def read_with_itk(path: Path, reader_name: str) -> sitk.Image:
    """Read one file with the named ITK reader, silently: ITK's warnings name paths, and paths name patients.

    Raises:
        RuntimeError: ITK's own; the caller says what it means.
    """
    sitk.ProcessObject.GlobalWarningDisplayOff()
    reader = sitk.ImageFileReader()
    reader.SetImageIO(reader_name)
    reader.SetFileName(str(path))
    return reader.Execute()


def existing_file(path: Path) -> Path:
    """Return the path of a file that is there and may be read.

    Raises:
        UsageError: If there is none, or reading it is not permitted.
    """
    if not path.is_file():
        msg = "there is no such file or folder; check the path given"
        raise UsageError(msg)
    if not os.access(path, os.R_OK):
        msg = "the file may not be read by this user; change its permissions"
        raise UsageError(msg)
    return path
