"""NIfTI, NRRD and MetaImage: what is read must be what nibabel, pynrrd or ITK read from the same bytes."""

import gzip
import itertools
import struct
import warnings
import zlib
from pathlib import Path

import nibabel as nib
import nrrd
import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tools.fuzz.judging import FaultError, must_agree
from VSSegmentationLib import geometry
from VSSegmentationLib.frames import LPS_TO_RAS, ijk_to_ras
from VSSegmentationLib.imageio import load_labelmap, write_image, write_segmentation
from VSSegmentationLib.imageio.files.reading import file_kind, load_file
from VSSegmentationLib.imageio.scan import LoadedImage
from VSSegmentationLib.volume import Volume

_NO_OTHER = "taken, the other reader refuses"
_SAME = "taken, as the other reader"


def write_sound(folder: Path) -> list[Path]:
    """Write a small labelmap and a small image in every format, on an oblique grid, and return the files."""
    d, h, w = np.indices((9, 14, 12))
    labels = np.where((d - 4) ** 2 + (h - 6) ** 2 + (w - 5) ** 2 <= 9, 1 + (w > 5), 0).astype(np.uint8)
    affine = np.array([[0.2, 0.1, 0.7, -20.0], [0.3, 0.78, -0.1, 5.0], [1.45, -0.12, -0.02, -30.0], [0, 0, 0, 1]])
    axes = np.linalg.qr(affine[:3, :3])[0] * (-1.5, -0.8, 0.7)
    affine[:3, :3] = axes
    labelmap = Volume(labels, geometry.as_affine(affine))
    image = labelmap.with_array((100 * labels + 3 * d + h * w).astype(np.float32))
    files = []
    for ending in (".nii", ".nii.gz", ".nrrd", ".seg.nrrd", ".mha"):
        write_segmentation(folder / f"labels{ending}", labelmap, side="left")
        files.append(folder / f"labels{ending}")
    for ending in (".nii", ".nii.gz", ".nrrd", ".mha"):
        write_image(folder / f"image{ending}", image)
        files.append(folder / f"image{ending}")
    for ending, packed in itertools.product((".nrrd", ".mha"), (False, True)):
        path = folder / f"itk_{packed}{ending}"
        sitk.WriteImage(image.to_sitk(), str(path), useCompression=packed)
        files.append(path)
    short = nib.Nifti1Image((100 * labels).astype(np.int16).T, ijk_to_ras(labelmap.dhw_to_ras))
    short.header.set_xyzt_units("mm")
    nib.save(short, folder / "nibabel.nii")
    return [*files, folder / "nibabel.nii"]


def write_sound_labelmaps(folder: Path) -> list[Path]:
    """Write the same and return the labelmaps."""
    return [path for path in write_sound(folder) if path.name.startswith("labels")]


def read_volume_file(path: Path) -> str:
    """Read an image and compare it."""
    return _compared(load_file(path), path)


def read_label_file(path: Path) -> str:
    """Read a labelmap; its grid is compared, and its voxels where values keep their numbers."""
    labelmap = load_labelmap(path)
    if not set(np.unique(labelmap.volume.array).tolist()) <= {0, 1, 2, 3, 4}:
        msg = "values that the label set does not have"
        raise FaultError(msg)
    plain = load_file(path, is_labelmap=True)
    if not np.array_equal(plain.volume.dhw_to_ras, labelmap.volume.dhw_to_ras):
        msg = "as a labelmap the file has another place than as an image"
        raise FaultError(msg)
    return _compared(plain, path)


def _compared(loaded: LoadedImage, path: Path) -> str:
    kind = file_kind(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs, places = {"NIfTI": _by_nibabel, "NRRD": _by_pynrrd, "MetaImage": _by_itk}[kind](path)
        except Exception:  # noqa: BLE001 - whatever another library says of a damaged file
            return _NO_OTHER
    ours = loaded.volume
    must_agree(ours.array, theirs, "voxels")
    if ours.axes_assumed:
        lengths = [geometry.spacing_dhw_mm(geometry.as_affine(place)) for place in places]
        must_agree(np.array(ours.spacing_dhw_mm), np.array(lengths[0]), "spacing")
        return _SAME
    off = [float(np.abs(ours.dhw_to_ras - place).max()) for place in places]
    if min(off) > 0.01 * max(1.0, float(np.abs(ours.dhw_to_ras).max()) * 1e-3):
        msg = f"place: differs by {min(off):.4g} from what the other reader has"
        raise FaultError(msg)
    return _SAME


_Other = tuple[NDArray[np.generic], list[NDArray[np.float64]]]
"""Voxels (D, H, W), and every place (4, 4) of theirs that the file states."""


def _by_nibabel(path: Path) -> _Other:
    content = path.read_bytes()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    image_type = nib.Nifti2Image if content[4:7] == b"n+2" else nib.Nifti1Image
    at, form = (168, "q") if image_type is nib.Nifti2Image else (108, "f")
    header = image_type.from_bytes(content).header
    end = struct.calcsize(form) + at
    if not any(content[at:end]):  # no start of the voxels is stated, and nibabel takes the header for voxels
        content = content[:at] + struct.pack(header.endianness + form, header.single_vox_offset) + content[end:]
    image = image_type.from_bytes(content)
    array = np.asarray(image.dataobj).T
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    to_mm = np.diag([{1: 1000.0, 3: 0.001}.get(int(image.header["xyzt_units"]) & 7, 1.0)] * 3 + [1.0])
    forms = (image.get_sform(coded=True), image.get_qform(coded=True))
    stated = [place for place, code in forms if code > 0 and place is not None]
    sizes = np.diag([*np.abs(image.header["pixdim"][1:4]), 1.0])
    return array, [(to_mm @ place)[:, [2, 1, 0, 3]] for place in stated or [sizes]]


_PLACE_KEYS = ("space", "space directions", "space origin", "spacings")


def _by_pynrrd(path: Path) -> _Other:
    array, header = nrrd.read(str(path))
    if any(key != key.lower() and key.lower() in _PLACE_KEYS for key in header):
        msg = "pynrrd passes over fields in capitals, which the format takes for the same"
        raise ValueError(msg)
    if "space directions" not in header:
        spacing = np.array(header["spacings"], dtype=np.float64)
        return array.T, [np.diag([*spacing, 1.0])[:, [2, 1, 0, 3]]]
    place = np.eye(4)
    place[:3, :3] = np.array(header["space directions"], dtype=np.float64)[-3:].T
    place[:3, 3] = header.get("space origin", np.zeros(3))
    space = str(header.get("space", "")).lower()
    words = {"ras": "right-anterior-superior", "las": "left-anterior-superior", "lps": "left-posterior-superior"}
    toward = words.get(space, space).split("-")
    to_ras = np.diag([1.0 if toward[0] == "right" else -1.0, 1.0 if "anterior" in toward else -1.0, 1.0, 1.0])
    return array.T, [(to_ras @ place)[:, [2, 1, 0, 3]]]


def _inflated(path: Path, array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return the voxels of packed data as zlib unpacks them: ITK gives those that were in memory where it fails."""
    header, found, data = path.read_bytes().partition(b"ElementDataFile = LOCAL\n")
    if not found or b"CompressedData = True" not in header:
        return array
    content = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data)
    return np.frombuffer(content[: array.nbytes], array.dtype).reshape(array.shape)


def _by_itk(path: Path) -> _Other:
    sitk.ProcessObject.GlobalWarningDisplayOff()
    reader = sitk.ImageFileReader()
    reader.SetImageIO("MetaImageIO")
    reader.SetFileName(str(path))
    image = reader.Execute()
    place = np.eye(4)
    place[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    place[:3, 3] = image.GetOrigin()
    return _inflated(path, sitk.GetArrayFromImage(image)), [(LPS_TO_RAS @ place)[:, [2, 1, 0, 3]]]
