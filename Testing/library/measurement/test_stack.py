"""What is left of a region that is resliced."""

import numpy as np
import pytest

from VSSegmentationLib.measurement.stack import Region, _resliced
from VSSegmentationLib.volume import Volume


@pytest.mark.parametrize(
    ("missing", "is_left", "told"),
    [
        (None, True, None),
        (None, False, "too small to be resliced to axial planes"),
        ("the tumor has no extrameatal part", False, "the tumor has no extrameatal part"),
    ],
)
def test_a_region_that_reslicing_leaves_nothing_of_says_so_unless_it_was_missing_before(missing, is_left, told):
    resliced = Volume(np.full((2, 3, 4), is_left), np.eye(4))
    region = _resliced(resliced, Region(np.ones((2, 2, 2), bool), missing, "a note"))
    assert (region.missing, region.note) == (told, "a note")
    assert region.mask is resliced.array
