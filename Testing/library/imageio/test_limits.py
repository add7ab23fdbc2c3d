"""Where the limits lie: just within is taken, just beyond is refused or does not count."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest

from Testing.support.dicom_files import SeriesSpec, voxels, write_series
from Testing.support.grids import turned_affine
from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.imageio import list_series, read_scan
from VSSegmentationLib.imageio.checks import check_right_angles
from VSSegmentationLib.imageio.dicom.stack import _in_plane_axes
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE
from VSSegmentationLib.volume import Volume

ARRAY = voxels((12, 20, 16))


def sheared(degrees):
    affine = np.diag([1.0, 1.0, 2.0, 1.0])[:, [2, 1, 0, 3]]
    affine[0, 0] = 2.0 * np.tan(np.radians(degrees))
    return affine


def test_a_shear_of_a_tenth_of_a_degree_can_be_ignored():
    check_right_angles(sheared(0.09))
    with pytest.raises(InputRefusedError, match=r"sheared by 0\.1 degrees"):
        check_right_angles(sheared(0.11))


def spec_with_one_slice_moved(by_mm):
    positions = [3.0 * k for k in range(12)]
    positions[5] += by_mm
    return SeriesSpec(positions_mm=tuple(positions))


def test_a_slice_may_miss_its_place_by_a_twentieth_of_the_distance(tmp_path):
    write_series(tmp_path / "within", ARRAY, spec_with_one_slice_moved(0.04 * 3.0))
    np.testing.assert_array_equal(read_scan(tmp_path / "within").volume.array, ARRAY)
    write_series(tmp_path / "beyond", ARRAY, spec_with_one_slice_moved(0.06 * 3.0))
    with pytest.raises(InputRefusedError, match="unequal distances"):
        read_scan(tmp_path / "beyond")


@pytest.mark.parametrize(("pixels", "is_taken"), [(0.22, True), (0.3, False)])
def test_a_slice_may_lie_aside_by_a_quarter_of_a_pixel(tmp_path, pixels, is_taken):
    path = write_series(tmp_path, ARRAY)[5]
    dataset = pydicom.dcmread(path)
    x, y, z = (float(each) for each in dataset.ImagePositionPatient)
    # The stack is fitted with a straight line, which one slice of twelve pulls along by an eleventh or so.
    dataset.ImagePositionPatient = [f"{x:.4f}", f"{y + pixels * 2.0:.4f}", f"{z:.4f}"]
    dataset.save_as(path)
    if is_taken:
        assert read_scan(tmp_path).volume.shape == ARRAY.shape
    else:
        with pytest.raises(InputRefusedError, match="displaced sideways"):
            read_scan(tmp_path)


def test_a_slice_that_lies_aside_by_exactly_a_quarter_of_a_pixel_is_taken(tmp_path):
    """Of three slices the middle one is 5/16 mm aside; a straight line takes 1/16 mm per mm of it, and 1/4 is left."""
    spec = SeriesSpec(spacing_dhw_mm=(1.0, 1.0, 1.0), origin_lps_mm=(0.0, 0.0, 0.0), thickness_mm=1.0)
    path = write_series(tmp_path, ARRAY[:3], spec)[1]
    dataset = pydicom.dcmread(path)
    dataset.ImagePositionPatient = ["0", "0.3125", "1"]
    dataset.save_as(path)
    few = replace(CEREBELLOPONTINE_ANGLE, min_slices=2, min_field_of_view_mm=1.0)
    assert read_scan(tmp_path, rules=few, accept_resampling=True).volume.array.max() > 0


@pytest.mark.parametrize(("name", "told"), [("Li^Wu", "wu t2 li"), ("Kim^Ann", "... t2 ...")])
def test_parts_of_a_name_from_three_letters_on_are_taken_out_of_the_description(tmp_path, name, told):
    """Parts of two letters would take syllables out of words."""
    first, second = name.lower().split("^")
    write_series(tmp_path, ARRAY, SeriesSpec(patient=name, description=f"{second} t2 {first}"))
    (summary,) = list_series(tmp_path)
    assert summary.description == told


@pytest.mark.parametrize(("voxel", "is_taken"), [(0.045, True), (0.055, False)])
def test_voxels_may_lie_a_twentieth_of_a_voxel_from_their_fellows(voxel, is_taken):
    labels = Volume(np.ones((4, 5, 6), np.uint8), turned_affine())
    grid = labels.dhw_to_ras.copy()
    grid[:3, 3] += grid[:3, 1] * voxel
    if is_taken:
        assert place_on_grid(labels, labels.shape, grid).array.all()
    else:
        with pytest.raises(GeometryError, match="must have the voxels of the scan"):
            place_on_grid(labels, labels.shape, grid)


@pytest.mark.parametrize(("widest", "is_taken"), [(10.0, True), (10.5, False)])
def test_a_gap_of_slices_is_bridged_up_to_ten_millimeters(tmp_path, widest, is_taken):
    positions = [2.0 * k for k in range(6)]
    positions += [positions[-1] + widest + 2.0 * k for k in range(6)]
    spec = SeriesSpec(spacing_dhw_mm=(2.0, 2.0, 2.5), origin_lps_mm=(0.0, 0.0, 0.0), positions_mm=tuple(positions))
    write_series(tmp_path, ARRAY, spec)
    few = replace(CEREBELLOPONTINE_ANGLE, min_slices=2, min_field_of_view_mm=1.0)
    if is_taken:
        assert read_scan(tmp_path, rules=few, accept_resampling=True).volume.array.max() > 0
    else:
        with pytest.raises(InputRefusedError, match=r"10\.5 mm apart, and at most 10 mm can be bridged"):
            read_scan(tmp_path, rules=few, accept_resampling=True)


@pytest.mark.parametrize(
    ("rows", "columns", "is_taken"),
    [
        ((1.008, 0, 0), (0, 1, 0), True),
        ((1.015, 0, 0), (0, 1, 0), False),
        ((0.985, 0, 0), (0, 1, 0), False),
        ((1, 0, 0), (0.008, 1, 0), True),
        ((1, 0, 0), (0.015, 1, 0), False),
    ],
)
def test_directions_of_rows_and_columns_may_be_off_by_a_hundredth(rows, columns, is_taken):
    header = SimpleNamespace(orientation_lps=(*rows, *columns))
    if is_taken:
        assert np.abs(np.array(_in_plane_axes(header)) - [[1, 0, 0], [0, 1, 0]]).max() < 0.01
    else:
        with pytest.raises(InputRefusedError, match="no pair of perpendicular unit vectors"):
            _in_plane_axes(header)
