"""What a header declares: just within each limit is taken, one more is refused."""

import math

import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.declared import check_declared_bytes, check_spacing, checked_shape

MB, GB = 2**20, 2**30


@pytest.mark.parametrize("shape", [(2, 2, 2), (1024, 2, 2), (2, 1024, 1024)])
def test_a_matrix_of_2_to_1024_a_side_is_taken(shape):
    assert checked_shape(shape) == shape


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        ((1025, 2, 2), r"matrix of 2 x 2 x 1025, and at most 1024 per side"),
        ((2, 2, 1), r"not three-dimensional \(its matrix is 1 x 2 x 2\)"),
        ((2, 2), r"not three-dimensional \(its matrix is 2 x 2\)"),
        ((), r"its matrix is empty"),
        ((2, 2, 2, 2), r"has 4 dimensions \(2 x 2 x 2 x 2\)"),
    ],
)
def test_any_other_matrix_is_refused_with_its_sizes(shape, match):
    with pytest.raises(InputRefusedError, match=match):
        checked_shape(shape)


# Deflate can't do better than 1032:1; the noise of a scan keeps it below 300:1.
@pytest.mark.parametrize(
    ("declared", "stored", "options"),
    [
        (100, 100, {"compressed": False}),
        (4 * GB, 4 * GB, {"compressed": False}),
        (1040 * 100, 100, {"compressed": True}),
        (64 * 1024, 1, {"compressed": True}),
        (300 * 300_000, 300_000, {"compressed": True}),
        (64 * MB, 200_000, {"compressed": True}),
        (300 * 300_000 + 1, 300_000, {"compressed": True, "is_labelmap": True}),
    ],
)
def test_what_just_fits_is_taken(declared, stored, options):
    check_declared_bytes(declared, stored, **options)


@pytest.mark.parametrize(
    ("declared", "stored", "compressed", "match"),
    [
        (101, 100, False, "promises 101 bytes of voxels and 100 are there"),
        (1, -5, False, "promises 1 bytes of voxels and 0 are there"),
        (4 * GB + 1, 5 * GB, False, r"declares 4\.0 GB of voxels, and at most 4 GB are read"),
        (500 * GB, GB, True, r"declares 500\.0 GB"),
        (1040 * 100 + 1, 100, True, "100 compressed bytes can't hold the 104001 bytes"),
        (64 * 1024 + 1, 0, True, "0 compressed bytes can't hold the 65537 bytes"),
        (300 * 300_000 + 1, 300_000, True, r"unpack to 86 MB from 0\.3 MB"),
        (64 * MB + 1, 200_000, True, r"unpack to 64 MB from 0\.2 MB"),
        (3 * GB, 9 * MB, True, r"unpack to 3072 MB from 9\.0 MB"),
    ],
)
def test_what_just_does_not_is_refused_with_both_sizes(declared, stored, compressed, match):
    with pytest.raises(InputRefusedError, match=match):
        check_declared_bytes(declared, stored, compressed=compressed)


def test_a_bomb_of_labels_is_refused_by_the_limit_of_deflate():
    with pytest.raises(InputRefusedError, match="can't hold"):
        check_declared_bytes(1041 * MB, MB, compressed=True, is_labelmap=True)


def test_voxels_of_a_hundredth_of_a_millimeter_to_ten_are_taken():
    check_spacing((0.01, 10.0, 0.01))


@pytest.mark.parametrize(
    ("spacing", "match"),
    [
        ((1.0, 0.0, 1.0), "must be above 0 mm along every axis, and the file states 1 x 0 x 1 mm"),
        ((1.0, -1.0, 1.0), "must be above 0 mm"),
        ((math.nan, 1.0, 1.0), "must be above 0 mm"),
        ((math.inf, 1.0, 1.0), "must be above 0 mm"),
        ((1.0, 1.0, math.nextafter(0.01, 0)), "nothing below 0.01 mm"),
        ((math.nextafter(10, 11), 1.0, 1.0), "above 10 mm a tumor"),
    ],
)
def test_other_voxels_are_refused(spacing, match):
    with pytest.raises(InputRefusedError, match=match):
        check_spacing(spacing)
