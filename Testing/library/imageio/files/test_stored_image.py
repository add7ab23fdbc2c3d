"""What text headers promise: data files beside them, places, numbers, and how many bytes there are."""

import zlib

import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.files.reading import load_file
from VSSegmentationLib.imageio.files.stored_image import data_beside, placed, whole_number


@pytest.mark.parametrize(
    "name",
    ["../secret.raw", "..", "", "sub/secret.raw", "sub\\secret.raw", "absent.raw", "x" * 255, "x" * 256, "ü" * 128],
)
def test_a_header_points_at_a_file_beside_it_and_at_nothing_else(tmp_path, name):
    folder = tmp_path / "scan"
    (folder / "sub").mkdir(parents=True)
    for path in (tmp_path / "secret.raw", folder / "sub" / "secret.raw", folder / "voxels.raw"):
        path.write_bytes(b"0")
    assert data_beside(folder / "scan.nhdr", "voxels.raw") == folder / "voxels.raw"
    with pytest.raises(InputRefusedError, match="beside its header"):
        data_beside(folder / "scan.nhdr", name)


def test_a_name_may_be_as_long_as_file_systems_allow(tmp_path):
    (tmp_path / ("x" * 255)).write_bytes(b"0")
    assert data_beside(tmp_path / "scan.nhdr", "x" * 255).is_file()


def test_a_whole_number_has_eighteen_digits_at_most():
    assert whole_number("9" * 18) == 10**18 - 1
    with pytest.raises(ValueError, match="too many digits"):
        whole_number("9" * 19)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_origin_lies_a_kilometer_off_at_most(sign, axis):
    origin = np.zeros(3)
    origin[axis] = sign * 1e6
    assert np.abs(placed("NRRD", np.eye(3), origin)[:3, 3]).max() == 1e6
    origin[axis] = sign * 1.01e6
    with pytest.raises(InputRefusedError, match="no place in millimeters"):
        placed("NRRD", np.eye(3), origin)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_number_is_no_place(wrong):
    for axes, origin in ((np.diag([1.0, 1.0, wrong]), np.zeros(3)), (np.eye(3), np.array([0.0, wrong, 0.0]))):
        with pytest.raises(InputRefusedError, match="do not span space or its origin"):
            placed("NRRD", axes, origin)


NRRD = b"""NRRD0004
type: int16
dimension: 3
sizes: 20 20 20
spacings: 1 1 1
encoding: raw
endian: little
byte skip: 7

"""


@pytest.mark.parametrize("there", [0, 30, 15998])
def test_of_a_truncated_file_it_is_told_how_many_bytes_of_voxels_are_there(tmp_path, there):
    path = tmp_path / "a.nrrd"
    path.write_bytes(NRRD + bytes(7 + there))
    with pytest.raises(InputRefusedError, match=f"promises 16000 bytes of voxels and {there} are there"):
        load_file(path)


META_IMAGE = """ObjectType = Image
NDims = 3
CompressedData = True
CompressedDataSize = {size}
ElementSpacing = 1 1 1
DimSize = 20 20 20
ElementType = MET_SHORT
HeaderSize = {skipped}
ElementDataFile = a.zraw
"""


@pytest.mark.parametrize(
    ("skipped", "told"),
    [
        (-1, "says wrongly where the voxels begin"),  # packed voxels do not end a file with so many bytes
        (64 * 1024 * 1024 + 1, "says wrongly where the voxels begin"),
        (64 * 1024 * 1024, "promises 16000 bytes of voxels and 0 are there"),
    ],
)
def test_what_lies_before_packed_voxels_is_passed_over_up_to_64_megabytes(tmp_path, skipped, told):
    packed = zlib.compress(bytes(16000))
    (tmp_path / "a.zraw").write_bytes(packed)
    header = tmp_path / "a.mhd"
    header.write_text(META_IMAGE.format(size=len(packed), skipped=skipped), encoding="utf-8")
    with pytest.raises(InputRefusedError, match=told):
        load_file(header)
