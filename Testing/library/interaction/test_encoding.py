"""The maps that a network is shown: their values by formula, and the same for one patient on every grid."""

import numpy as np
import pytest

from Testing.library.interaction.test_clicks import click
from Testing.support.grids import turned_affine
from Testing.support.phantoms import left_handed, oblique, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.interaction import EncodingConfig, Interaction, encoded
from VSSegmentationLib.interaction.geodesic import geodesic_distance
from VSSegmentationLib.volume import Volume, reorder_array

SHAPE = (9, 24, 28)
AFFINE = turned_affine(spacing_dhw_mm=(1.5, 0.5, 0.5))


def at(index, sign="add"):
    return click(sign, *geometry.transform_points(AFFINE, np.array(index)).tolist())


def test_a_gaussian_ball_has_the_height_of_its_formula_in_mm():
    ball = encoded(EncodingConfig(sigma_mm=2.0), [at((4, 12, 14))], "add", SHAPE, AFFINE)
    assert ball[4, 12, 14] == pytest.approx(1)
    assert ball[4, 12, 18] == pytest.approx(np.exp(-0.5))  # four pixels of 0.5 mm
    assert ball[6, 12, 14] == pytest.approx(np.exp(-9 / 8))  # two slices of 1.5 mm


def test_signs_do_not_mix_and_the_nearest_interaction_counts():
    both = [at((4, 12, 4)), at((4, 12, 20)), at((4, 3, 14), "remove")]
    added = encoded(EncodingConfig(), both, "add", SHAPE, AFFINE)
    assert added[4, 12, 4] == added[4, 12, 20] == pytest.approx(1)
    assert encoded(EncodingConfig(), both, "remove", SHAPE, AFFINE)[4, 3, 14] == pytest.approx(1)
    assert not encoded(EncodingConfig(), both[:2], "remove", SHAPE, AFFINE).any()


def test_a_disk_is_one_within_its_radius_and_nothing_beyond():
    disk = encoded(EncodingConfig(kind="disk", sigma_mm=1.6), [at((4, 12, 14))], "add", SHAPE, AFFINE)
    assert set(np.unique(disk)) == {0.0, 1.0}
    assert disk[4, 12, 17] == disk[5, 12, 14] == 1
    assert disk[4, 12, 18] == disk[5, 12, 16] == 0


@pytest.mark.parametrize("change", [oblique, sagittal, left_handed])
@pytest.mark.parametrize("kind", ["gaussian", "disk", "geodesic"])
def test_one_patient_has_one_map_on_every_grid(change, kind):
    d, h, w = np.indices(SHAPE)
    image = (np.tanh((w - 14) / 3) + 0.05 * h - 0.1 * d).astype(np.float32)  # smooth: shortest ways are nearly straight
    scribble = Interaction(sign="add", points_ras_mm=(at((2, 3, 4)).points_ras_mm[0], at((2, 15, 20)).points_ras_mm[0]))
    straight = Volume(image, AFFINE)
    other = change(straight)
    if change is oblique:  # turned with the patient
        turn = other.dhw_to_ras @ np.linalg.inv(AFFINE)
        moved = geometry.transform_points(turn, np.array(scribble.points_ras_mm))
        there = Interaction(sign="add", points_ras_mm=tuple(map(tuple, moved.tolist())))
    else:
        there = scribble
    config = EncodingConfig(kind=kind, sigma_mm=2.1)
    first = encoded(config, [scribble], "add", SHAPE, straight.dhw_to_ras, image=straight.array)
    second = encoded(config, [there], "add", other.shape, other.dhw_to_ras, image=other.array)
    order = geometry.superior_anterior_right_order
    np.testing.assert_allclose(
        reorder_array(first, order(straight.dhw_to_ras)),
        reorder_array(second, order(other.dhw_to_ras) if change is not oblique else order(straight.dhw_to_ras)),
        atol=2e-4 if kind != "geodesic" else 0.02,  # sweeps in another order find another way, nearly as short
    )


def test_the_geodesic_distance_over_an_even_image_is_the_euclidean_one_times_its_weight():
    image = np.zeros(SHAPE, np.float32)
    points = geometry.transform_points(AFFINE, np.array([[4, 12, 14]]))
    distance = geodesic_distance(image, points, AFFINE, 0.36)
    assert distance[4, 12, 24] == pytest.approx(0.8 * 5.0, rel=1e-5)  # sqrt(1 - 0.36) of ten pixels
    assert distance[8, 12, 14] == pytest.approx(0.8 * 6.0, rel=1e-5)
    assert distance[4, 22, 24] == pytest.approx(0.8 * np.hypot(5, 5), rel=1e-5)


def test_an_edge_is_far_away_and_a_way_round_it_is_found():
    image = np.zeros((1, 9, 21), np.float32)
    image[0, :6, 10] = 100.0
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    start = np.array([[0.0, 1.0, 5.0]])
    beyond = geodesic_distance(image, start, affine, 0.5, sweeps=3)[0, 1, 15]
    down, across = 5, 5  # from (1, 5) to (6, 10) by diagonals, and the same way up again
    assert beyond == pytest.approx(np.sqrt(0.5) * 2 * np.sqrt(2) * max(down, across), rel=1e-4)
    through = geodesic_distance(image[:, :6], start, affine, 0.5, sweeps=3)[0, 1, 15]
    assert through > 100


def test_no_point_on_the_grid_is_infinitely_far():
    assert np.isinf(geodesic_distance(np.zeros((2, 3, 4), np.float32), np.array([[900.0, 0, 0]]), np.eye(4), 0.5)).all()


@pytest.mark.parametrize(
    ("values", "said"),
    [({"kind": "exp"}, "gaussian, disk, geodesic"), ({"sigma_mm": 0}, "must be > 0"), ({"geodesic_weight": 2}, "0..1")],
)
def test_encodings_that_can_not_be_are_refused(values, said):
    with pytest.raises(ConfigError, match=said):
        EncodingConfig(**values)
