"""What the page on refused inputs says: another program reads the file, and this one refuses it, with the reason."""

from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk

from Testing.support.dicom_files import SeriesSpec, voxels, write_series
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import read_scan

ARRAY = np.random.default_rng(0).integers(0, 400, (40, 40, 12)).astype(np.int16)
AFFINE = np.diag([1.0, 1.0, 3.0, 1.0])
SPACE = {"space": "left-posterior-superior", "space directions": AFFINE[:3, :3], "space origin": [0, 0, 0]}


def by_nibabel(path: Path) -> object:
    return np.asarray(nibabel.load(path).dataobj)


def by_itk(path: Path) -> object:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def by_pynrrd(path: Path) -> object:
    return nrrd.read(str(path))[0]


def nifti(path: Path, array: np.ndarray = ARRAY, affine: np.ndarray = AFFINE, pixdim: float | None = None) -> Path:
    image = nibabel.Nifti1Image(array, affine)
    image.set_sform(affine, 1)
    if pixdim is not None:
        image.header["pixdim"][1] = pixdim
        image.header["qform_code"] = 0
    nibabel.save(image, path)
    return path


def analyze(folder: Path) -> Path:
    nibabel.save(nibabel.Nifti1Pair(ARRAY, AFFINE), folder / "a.img")
    return folder / "a.hdr"


def sheared(folder: Path) -> Path:
    affine = AFFINE.copy()
    affine[0, 1] = 0.1
    return nifti(folder / "a.nii", affine=affine)


def meta_image(folder: Path, old: str = "", new: str = "", *, data: bytes | None = None) -> Path:
    fields = (
        "NDims = 3\nDimSize = 40 40 12\nElementType = MET_SHORT\nElementSpacing = 1 1 3\nBinaryData = True\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nElementDataFile = LOCAL\n"
    )
    assert old in fields
    path = folder / "a.mha"
    path.write_bytes(fields.replace(old, new).encode() + (ARRAY.T.tobytes() if data is None else data))
    return path


def nrrd_file(folder: Path, **fields: object) -> Path:
    nrrd.write(str(folder / "a.nrrd"), ARRAY, {**SPACE, **fields})
    return folder / "a.nrrd"


def nrrd_without_spacing(folder: Path) -> Path:
    nrrd.write(str(folder / "a.nrrd"), ARRAY)
    return folder / "a.nrrd"


CASES = {
    "half of an Analyze or NIfTI pair": (analyze, by_nibabel, "one half of a NIfTI pair"),
    "axes that are sheared": (sheared, by_nibabel, "sheared by"),
    "two voxel sizes": (lambda f: nifti(f / "a.nii", pixdim=1.2), by_nibabel, "states two voxel sizes"),
    "voxel sizes of 0": (lambda f: nifti(f / "a.nii", pixdim=0.0), by_itk, "must be above 0 mm"),
    "time points": (lambda f: nifti(f / "a.nii", np.stack([ARRAY] * 3, -1)), by_itk, "dimensions"),
    "complex numbers": (lambda f: nifti(f / "a.nii", ARRAY.astype(np.complex64)), by_nibabel, "plain gray values"),
    "NRRD as text": (lambda f: nrrd_file(f, encoding="ascii"), by_itk, "must be raw or gzip"),
    "NRRD packed by bzip2": (lambda f: nrrd_file(f, encoding="bzip2"), by_pynrrd, "must be raw or gzip"),
    "NRRD in other units": (lambda f: nrrd_file(f, **{"space units": ["cm"] * 3}), by_itk, "unit of length"),
    "NRRD without voxel size": (nrrd_without_spacing, by_itk, "does not state its voxel size"),
    "MetaImage without voxel size": (lambda f: meta_image(f, "ElementSpacing = 1 1 3\n"), by_itk, "its voxel size"),
    "MetaImage of several channels": (
        lambda f: meta_image(f, "BinaryData", "ElementNumberOfChannels = 2\nBinaryData", data=ARRAY.T.tobytes() * 2),
        by_itk,
        "several channels",
    ),
    "a slice behind the last one": (
        lambda f: meta_image(f, data=ARRAY.T.tobytes() + b"1" * 3200),
        by_itk,
        "more are there",
    ),
    "voxels of 20 mm": (lambda f: meta_image(f, "1 1 3", "1 1 20"), by_itk, "above 10 mm"),
}


@pytest.mark.parametrize(("make", "other", "said"), CASES.values(), ids=CASES)
def test_another_program_reads_it_and_this_one_says_why_not(tmp_path, make, other, said):
    path = make(tmp_path)
    assert np.size(other(path)) >= ARRAY.size
    with pytest.raises(InputRefusedError, match=said):
        read_scan(path)


@pytest.mark.parametrize(
    ("spec", "skip", "said"),
    [
        (SeriesSpec(photometric="MONOCHROME1"), (), "inverted gray values"),
        (SeriesSpec(modality="CT"), (), "an MR scan is needed"),
        (SeriesSpec(shear_lps=(0.1, 0.0, 0.0)), (), "sheared by"),
        (SeriesSpec(), (5,), "miss 1 of their number"),
        (SeriesSpec(), tuple(range(5, 12)), "at least 8 are needed"),
    ],
    ids=["inverted", "CT", "gantry tilt", "a slice is missing", "few slices"],
)
def test_itk_reads_the_series_and_this_program_says_why_not(tmp_path, spec, skip, said):
    write_series(tmp_path, voxels(), spec, skip=skip)
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path))
    assert sitk.ReadImage(names).GetNumberOfPixels() > 0
    with pytest.raises(InputRefusedError, match=said):
        read_scan(tmp_path)
