"""How far a tumor reaches into the canal, in words: the ice-cream phantom's canal is 9 mm deep."""

import pytest

from Testing.support.phantoms import MEATAL_NORMAL_RAS, ball, ice_cream, labeled
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.tasks.vestibular_schwannoma.extent import lateral_extent


def extent(labelmap, fundus_mm: float | None = None) -> str:
    """With a fundus so far from the porus plane, lateral of it."""
    fundus = None if fundus_mm is None else tuple((-fundus_mm * MEATAL_NORMAL_RAS).tolist())
    return lateral_extent({m.id: m for m in measure(labelmap, fundus_ras_mm=fundus)})


def test_depth_is_told_and_that_the_fundus_is_not_known():
    depth, gap = extent(ice_cream((1.0, 0.4, 0.4))).split("; ")
    assert float(depth.removesuffix(" mm from the porus plane")) == pytest.approx(9.0, abs=0.4)
    assert gap == "the gap to the fundus is not known"


@pytest.mark.parametrize(("fundus_mm", "words", "expected_mm"), [(12.0, "short of", 3.0), (7.0, "beyond", 2.0)])
def test_gap_to_the_fundus_is_told_on_either_side_of_it(fundus_mm, words, expected_mm):
    _depth, gap = extent(ice_cream((1.0, 0.4, 0.4)), fundus_mm).split("; ")
    assert f"mm {words} the fundus" in gap
    assert float(gap.split()[1]) == pytest.approx(expected_mm, abs=0.4)


def test_tumor_at_the_fundus_reaches_it():
    labelmap = ice_cream((1.0, 0.4, 0.4))
    tip = next(m.end_points_ras_mm for m in measure(labelmap) if m.id == "im_length")[1]
    told = lateral_extent({m.id: m for m in measure(labelmap, fundus_ras_mm=tip)})
    assert told.endswith("; reaches the fundus")


def test_tumor_without_a_part_in_the_canal_has_the_reason():
    outside = labeled(ball(10.0, (1.0, 1.0, 1.0)), (1.0, 1.0, 1.0))
    assert extent(outside) == "not measurable: the tumor has no intrameatal part"
