import numpy as np
import pytest

from Training.synthesis.appearance import convolved, curved, draw_curve

IMAGE = np.random.default_rng(1).gamma(2.0, 0.2, (6, 40, 50)).astype(np.float32)


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_convolutions_keep_mean_and_deviation_and_change_the_rest(layers):
    result = convolved(np.random.default_rng(2), IMAGE, layers, 0.5)
    assert result.mean() == pytest.approx(IMAGE.mean(), rel=1e-3)
    assert result.std() == pytest.approx(IMAGE.std(), rel=1e-3)
    assert np.corrcoef(result.ravel(), IMAGE.ravel())[0, 1] < 0.995
    same = convolved(np.random.default_rng(2), IMAGE, layers, 0.5)
    assert np.array_equal(result, same)


def test_no_layer_is_the_image_itself():
    assert convolved(np.random.default_rng(2), IMAGE, 0, 0.5) is IMAGE


def test_a_convolution_moves_nothing():
    point = np.zeros((1, 21, 21), np.float32)
    point[0, 10, 10] = 1
    spread = np.abs(convolved(np.random.default_rng(3), point, 2, 1.0))
    away = np.abs(spread - np.median(spread)) > 1e-4
    assert not away[0, :8].any()
    assert not away[0, 13:].any()


def test_a_curve_rises_from_zero_to_one():
    for seed in range(20):
        curve = draw_curve(np.random.default_rng(seed))
        assert curve[0] == 0
        assert curve[-1] == pytest.approx(1)
        assert (np.diff(curve) > 0.03).all()


def test_intensities_follow_the_curve_in_order():
    values = np.linspace(0, 3, 31, dtype=np.float32)
    seen = curved(values, (0.0, 0.7, 1.0), 2.0)
    assert seen[[0, 10, 20, 5]] == pytest.approx([0, 1.4, 2.0, 0.7])
    assert (np.diff(seen) > 0).all()
