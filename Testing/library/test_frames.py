"""Between LPS (DICOM, ITK) and the RAS of this library: the first two coordinates change their sign."""

import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import VSSegmentationLib
from VSSegmentationLib.frames import (
    LPS_TO_RAS,
    dhw_to_ras_from_itk,
    lps_from_ras,
    ras_from_lps,
)
from VSSegmentationLib.geometry import transform_points
from VSSegmentationLib.volume import Volume

ROOT = Path(VSSegmentationLib.__file__).parents[1]
OBLIQUE = np.array([[0.1, 0.2, -0.45, 12.0], [0.3, -0.4, 0.1, -7.0], [1.4, 0.1, 0.2, 30.0], [0, 0, 0, 1]])


def test_left_becomes_minus_right_and_posterior_minus_anterior():
    assert ras_from_lps((1.0, 2.0, 3.0)).tolist() == [-1.0, -2.0, 3.0]
    assert lps_from_ras([[1, 2, 3], [0, 0, -4]]).tolist() == [[-1.0, -2.0, 3.0], [0.0, 0.0, -4.0]]


def test_there_and_back_is_where_it_was():
    points = np.random.default_rng(1).normal(size=(2, 5, 3))
    np.testing.assert_array_equal(ras_from_lps(lps_from_ras(points)), points)
    np.testing.assert_array_equal(LPS_TO_RAS @ LPS_TO_RAS, np.eye(4))


def test_a_voxel_lies_where_itk_says_it_does():
    image = sitk.Image(4, 5, 6, sitk.sitkInt16)
    image.SetOrigin((10.0, -20.0, 30.0))
    image.SetSpacing((0.5, 0.6, 1.5))
    image.SetDirection((0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0))
    for i, j, k in ((0, 0, 0), (3, 0, 0), (0, 4, 0), (0, 0, 5), (1, 2, 3)):
        expected = ras_from_lps(image.TransformIndexToPhysicalPoint((i, j, k)))
        assert transform_points(dhw_to_ras_from_itk(image), np.array((k, j, i))) == pytest.approx(expected)


def test_an_oblique_volume_survives_itk():
    columns = np.linalg.qr(OBLIQUE[:3, :3])[0] * (1.5, 0.5, 0.6)
    affine = np.block([[columns, OBLIQUE[:3, 3:]], [np.zeros((1, 3)), np.ones((1, 1))]])
    volume = Volume(np.arange(24, dtype=np.float32).reshape(2, 3, 4), affine)
    back = Volume.from_sitk(volume.to_sitk())
    np.testing.assert_array_equal(back.array, volume.array)
    np.testing.assert_allclose(back.dhw_to_ras, affine, atol=1e-12)


def test_no_other_file_flips_the_frame_by_hand():
    flip = re.compile(r"\(\s*-1(\.0)?,\s*-1(\.0)?,\s*1(\.0)?\s*[,)]|\[\s*-1(\.0)?,\s*-1(\.0)?,\s*1(\.0)?\s*[,\]]")
    files = [
        file for room in ("VSSegmentationLib", "VSSegmentation", "Training") for file in (ROOT / room).rglob("*.py")
    ]
    found = [file.relative_to(ROOT).as_posix() for file in files if flip.search(file.read_text(encoding="utf-8"))]
    assert found == ["VSSegmentationLib/frames.py"]
