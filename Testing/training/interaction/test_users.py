"""Simulated persons: they click the largest error, miss by what their rules say, and see what is right as well."""

import numpy as np
import pytest
from scipy import ndimage

from Testing.support.grids import turned_affine
from Training.interaction import next_interaction, no_op
from Training.interaction.users import contradictory, largest_error
from Training.recipes import IDEAL_USER, SLOPPY_USER, UserRules
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ConfigError

SPACING = (1.5, 0.5, 0.5)
AFFINE = turned_affine(spacing_dhw_mm=SPACING)
SHAPE = (16, 48, 60)


def ball(center, radius_mm):
    index = np.indices(SHAPE)
    return sum(((i - c) * s) ** 2 for i, c, s in zip(index, center, SPACING, strict=True)) <= radius_mm**2


TRUTH = ball((8, 24, 20), 7.0)
LEAK = ball((8, 24, 40), 4.0) & ~TRUTH
HOLE = ball((8, 12, 14), 2.0) & TRUTH
MASK = (TRUTH | LEAK) & ~HOLE


def index_of(said):
    points = geometry.transform_points(geometry.as_affine(np.linalg.inv(AFFINE)), np.array(said.points_ras_mm))
    return np.round(points).astype(int)


def test_the_ideal_user_clicks_the_middle_of_the_largest_error_with_the_sign_that_mends_it():
    said = next_interaction(MASK, TRUTH, AFFINE, np.random.default_rng(0), IDEAL_USER)
    assert said.sign == "remove"
    depth = ndimage.distance_transform_edt(LEAK, SPACING)
    assert depth[tuple(index_of(said)[0])] == depth.max()
    then = next_interaction(MASK & ~LEAK, TRUTH, AFFINE, np.random.default_rng(0), IDEAL_USER)
    assert then.sign == "add"
    assert HOLE[tuple(index_of(then)[0])]
    assert next_interaction(TRUTH, TRUTH, AFFINE, np.random.default_rng(0), IDEAL_USER) is None


def test_the_sloppy_user_puts_about_a_quarter_outside_and_never_far():
    rng = np.random.default_rng(1)
    error = largest_error(MASK, TRUTH, AFFINE).piece
    away = ndimage.distance_transform_edt(~error, SPACING)
    aimed = [UserRules(outside_share=0.25), SLOPPY_USER]
    distances = [
        [away[tuple(index_of(next_interaction(MASK, TRUTH, AFFINE, rng, rules))[0])] for _ in range(200)]
        for rules in aimed
    ]
    assert np.mean(np.array(distances[0]) > 0) == pytest.approx(0.25, abs=0.08)
    assert max(distances[0]) <= 2.0
    assert 0.25 < np.mean(np.array(distances[1]) > 0) < 0.6
    assert np.percentile(distances[1], 95) < 4.0


def test_a_scribble_runs_along_the_error_in_one_slice():
    strip = np.zeros(SHAPE, bool)
    strip[5, 20:24, 10:50] = True
    strip[6, 20:24, 10:20] = True
    said = next_interaction(strip, strip & False, AFFINE, np.random.default_rng(0), IDEAL_USER, scribbles=True)
    index = index_of(said)
    assert said.sign == "remove"
    assert set(index[:, 0].tolist()) == {5}
    assert np.ptp(index[:, 2]) > 25
    assert all(strip[tuple(each)] for each in index)


def test_clicks_for_nothing_lie_where_all_is_right_and_contradictions_where_it_is_not():
    rng = np.random.default_rng(2)
    for _ in range(20):
        said = no_op(MASK, TRUTH, AFFINE, rng)
        place = tuple(index_of(said)[0])
        assert MASK[place] == TRUTH[place] == (said.sign == "add")
        said = contradictory(TRUTH, AFFINE, rng)
        assert TRUTH[tuple(index_of(said)[0])] == (said.sign == "remove")


def test_rules_that_can_not_be_are_refused():
    with pytest.raises(ConfigError, match="outside_share"):
        UserRules(outside_share=1.5)
