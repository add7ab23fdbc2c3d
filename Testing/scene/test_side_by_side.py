"""When two heads count as aligned, and how wide the views are."""

import numpy as np
import pytest

from Testing.support.scripted_worker import SAMPLE, truth
from VSSegmentationLib.geometry import transform_points
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.scene.side_by_side import align_heads, middle_of, width_for


def points(labelmap):
    return transform_points(labelmap.dhw_to_ras, np.argwhere(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labelmap.array)))


@pytest.fixture(scope="module")
def scans():
    return tuple(read_volume(SAMPLE / f"exam{number}_t2.nii.gz") for number in (1, 2))


def test_heads_are_aligned_where_the_tumor_comes_to_lie_on_itself(scans):
    earlier, later = points(truth(1)), points(truth(2))
    found = align_heads(*scans, earlier, later)
    assert found.reason == ""
    wanted = truth(2).dhw_to_ras @ np.linalg.inv(truth(1).dhw_to_ras)
    apart = transform_points(found.earlier_to_later_ras, earlier) - transform_points(wanted, earlier)
    assert np.linalg.norm(apart, axis=1).max() < 0.5


def test_an_alignment_that_parts_the_tumors_is_not_trusted(scans):
    found = align_heads(*scans, points(truth(1)) + np.array((60.0, 0.0, 0.0)), points(truth(2)))
    assert found.earlier_to_later_ras is None
    assert "the two tumors would lie" in found.reason


def test_without_a_tumor_in_one_of_them_the_heads_alone_decide(scans):
    assert align_heads(*scans, np.zeros((0, 3)), points(truth(2))).earlier_to_later_ras is not None


def test_view_is_as_wide_as_the_larger_tumor_needs_within_limits():
    small, large = np.array([[0.0, 0, 0], [4, 1, 1]]), np.array([[0.0, 0, 0], [30, 5, 5]])
    assert width_for(small, large) == pytest.approx(75.0)
    assert width_for(small) == 50.0
    assert width_for(np.array([[0.0, 0, 0], [200, 0, 0]])) == 160.0
    assert width_for(np.zeros((0, 3))) == 50.0


def test_middle_of_nothing_is_nowhere():
    assert middle_of(np.zeros((0, 3))) is None
    assert middle_of(np.array([[0.0, 0, 0], [2, 4, 6]])) == (1.0, 2.0, 3.0)
