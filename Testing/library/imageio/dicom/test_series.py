"""Which slices make a stack, which lie at one place, and what of a stack is refused by its headers alone."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from Testing.support.dicom_files import SeriesSpec, voxels, write_rtstruct, write_series, write_strangers
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.rtstruct import structure_sets_below
from VSSegmentationLib.imageio.dicom.segmentation import is_segmentation
from VSSegmentationLib.imageio.dicom.series import (
    ImageStack,
    _check_stored,
    _repeats,
    _same_grid,
    checked_layout,
    search,
    spacing_of,
)
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
FLAT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("heights_mm", "repeated"),
    [
        ((5.0,), False), ((5.0, 5.0), True), ((5.0, 8.0), False), ((5.0, 8.0, 5.0), True), ((5.0, 5.2, 8.0), False),
        ((0.0, 0.01), True), ((0.0, 0.011), False),
    ],
)  # fmt: skip
def test_two_images_at_one_place_are_a_repeat_from_two_images_on(heights_mm, repeated):
    headers = [SimpleNamespace(position_lps_mm=(1.0, 2.0, z), orientation_lps=AXIAL) for z in heights_mm]
    assert _repeats(headers) is repeated


@pytest.mark.parametrize("lacks", ["position_lps_mm", "orientation_lps"])
def test_images_without_a_place_are_no_repeat(lacks):
    place = {"position_lps_mm": (1.0, 2.0, 3.0), "orientation_lps": AXIAL} | {lacks: None}
    assert not _repeats([SimpleNamespace(**place) for _ in range(2)])


def model(**changes):
    usual = {
        "rows": 4, "columns": 5, "enhanced": False, "complex_part": "", "pixel_spacing_mm": (0.0, 0.0),
        "orientation_lps": (0.0,) * 6,
    }  # fmt: skip
    return SimpleNamespace(**(usual | changes))


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"rows": 5}, False), ({"columns": 4}, False), ({"enhanced": True}, False), ({"complex_part": "phase"}, False),
        ({"pixel_spacing_mm": (0.0, 0.002)}, True), ({"pixel_spacing_mm": (0.0021, 0.0)}, False),
        ({"orientation_lps": (0.0, 0.0, 0.002, 0.0, 0.0, 0.0)}, True),
        ({"orientation_lps": (0.0, 0.0, 0.0, 0.0, 0.0, -0.0021)}, False),
        ({"pixel_spacing_mm": None}, False), ({"orientation_lps": None}, False),
    ],
)  # fmt: skip
def test_slices_make_a_stack_that_agree_in_matrix_pixels_and_directions(changes, same):
    """Pixels and directions to two thousandths."""
    assert _same_grid(model(), model(**changes)) is same
    assert _same_grid(model(**changes), model()) is same
    assert _same_grid(model(**changes), model(**changes))


@pytest.fixture
def headers(tmp_path):
    """Of eight slices 4 mm apart, pixels of 2 x 2.5 mm."""
    spec = SeriesSpec(spacing_dhw_mm=(4.0, 2.0, 2.5), origin_lps_mm=(0.0, 0.0, 0.0))
    (stack,) = search(write_series(tmp_path, voxels((8, 20, 16)), spec)).stacks
    return stack.headers


def refusal(headers):
    with pytest.raises(InputRefusedError) as refused:
        checked_layout(ImageStack(tuple(headers)), CEREBELLOPONTINE_ANGLE, accept_resampling=False)
    return str(refused.value)


def test_eight_slices_are_enough_and_seven_are_not(headers):
    assert checked_layout(ImageStack(headers), CEREBELLOPONTINE_ANGLE, accept_resampling=False).step_mm == 4.0
    assert "only 7 slices, and at least 8 are needed" in refusal(headers[:7])
    assert "only 1 slice, and" in refusal(headers[:1])


@pytest.mark.parametrize(
    "change", [{"samples": 3}, {"photometric": "MONOCHROME1"}, {"photometric": "RGB", "samples": 3}]
)
def test_gray_values_are_one_sample_that_is_bright_where_it_is_high(headers, change):
    assert "colors or inverted gray values" in refusal([replace(each, **change) for each in headers])


def spacing(headers):
    return spacing_of(ImageStack(tuple(headers)))[0]


def test_the_usual_distance_of_slices_is_that_of_those_that_have_a_place(headers):
    assert spacing(headers) == 4.0
    assert spacing(headers[:2]) == 4.0
    assert spacing(headers[:1]) == 0.0
    for lacks in ("position_lps_mm", "orientation_lps"):
        without = [replace(each, **{lacks: None}) for each in headers[1:]]
        assert spacing([headers[0], *without]) == 0.0
        assert spacing([*headers[:4], *without[3:]]) == 4.0


def test_images_up_to_a_hundredth_of_a_millimeter_apart_have_no_distance(headers):
    def at(*heights):
        return [replace(headers[0], position_lps_mm=(0.0, 0.0, z)) for z in heights]

    assert spacing(at(0.0, 0.01)) == 0.0
    assert spacing(at(0.0, 0.011)) == pytest.approx(0.011)
    assert spacing(at(0.0, 0.01, 4.01)) == pytest.approx(4.0)


def stored(**changes):
    """Two frames of 4 rows, 10 bytes each."""
    usual = {
        "rows": 4, "frames_in_file": 2, "instance_number": 7, "compressed": False, "voxel_bytes": 80,
        "stored_bytes": 80, "pixel_bytes": 80,
    }  # fmt: skip
    return SimpleNamespace(headers=(SimpleNamespace(**(usual | changes)),))


@pytest.mark.parametrize(
    "fits",
    [
        {},
        {"stored_bytes": 200},
        {"pixel_bytes": 89},  # less than a row more: filling
        {"pixel_bytes": None},
        {"compressed": True, "stored_bytes": 2, "voxel_bytes": 40_000, "pixel_bytes": None},
        {"compressed": True, "pixel_bytes": 1000},  # what packed voxels say of their length is of themselves
    ],
)
def test_voxels_that_fit_into_what_is_stored_are_taken(fits):
    _check_stored(stored(**fits))


@pytest.mark.parametrize(
    ("lacks", "match"),
    [
        ({"stored_bytes": 79}, r"Slice 1 of 1 \(instance number 7\) is truncated: its header promises 80 bytes"),
        ({"compressed": True, "stored_bytes": 2, "voxel_bytes": 40_001}, "is truncated: its header promises 40001"),
        ({"stored_bytes": 99, "pixel_bytes": 90}, "contradicts itself: its header promises 80 bytes of voxels and 90"),
    ],
)
def test_voxels_that_do_not_are_refused_with_the_number_of_the_slice(lacks, match):
    with pytest.raises(InputRefusedError, match=match):
        _check_stored(stored(**lacks))


def test_of_a_folder_the_structure_sets_and_the_segmentations_alone_are_found(tmp_path):
    write_series(tmp_path / "series", voxels((2, 4, 4)))
    write_strangers(tmp_path)
    (found,) = structure_sets_below(tmp_path)
    assert found.name == "RTSTRUCT_.3"
    write_rtstruct(tmp_path / "series" / "rs.dcm", {})
    assert [path.name for path in structure_sets_below(tmp_path)] == ["RTSTRUCT_.3", "rs.dcm"]
    assert not any(is_segmentation(path) for path in tmp_path.rglob("*") if path.is_file())
