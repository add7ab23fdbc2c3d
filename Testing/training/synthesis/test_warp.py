import numpy as np
import pytest

from Training.synthesis.warp import MIRROR, draw_matrix, nearest_voxel, turned


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


@pytest.mark.parametrize("degrees", [(0.0, 0.0, 25.0), (15.0, 0.0, 0.0), (0.0, -15.0, 0.0), (6.0, -9.0, 18.0)])
def test_landmarks_turn_with_the_tissue(degrees):
    tissues = np.zeros((60, 80, 100), np.uint8)
    mark = np.array([36.0, 28.0, 66.0])
    tissues[35:38, 27:30, 65:68] = 7
    part = turned(tissues, degrees, np.array([30.0, 40.0, 50.0]), (60, 80, 100))
    seen = np.argwhere(part.tissues == 7).mean(axis=0) * 0.5
    assert seen == pytest.approx(part.place_of(mark * 0.5, 0.5), abs=0.35)
    assert np.linalg.norm(seen - (np.array(part.tissues.shape) - 1) / 4) == pytest.approx(
        np.linalg.norm(mark - [30, 40, 50]) * 0.5, abs=0.3
    )  # the center comes to lie in the middle, and distances stay


def test_a_known_pitch_moves_a_point_in_front_by_its_sine():
    tissues = np.zeros((101, 101, 11), np.uint8)
    tissues[50, 90, 5] = 3  # 40 voxels in front of the middle
    part = turned(tissues, (0.0, 0.0, 20.0), np.array([50.0, 50.0, 5.0]), (101, 101, 11))
    place = part.place_of(np.array([50.0, 90.0, 5.0]), 1.0)
    height, front = place[:2] - 50
    assert abs(height) == pytest.approx(40 * np.sin(np.radians(20)))
    assert front == pytest.approx(40 * np.cos(np.radians(20)))
    assert place[2] == pytest.approx(5)


def test_no_turn_cuts_voxels_as_they_are():
    tissues = np.random.default_rng(1).integers(0, 9, (20, 20, 20)).astype(np.uint8)
    part = turned(tissues, (0.0, 0.0, 0.0), np.array([9.5, 9.5, 9.5]), (6, 8, 10))
    assert np.array_equal(part.tissues, tissues[7:13, 6:14, 5:15])
