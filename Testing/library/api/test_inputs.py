"""Paths, volumes and the images of other libraries as scans and labelmaps."""

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

import VSSegmentationLib as vs
from Testing.support.lying_scans import empty_scan
from VSSegmentationLib.errors import GeometryError, InputRefusedError, UsageError
from VSSegmentationLib.imageio import AXES_ASSUMED, Modality

SCAN = vs.SAMPLE_FOLDER / "exam1_t2.nii.gz"
TRUTH = vs.SAMPLE_FOLDER / "exam1_truth.nii.gz"


@pytest.mark.parametrize(
    "source",
    [str(SCAN), SCAN, sitk.ReadImage(str(SCAN)), nibabel.load(SCAN), vs.read_scan(SCAN), vs.read_scan(SCAN).volume],
    ids=lambda source: type(source).__name__,
)
def test_a_scan_is_the_same_whatever_brings_it(source):
    expected, scan = vs.read_scan(SCAN), vs.read_scan(source)
    np.testing.assert_array_equal(scan.volume.array, expected.volume.array)
    assert scan.volume.same_grid(expected.volume, tolerance_mm=1e-4)
    assert scan.volume.array.dtype == np.float32


@pytest.mark.parametrize(
    "source",
    [str(TRUTH), TRUTH, sitk.ReadImage(str(TRUTH)), nibabel.load(TRUTH), vs.read_labelmap(TRUTH)],
    ids=lambda source: type(source).__name__,
)
def test_a_labelmap_is_the_same_whatever_brings_it(source):
    expected, labelmap = vs.read_labelmap(TRUTH), vs.read_labelmap(source)
    np.testing.assert_array_equal(labelmap.array, expected.array)
    assert labelmap.same_grid(expected, tolerance_mm=1e-4)
    assert labelmap.array.dtype == np.uint8


def test_an_image_is_known_by_what_it_can_be_asked_not_by_its_class():
    volume = noisy()

    class LikeNibabel:
        affine = volume.dhw_to_ras[:, [2, 1, 0, 3]]
        dataobj = volume.array.T

    np.testing.assert_array_equal(vs.read_scan(LikeNibabel()).volume.array, volume.array)


def noisy(grid: str = "oblique") -> vs.Volume:
    empty = empty_scan(grid, (40.0, 40.0, 40.0))
    return empty.with_array(np.random.default_rng(1).random(empty.shape, dtype=np.float32))


def test_the_modality_is_what_a_person_says_else_what_the_file_tells():
    assert vs.read_scan(SCAN).modality is Modality.UNKNOWN
    assert vs.read_scan(SCAN, modality="ceT1").modality is Modality.CE_T1
    assert vs.read_scan(vs.read_scan(SCAN, modality="T2")).modality is Modality.T2
    with pytest.raises(UsageError, match="modality must be one of T2, ceT1, T1, MR, unknown, got 't2'"):
        vs.read_scan(SCAN, modality="t2")


def test_a_scan_from_an_array_without_a_place_says_that_sides_may_be_exchanged():
    volume = vs.Volume.from_array(noisy("axial").array, spacing_dhw_mm=(1.5, 0.7, 0.7))
    assert AXES_ASSUMED in vs.read_scan(volume).warnings
    assert AXES_ASSUMED not in vs.read_scan(noisy()).warnings


def with_nan() -> vs.Volume:
    array = noisy().array.copy()
    array[3, 4, 5] = np.nan
    return noisy().with_array(array)


def sheared() -> vs.Volume:
    affine = noisy().dhw_to_ras.copy()
    affine[:3, 0] += 0.3 * affine[:3, 1]
    return vs.Volume(noisy().array, affine)


@pytest.mark.parametrize(
    ("source", "error", "sentence"),
    [
        (np.zeros((20, 30, 40)), UsageError, r"does not tell its voxel size and place; give Volume.from_array\(array"),
        (nibabel.Nifti1Image(np.zeros((30, 30, 30, 4)), np.eye(4)), GeometryError, "take one channel or time point"),
        (with_nan(), InputRefusedError, "1 voxels are NaN or infinite"),
        (sheared(), InputRefusedError, "sheared by"),
        (noisy().with_array(np.ones_like(noisy().array)), InputRefusedError, "every voxel has the value 1"),
        (
            noisy().with_array(noisy().array > noisy().array.mean()),
            InputRefusedError,
            "only the values 0, 1, as a labelmap does",
        ),
        (None, UsageError, "an image of nibabel is needed, got NoneType"),
        (3.5, UsageError, "got float"),
        (Path("absent.nii.gz"), UsageError, "no such file or folder"),
        ("absent.nii.gz", UsageError, "no such file or folder"),
    ],
)
def test_what_is_no_usable_scan_is_refused_in_one_sentence(source, error, sentence):
    with pytest.raises(error, match=sentence) as refused:
        vs.read_scan(source)
    assert "\n" not in str(refused.value)


def test_what_is_no_labelmap_is_refused():
    with pytest.raises(InputRefusedError, match="must hold whole numbers"):
        vs.read_labelmap(noisy())
    with pytest.raises(InputRefusedError, match="may be an image"):
        vs.read_labelmap(noisy().with_array(np.full(noisy().shape, 700) * (np.indices(noisy().shape)[0] > 3)))
    with pytest.raises(UsageError, match=r"Volume.from_array"):
        vs.read_labelmap(np.zeros((20, 30, 40), np.uint8))


def test_choices_about_files_are_refused_with_an_image_in_memory():
    with pytest.raises(UsageError, match="are for files"):
        vs.read_scan(noisy(), series=2)
    with pytest.raises(UsageError, match="are for files"):
        vs.read_scan(noisy(), accept_resampling=True)
