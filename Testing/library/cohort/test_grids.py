import numpy as np
import pytest

from Testing.support.grids import turned_affine
from Testing.support.phantoms import ice_cream, left_handed, oblique, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.cohort.grids import on_one_grid
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.evaluation import evaluate_case
from VSSegmentationLib.volume import Volume, crop

TRUTH = oblique(ice_cream((1.5, 0.5, 0.8)))


def cropped_to_its_labels(volume: Volume) -> Volume:
    held = np.argwhere(volume.array)
    return crop(volume, tuple(held.min(axis=0).tolist()), tuple((held.max(axis=0) + 1).tolist()))


@pytest.mark.parametrize(
    "stored",
    [lambda v: v, sagittal, left_handed, cropped_to_its_labels, lambda v: sagittal(cropped_to_its_labels(v))],
    ids=["same", "sagittal", "left-handed", "cropped", "cropped and sagittal"],
)
def test_a_labelmap_stored_otherwise_is_the_same_labelmap(stored):
    for pair in ((stored(TRUTH), TRUTH), (TRUTH, stored(TRUTH)), (stored(TRUTH), stored(TRUTH))):
        prediction, reference = on_one_grid(*pair)
        scores = evaluate_case(prediction, reference)
        assert {s.value for each in scores.structures for s in each.scores if s.metric == "dice"} == {1.0}
        assert np.count_nonzero(reference.array) == np.count_nonzero(TRUTH.array)


def test_two_crops_that_hold_different_parts_meet_on_a_grid_that_holds_both():
    lower = crop(TRUTH, (0, 0, 0), (12, *TRUTH.shape[1:]))
    upper = crop(TRUTH, (8, 0, 0), TRUTH.shape)
    prediction, reference = on_one_grid(lower, upper)
    assert prediction.shape == reference.shape == TRUTH.shape
    assert np.array_equal(prediction.array[:12], TRUTH.array[:12])
    assert np.array_equal(reference.array[8:], TRUTH.array[8:])
    assert not prediction.array[12:].any()


def test_every_voxel_stays_where_it_was_in_the_patient():
    moved, _ = on_one_grid(sagittal(TRUTH), TRUTH)
    was = geometry.transform_points(TRUTH.dhw_to_ras, np.argwhere(TRUTH.array == 2))
    now = geometry.transform_points(moved.dhw_to_ras, np.argwhere(moved.array == 2))
    assert sorted(map(tuple, now.round(6).tolist())) == sorted(map(tuple, was.round(6).tolist()))


def test_another_voxel_size_is_refused_with_both_sizes():
    with pytest.raises(GeometryError, match=r"1\.5 x 0\.5 x 0\.8 mm.*1\.5 x 0\.5 x 0\.5 mm"):
        on_one_grid(TRUTH, oblique(ice_cream((1.5, 0.5, 0.5))))


@pytest.mark.parametrize("shift_mm", [0.4, 0.1])
def test_a_shift_by_less_than_a_voxel_is_refused(shift_mm):
    affine = TRUTH.dhw_to_ras.copy()
    affine[0, 3] += shift_mm
    with pytest.raises(GeometryError, match="a turn or shift between them"):
        on_one_grid(Volume(TRUTH.array, affine), TRUTH)


def test_labelmaps_far_apart_are_refused_before_a_grid_is_made_that_holds_both():
    array = np.ones((4, 4, 4), np.uint8)
    here, there = (Volume(array, turned_affine(origin_ras_mm=(x, 0.0, 0.0))) for x in (0.0, 5e4))
    with pytest.raises(GeometryError, match="different places"):
        on_one_grid(here, there)
