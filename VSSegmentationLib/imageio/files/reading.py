"""One image file of any format read here: known by its content, never by its name."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import SimpleITK as sitk
from numpy.typing import NDArray

from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.imageio.files import nifti, nifti_header, unpacking
from VSSegmentationLib.imageio.files.meta_image import meta_image_header
from VSSegmentationLib.imageio.files.nrrd import nrrd_header
from VSSegmentationLib.imageio.files.stored_image import StoredImage, read_layers
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
    if start[:2] == b"\x1f\x8b":
        start = _unpacked_start(path)
    if start.startswith(b"NRRD000"):
        return "NRRD"
    if nifti_header.is_nifti(start):
        return "NIfTI"
    if start.startswith((b"ObjectType", b"NDims")) and b"=" in start:
        return "MetaImage"
    return ""


def _unpacked_start(path: Path) -> bytes:
    with unpacking.opened(path) as source:
        return source.read(_PREVIEW_BYTES)


def load_file(path: Path, *, is_labelmap: bool = False) -> LoadedImage:
    """Read a NIfTI, NRRD or MetaImage file as it states itself.

    Raises:
        InputRefusedError: If it is none of these, damaged, truncated, or not one 3D volume of gray values.
    """
    kind = file_kind(path)
    if kind == "NIfTI":
        return nifti.read_nifti(path, is_labelmap=is_labelmap)
    if kind in ("NRRD", "MetaImage"):
        return _load_stored(nrrd_header(path) if kind == "NRRD" else meta_image_header(path), is_labelmap=is_labelmap)
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
    stored = nrrd_header(path, layers_allowed=True)
    layers = read_layers(stored, is_labelmap=True)
    return LabelLayers(layers, stored.dhw_to_ras, stored.fields, not stored.states_orientation)


def _load_stored(stored: StoredImage, *, is_labelmap: bool) -> LoadedImage:
    (array,) = read_layers(stored, is_labelmap=is_labelmap)
    warning = (
        f"The {stored.file_format} file does not state how it lies in the patient; left, posterior and superior were "
        "assumed for its axes, so sides may be exchanged."
    )
    return LoadedImage(
        volume=Volume(array, stored.dhw_to_ras, axes_assumed=not stored.states_orientation),
        file_format=stored.file_format,
        warnings=() if stored.states_orientation else (warning,),
        fields=stored.fields,
    )


def read_with_itk(path: Path, reader_name: str) -> sitk.Image:
    """Read one file with the named ITK reader, silently: ITK's warnings name paths, and paths name patients.

    Raises:
        RuntimeError: ITK's own; the caller says what it means.
    """
    sitk.ProcessObject.GlobalWarningDisplayOff()
    reader = sitk.ImageFileReader()
    reader.SetImageIO(reader_name)
    with name_for_itk(path) as name:
        reader.SetFileName(name)
        return reader.Execute()


@contextmanager
def name_for_itk(path: Path) -> Iterator[str]:
    """Give a name of the file that ITK can spell: it takes text in UTF-8 and aborts on any other bytes."""
    try:
        name = str(path)
        name.encode("utf-8")
        if os.fsdecode(name.encode("utf-8")) == name:
            yield name
            return
    except UnicodeError:
        pass
    with tempfile.TemporaryDirectory(prefix="vs_name_") as folder:
        linked = Path(folder) / "image"
        linked.symlink_to(path.absolute())
        yield str(linked)


def existing_file(path: Path) -> Path:
    """Return the path of a file that is there and may be read.

    Raises:
        UsageError: If there is none, it is a folder, or reading it is not permitted.
    """
    if path.is_dir():
        msg = (
            "a folder was given where one file is needed; give the file in it, such as the segmentation.seg.nrrd among "
            "the results of segment"
        )
        raise UsageError(msg)
    if not path.is_file():
        msg = "there is no such file or folder; check the path given"
        raise UsageError(msg)
    if not os.access(path, os.R_OK):
        msg = "the file may not be read by this user; change its permissions"
        raise UsageError(msg)
    return path
