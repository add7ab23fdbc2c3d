import numpy as np
import pytest
import torch

from VSSegmentationLib.inference.config import WindowConfig
from VSSegmentationLib.inference.windows import (
    blend_weights,
    predictor,
    probabilities_by_slice,
    window_size,
    window_starts,
)
from VSSegmentationLib.networks import NetworkConfig, NetworkOutput, build_network
from VSSegmentationLib.tensors import array_of

WINDOWED = {"one_pass_voxels": 1}


def probabilities(predict, image, config, on_step=lambda _share: None):
    slabs = list(
        probabilities_by_slice(
            predict,
            lambda start, stop: image[start:stop],
            image.shape,
            config=config,
            device=torch.device("cpu"),
            on_step=on_step,
        )
    )
    assert [slab.start for slab in slabs] == list(range(image.shape[0]))
    return np.concatenate([slab.array for slab in slabs], axis=1)


def voxelwise(image):
    return torch.cat([torch.zeros_like(image), 3 * image, 1 - image], dim=1)


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 0.9])
@pytest.mark.parametrize(("length", "size"), [(10, 10), (11, 10), (64, 16), (65, 16), (7, 1), (9, 2)])
def test_windows_cover_every_voxel_and_stay_inside(length, size, overlap):
    starts = window_starts(length, size, overlap)
    covered = {index for start in starts for index in range(start, start + size)}
    assert covered == set(range(length))
    assert starts == sorted(set(starts))


@pytest.mark.parametrize(
    ("shape", "size", "count"),
    [((80, 512, 512), (64, 384, 384), 8), ((80, 512, 512), (32, 256, 256), 27), ((40, 512, 512), (32, 256, 256), 18)],
)
def test_number_of_windows_is_that_of_the_reference(shape, size, count):
    assert np.prod([len(window_starts(n, s, 0.25)) for n, s in zip(shape, size, strict=True)]) == count


def test_small_volume_goes_through_in_one_pass_and_a_large_one_in_windows():
    config = WindowConfig(size_dhw=(8, 8, 8), one_pass_voxels=1000)
    assert window_size((10, 10, 10), config) == (10, 10, 10)
    assert window_size((4, 20, 20), config) == (4, 8, 8)


def test_windows_of_a_voxelwise_network_agree_with_one_pass():
    image = np.random.default_rng(0).normal(size=(13, 21, 17)).astype(np.float32)
    whole = probabilities(voxelwise, image, WindowConfig())
    parts = probabilities(voxelwise, image, WindowConfig(size_dhw=(5, 8, 7), **WINDOWED))
    assert parts == pytest.approx(whole, abs=1e-5)
    assert whole.sum(axis=0) == pytest.approx(np.ones(image.shape), abs=1e-5)


def test_windows_of_a_real_network_agree_with_one_pass_where_its_view_does_not_reach_a_window_edge():
    config = NetworkConfig(
        channels=(4, 4), kernels_dhw=((1, 3, 3), (3, 3, 3)), strides_dhw=((1, 2, 2),), attention=False
    )
    torch.manual_seed(1)
    predict = predictor(build_network(config).eval(), flips=False)
    image = np.random.default_rng(1).normal(size=(6, 64, 48)).astype(np.float32)
    with torch.inference_mode():
        whole = probabilities(predict, image, WindowConfig())
        parts = probabilities(predict, image, WindowConfig(size_dhw=(6, 64, 32), overlap=0.5, **WINDOWED))
    assert parts[..., 0] == pytest.approx(whole[..., 0], abs=1e-5)  # 16 voxels from the nearest inner edge
    assert np.abs(parts - whole).max() < 0.2


def test_logits_are_blended_with_gaussian_weights():
    seen = []

    def number_of_window(window):
        seen.append(window)
        logits = torch.zeros(1, 2, *window.shape[2:])
        logits[:, 1] = 1.0 if len(seen) == 1 else 3.0
        return logits

    image = np.zeros((1, 1, 6), np.float32)
    result = probabilities(number_of_window, image, WindowConfig(size_dhw=(1, 1, 4), overlap=0.5, **WINDOWED))
    offsets = np.array([-1.5, -0.5, 0.5, 1.5])
    weight = np.maximum(np.exp(-0.5 * (offsets / (0.125 * 4)) ** 2), 1e-3)
    logit = (weight[2:] * 1.0 + weight[:2] * 3.0) / (weight[2:] + weight[:2])
    assert result[1, 0, 0, 2:4] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)
    assert blend_weights(4) == pytest.approx(weight, rel=1e-6)


def test_flips_average_the_probabilities_of_the_image_and_its_mirror_image():
    def one_sided(image):
        logits = torch.zeros(1, 2, *image.shape[2:])
        logits[..., 0] += torch.tensor([0.0, 4.0])[:, None, None]  # tumor at the first column only
        return NetworkOutput(logits, [])

    both = predictor(one_sided, flips=True)
    result = torch.softmax(both(torch.zeros(1, 1, 2, 2, 5)), 1)[0, 1]
    strong = 1 / (1 + np.exp(-4.0))
    expected = np.full(5, 0.5)
    expected[[0, -1]] = (strong + 0.5) / 2
    assert array_of(result) == pytest.approx(np.broadcast_to(expected, (2, 2, 5)), abs=1e-5)


def test_step_is_told_before_every_window_and_may_stop():
    image = np.zeros((4, 4, 4), np.float32)
    shares = []
    config = WindowConfig(size_dhw=(2, 4, 4), overlap=0.0, **WINDOWED)
    probabilities(voxelwise, image, config, on_step=shares.append)
    assert shares == [0.0, 0.5]

    def stop(_share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        probabilities(voxelwise, image, config, on_step=stop)
