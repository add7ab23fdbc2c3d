"""What an interaction may change, whatever is proposed: signs, piece, reach, what is fixed; on odd grids first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from Testing.support.grids import examples, turned_affine
from Testing.support.phantoms import axial_affine, left_handed, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.interaction import Interaction, MergeRules, held_by_earlier, merged
from VSSegmentationLib.interaction.clicks import squared_distance_mm2
from VSSegmentationLib.volume import Volume

SPACING = (1.5, 0.5, 0.5)
SHAPE = (20, 60, 70)
AFFINE = turned_affine(spacing_dhw_mm=SPACING)
RULES = MergeRules()


def ball(center, radius_mm):
    index = np.indices(SHAPE)
    return sum(((i - c) * s) ** 2 for i, c, s in zip(index, center, SPACING, strict=True)) <= radius_mm**2


def at(index, sign="add", affine=AFFINE):
    r, a, s = geometry.transform_points(affine, np.array(index)).tolist()
    return Interaction(sign=sign, points_ras_mm=((r, a, s),))


TUMOR = ball((10, 30, 20), 7.0)
LOBE = ball((10, 30, 40), 5.0)
FAR = ball((4, 8, 60), 3.0)


def test_a_missing_lobe_comes_back_whole_and_nothing_else_does():
    after = merged(TUMOR, TUMOR | LOBE | FAR, at((10, 30, 44)), AFFINE, RULES)
    np.testing.assert_array_equal(after, TUMOR | LOBE)


def test_a_leak_goes_and_an_island_stays_until_it_is_clicked():
    wrong = TUMOR | LOBE | FAR
    after = merged(wrong, TUMOR, at((10, 30, 44), "remove"), AFFINE, RULES)
    np.testing.assert_array_equal(after, TUMOR | FAR)
    np.testing.assert_array_equal(merged(after, TUMOR, at((4, 8, 60), "remove"), AFFINE, RULES), TUMOR)


@pytest.mark.parametrize("change", [left_handed, sagittal])
def test_a_patient_stored_otherwise_gets_the_same_answer(change):
    before, wanted = Volume(TUMOR, AFFINE), Volume(TUMOR | LOBE | FAR, AFFINE)
    other, proposal = change(before), change(wanted)
    after = merged(other.array, proposal.array, at((10, 30, 44)), other.dhw_to_ras, RULES)
    np.testing.assert_array_equal(after, change(Volume(TUMOR | LOBE, AFFINE)).array)


def test_the_far_side_does_not_follow_a_proposal_that_is_a_little_wider_all_round():
    wider = ball((10, 30, 20), 7.6) | LOBE
    after = merged(TUMOR, wider, at((10, 30, 44)), AFFINE, RULES)
    assert after[LOBE].all()
    assert farthest_mm(after & ~TUMOR & ~LOBE) < 10  # the far pole lies 19 mm away
    without_that_rule = MergeRules(thin_mm=0.0, reach_mm=30.0)
    assert farthest_mm(merged(TUMOR, wider, at((10, 30, 44)), AFFINE, without_that_rule) & ~TUMOR) > 18


def farthest_mm(changed):
    """From the click on the lobe."""
    points = geometry.transform_points(AFFINE, np.argwhere(changed))
    return float(np.linalg.norm(points - at((10, 30, 44)).points_ras_mm[0], axis=1).max(initial=0.0))


def test_a_thin_cap_at_the_place_itself_is_taken():
    cap = ball((10, 30, 20), 7.6) & ~TUMOR
    place = np.argwhere(cap)[0]
    after = merged(TUMOR, TUMOR | cap, at(place), AFFINE, RULES)
    assert 10 < (after & ~TUMOR).sum() < cap.sum() / 2


def test_one_slice_at_the_end_is_no_thin_thing():
    slice_too_few = TUMOR.copy()
    end = int(np.flatnonzero(TUMOR.any(axis=(1, 2)))[-2])
    slice_too_few[end:] = False
    after = merged(slice_too_few, TUMOR, at((end, 30, 20)), AFFINE, RULES)
    assert (TUMOR & ~after)[end].sum() <= 4  # at most a pixel at the corners, beyond what is near


def test_a_click_beside_the_error_means_it_and_one_far_away_does_not():
    beside = [10, 30, 40 + 13]  # 1.5 mm beyond the lobe's end
    assert not LOBE[tuple(beside)]
    after = merged(TUMOR, TUMOR | LOBE, at(beside), AFFINE, RULES)
    assert after[LOBE].all()
    assert (after & ~TUMOR & ~LOBE).sum() == 1  # and the voxel that was clicked
    after = merged(TUMOR, TUMOR | LOBE, at((10, 50, 20)), AFFINE, RULES)
    assert (after != TUMOR).sum() == 1


@pytest.mark.parametrize(("place", "sign"), [((10, 30, 18), "add"), ((3, 50, 60), "remove")])
def test_asking_for_what_is_so_changes_nothing(place, sign):
    np.testing.assert_array_equal(merged(TUMOR, ball((10, 30, 20), 9.0), at(place, sign), AFFINE, RULES), TUMOR)


def test_what_is_fixed_stays_unless_the_click_lies_on_it_and_an_organ_never_becomes_tumor():
    painted = LOBE & (np.indices(SHAPE)[2] > 44)
    after = merged(TUMOR, TUMOR | LOBE, at((10, 30, 38)), AFFINE, RULES, fixed=painted)
    np.testing.assert_array_equal(after, TUMOR | (LOBE & ~painted))
    on_it = merged(TUMOR, TUMOR | LOBE, at((10, 30, 46)), AFFINE, RULES, fixed=painted)
    assert (on_it & painted).sum() == 1
    on_organ = merged(TUMOR, TUMOR | LOBE, at((10, 30, 46)), AFFINE, RULES, barred=painted)
    assert not (on_organ & painted).any()


def test_earlier_interactions_stay_obeyed():
    earlier = [at((10, 30, 34)), at((10, 30, 46), "remove")]
    mask = TUMOR | LOBE
    mask[10, 29:32, 45:48] = False
    held = held_by_earlier(mask, earlier, AFFINE, RULES)
    assert held[10, 30, 34]
    assert held[10, 30, 46]
    gone = merged(mask, TUMOR & ~LOBE, at((10, 30, 40), "remove"), AFFINE, RULES, fixed=held)
    assert gone[10, 30, 34]
    back = merged(mask, TUMOR | LOBE, at((10, 30, 42)), AFFINE, RULES, fixed=held)
    assert not back[10, 30, 46]


def test_a_tumor_begins_from_nothing():
    after = merged(np.zeros(SHAPE, bool), TUMOR | FAR, at((10, 30, 20)), AFFINE, RULES)
    np.testing.assert_array_equal(after, TUMOR)


def test_a_scribble_takes_every_piece_that_it_crosses():
    one, two = ball((10, 30, 12), 3.0), ball((10, 30, 40), 3.0)
    ends = geometry.transform_points(AFFINE, np.array([[10, 30, 12], [10, 30, 40]])).tolist()
    line = Interaction(sign="remove", points_ras_mm=tuple(map(tuple, ends)))
    assert not merged(one | two | FAR, FAR & False, line, AFFINE, RULES)[one | two].any()


@given(st.integers(0, 2**32 - 1), st.sampled_from(["add", "remove"]))
@examples(40)
def test_whatever_is_proposed_signs_and_reach_hold(seed, sign):
    rng = np.random.default_rng(seed)
    shape, affine = (8, 16, 18), axial_affine((1.5, 0.5, 0.7), (3.0, -20.0, 9.0))
    mask, proposal, fixed = (rng.random(shape) < share for share in (0.5, 0.5, 0.1))
    said = at([rng.integers(n) for n in shape], sign, affine)
    rules = MergeRules(reach_mm=float(rng.uniform(0, 6)), touch_mm=float(rng.uniform(0, 3)), thin_mm=0.0)
    after = merged(mask, proposal, said, affine, rules, fixed=fixed)
    changed = after != mask
    assert (after[changed] == (sign == "add")).all()
    place = tuple(said.voxels(shape, affine)[0])
    assert after[place] == (sign == "add")
    square = squared_distance_mm2(shape, affine, np.array(said.points_ras_mm))
    changed[place] = False
    assert (square[changed] <= rules.reach_mm**2).all()
    assert not (changed & fixed).any()


def test_rules_that_can_not_be_are_refused():
    with pytest.raises(ConfigError, match="reach_mm"):
        MergeRules(reach_mm=float("inf"))
