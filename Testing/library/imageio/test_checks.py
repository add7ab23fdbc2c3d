"""A CT is told by four facts about its values, each with its limit; a labelmap by how few values it has."""

from dataclasses import replace

import numpy as np
import pytest

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.checks import check_extent, check_scan, looks_like_ct
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE
from VSSegmentationLib.volume import Volume

ANY = replace(CEREBELLOPONTINE_ANGLE, min_slices=2, min_field_of_view_mm=1.0)


def values(**counts) -> np.ndarray:
    """A thousand values or more: 6 of air, 600 of bone, 400 of soft tissue, changed by name: `n1000` is -1000."""
    usual = {"n1000": 6, "p1000": 600, "p0": 400}
    told = {int(name.replace("n", "-").replace("p", "")): count for name, count in {**usual, **counts}.items()}
    return np.concatenate([np.full(count, value, np.float32) for value, count in told.items()])


def test_air_tissue_bone_and_a_valley_between_make_a_ct():
    assert looks_like_ct(values())


# solid: above -500. Of 1000 solid values 400 are soft tissue; air is a two-hundredth of 1000 values in all.
@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        ({"n1000": 0, "n900": 6}, {"n1000": 0, "n899": 6}),  # the lowest value is air
        ({"n4000": 1, "n1000": 6}, {"n4001": 1, "n1000": 6}),  # padding lies below it
        ({}, {"p1000": 0, "p999": 599}),  # bone
        ({"n1000": 0, "n1150": 6}, {"n1000": 0, "n1151": 6}),  # air from here on
        ({"n1000": 5, "p1000": 595, "p0": 400}, {"n1000": 4, "p1000": 596, "p0": 400}),  # its share
        ({"n1000": 0, "n1150": 1, "n900": 5, "p0": 400}, {"n1000": 0, "n1150": 1, "n899": 5, "p0": 400}),
        (
            {"n1000": 5, "n400": 25, "p0": 400, "p1000": 570},
            {"n1000": 5, "n400": 26, "p0": 400, "p1000": 569},
        ),  # five times as much valley
        ({"n1000": 5, "n850": 26, "p0": 400, "p1000": 569}, {"n1000": 5, "n849": 26, "p0": 400, "p1000": 569}),
        ({"n1000": 5, "n300": 26, "p0": 500, "p1000": 469}, {"n1000": 5, "n301": 26, "p0": 500, "p1000": 469}),
        ({"n1000": 6, "p1000": 600, "p0": 400}, {"n1000": 6, "p1000": 600, "p0": 399}),  # tissue: two fifths of solid
        ({"n1000": 6, "p1000": 600, "p0": 0, "n200": 400}, {"n1000": 6, "p1000": 600, "p0": 0, "n201": 400}),
        ({"n1000": 6, "p1000": 600, "p0": 0, "p300": 400}, {"n1000": 6, "p1000": 600, "p0": 0, "p301": 400}),
        (
            {"n1000": 6, "n500": 29, "p1000": 600, "p0": 400},  # what is not solid takes no part in that share
            {"n1000": 6, "n499": 29, "p1000": 600, "p0": 400},
        ),
    ],
)
def test_each_limit_parts_a_ct_from_what_is_none(within, beyond):
    assert looks_like_ct(values(**within))
    assert not looks_like_ct(values(**beyond))


def of_values(count: int) -> Volume:
    array = np.resize(np.arange(count, dtype=np.float32), (30, 30, 30))
    return Volume(array, geometry.axial_stack_affine((1.0, 1.0, 1.0)))


def test_an_image_of_five_values_is_a_labelmap_and_one_of_six_is_none():
    with pytest.raises(InputRefusedError, match="only the values 0, 1, 2, 3, 4, as a labelmap does"):
        check_scan(of_values(5), ANY)
    check_scan(of_values(6), ANY)


def test_a_value_that_a_sample_misses_counts():
    """The values are looked at in a sample first: 27,000 voxels are more than it has."""
    labels = of_values(5)
    labels.array.setflags(write=True)
    labels.array[29, 29, 28] = 9
    check_scan(labels, ANY)


def test_as_many_slices_and_as_large_a_field_as_the_rules_want_will_do():
    rules = replace(CEREBELLOPONTINE_ANGLE, min_slices=8, min_field_of_view_mm=30.0)
    check_extent((8, 30, 60), (5.0, 1.0, 0.5), rules)
    with pytest.raises(InputRefusedError, match=r"only 7 slices \(its matrix is 60 x 30 x 7\)"):
        check_extent((7, 30, 60), (5.0, 1.0, 0.5), rules)
    with pytest.raises(InputRefusedError, match=r"field of view is 29\.5 x 30\.0 x 40\.0 mm"):
        check_extent((8, 30, 59), (5.0, 1.0, 0.5), rules)
