import numpy as np
import pytest

from Training.synthesis.warp import MIRROR, draw_matrix, nearest_voxel


def test_a_matrix_without_scale_is_a_rotation_within_its_angles():
    for seed in range(50):
        matrix = draw_matrix(np.random.default_rng(seed), 9.0, 0.0)
        assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(matrix) == pytest.approx(1)
        angle = np.degrees(np.arccos((np.trace(matrix) - 1) / 2))
        assert angle <= 9 * np.sqrt(3) * 1.02  # three turns of at most 9 degrees each


def test_a_matrix_without_rotation_stretches_each_axis_within_its_scale():
    for seed in range(50):
        matrix = draw_matrix(np.random.default_rng(seed), 0.0, 0.1)
        assert matrix == pytest.approx(np.diag(np.diag(matrix)))
        assert (np.diag(matrix) >= 1 / 1.1).all()
        assert (np.diag(matrix) <= 1 / 0.9).all()


def test_the_mirror_turns_right_into_left_and_nothing_else():
    assert (MIRROR @ [1.0, 2.0, 3.0]).tolist() == [1, 2, -3]
    assert np.linalg.det(MIRROR) == pytest.approx(-1)


def test_the_nearest_voxel_of_a_shifted_grid_is_found():
    places = np.stack(np.meshgrid(*[np.arange(n, dtype=np.float32) for n in (5, 6, 7)], indexing="ij"))
    places += np.float32([10, 20, 30])[:, None, None, None]
    assert nearest_voxel(places, np.array([12.2, 23.4, 35.6])).tolist() == [2, 3, 6]
