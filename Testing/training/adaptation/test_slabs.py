"""Whole scans in slabs: what blending does, that slices of a slab share their norms, and that this ends flicker."""

import numpy as np
import pytest
import torch
from torch import nn

from Testing.support.toy_translation import Same
from Training.adaptation.config import TranslatorConfig
from Training.adaptation.generator import Generator
from Training.adaptation.slabs import consistent_volume, normed_together, slice_jumps
from Training.adaptation.slices import translated_volume


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(TranslatorConfig(width=2, blocks=5)).eval()


@pytest.mark.parametrize("depth", [1, 2, 7, 8, 9, 21])
def test_slabs_give_back_what_a_network_leaves_as_it_is(depth):
    volume = np.random.default_rng(0).uniform(-1, 1, (depth, 8, 12)).astype(np.float32)
    np.testing.assert_allclose(consistent_volume(Same(), volume), volume, atol=1e-6)


def test_a_slab_of_one_slice_translates_each_by_itself(generator):
    volume = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16)).astype(np.float32)
    np.testing.assert_array_equal(consistent_volume(generator, volume, slab=1), translated_volume(generator, volume))


def test_norms_of_a_slab_have_mean_0_and_deviation_1_over_all_its_slices():
    norm = normed_together(nn.Sequential(nn.InstanceNorm2d(2)))
    x = torch.randn(4, 2, 6, 5) * torch.arange(1.0, 5.0).reshape(4, 1, 1, 1) + 3
    y = norm(x)
    torch.testing.assert_close(y.mean((0, 2, 3)), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var((0, 2, 3), unbiased=False), torch.ones(2), atol=1e-3, rtol=0)
    scale = x[:, 0].var((0, 1, 2), unbiased=False).sqrt()
    torch.testing.assert_close(y[1, 0, 0, 0] - y[0, 0, 0, 0], (x[1, 0, 0, 0] - x[0, 0, 0, 0]) / scale)


def test_the_network_itself_keeps_its_norms(generator):
    before = [type(module) for module in generator.modules()]
    normed_together(generator)
    assert [type(module) for module in generator.modules()] == before


class Normed(nn.Module):
    """As a generator's last layers do at worst: each slice to its own mean of 0."""

    def __init__(self):
        super().__init__()
        self.norm = nn.InstanceNorm2d(1)
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return self.norm(x)


def test_a_tissue_that_is_in_every_slice_keeps_one_brightness_though_its_neighbors_change():
    volume = np.zeros((16, 16, 16), np.float32)
    volume[::2, 8:] = 1  # every other slice shows something bright in its lower half; the upper half is the same
    alone, together = consistent_volume(Normed(), volume, slab=1), consistent_volume(Normed(), volume, slab=8)
    assert slice_jumps(alone[:, :8]) > 0.9  # 0 in one slice, -1 in the next
    assert slice_jumps(together[:, :8]) < 0.05


def test_flicker_is_the_mean_step_of_the_slices_means():
    volume = np.zeros((3, 2, 2), np.float32)
    volume[1] = 1
    assert slice_jumps(volume) == 1
    assert slice_jumps(volume[:1]) == 0
